"""How well and how fast requests are routed, against the plain way with the same model and tools in the same run.

Engines: `ours` (`agent.Session.plan_calls`: vote, language model where needed, arguments), `vote` (the router and the
arguments by code alone, no language model) and `plain` (llama-cpp-python's own `create_chat_completion` with the tools
in the model's chat template, unconstrained, `<tool_call>` parsed). No tool is run. A row counts as right in full when
all its tools come in order with the arguments that it checks; an argument's `contains_any` is a case-insensitive
substring test. Seconds are wall-clock with a warm prefix. `--data benchmarks/routing_held_out.jsonl`
is a set in the repository that nothing was fitted on. `speed` has the tokens a second of the same model through our
worker, by llama.cpp's own bench, and at most at this machine's memory bandwidth. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder: its memory.py is no `memory`

from agent import Session
from agent.chat_llama import ChatLlama
from agent.chat_model import model_file
from agent.planner import Request
from benchmarks.speed.llama import report as speed
from runtime.house import House

ROOT = Path(__file__).resolve().parent.parent
Call = tuple[str, dict[str, Any]]
REPLY = "reply"
PLAIN_LIMIT = 24
"""Rows for the plain way when no limit is given: it takes seconds a row."""
PLAIN_SYSTEM = "You are a home assistant. Call a function only when one is needed; otherwise answer in words."


@dataclass(frozen=True)
class Result:
    """What an engine made of one row; seconds to the routing decision and to the complete call."""

    row: dict[str, Any]
    calls: list[Call]
    route_s: float
    call_s: float


Engine = Callable[[dict[str, Any]], tuple[list[Call], float, float]]


def main() -> None:
    """Run the chosen engines and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = os.environ.get("HAUSGEIST_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(shared) / "routing" / "dev.jsonl")
    parser.add_argument("--limit", type=int, default=0, help="rows, evenly spread; 0: all (the plain way: 24)")
    parser.add_argument("--model", default="", help="a model of the catalogue or a GGUF file")
    parser.add_argument("--engine", default="ours,plain")
    parser.add_argument("--no-speed", action="store_true", help="leave the tokens a second out")
    parser.add_argument("--llama-bench", type=Path, help="a llama-bench that is built already")
    parser.add_argument("--wrong", action="store_true", help="also list kind, language and tools of each wrong row")
    options = parser.parse_args()
    lines = options.data.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    overrides = [f"chat.model={options.model}"] if options.model else []
    report: dict[str, Any] = {"data": options.data.name, "cpus": os.cpu_count()}
    with House.open(overrides=overrides) as house:
        report["model"] = house.settings.chat.model
        for name in options.engine.split(","):
            limit = options.limit or (PLAIN_LIMIT if name == "plain" else 0)
            with ENGINES[name](house) as engine:
                results = [Result(row, *engine(row)) for row in spread(rows, limit)]
            report[name] = figures(results, options.wrong)
            print(name, json.dumps(report[name], ensure_ascii=False), file=sys.stderr, flush=True)
        if not options.no_speed:
            spec = ChatLlama(house=house, model_path=str(model_file(house))).spec()
            report["speed"] = speed(house, model_file(house), spec, options.llama_bench)
    print(json.dumps(report, ensure_ascii=False, indent=1))


def spread(rows: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """`limit` rows, evenly spread over the set; all when it is 0."""
    if not limit or limit >= len(rows):
        return list(rows)
    return [rows[at * len(rows) // limit] for at in range(limit)]


@contextmanager
def ours(house: House) -> Iterator[Engine]:
    """Our way: a session's own planning."""
    with Session.open(house, "benchmark") as session:

        def run(row: dict[str, Any]) -> tuple[list[Call], float, float]:
            calls, route_s, args_s = session.plan_calls(row["request"], row.get("history") or ())
            return calls, route_s, route_s + args_s

        run({"request": "hello"})
        run({"request": "The spare key lies under the third pot, and I am out of flour."})
        yield run


@contextmanager
def vote(house: House) -> Iterator[Engine]:
    """The router's vote and the arguments by code, without the language model."""
    with Session.open(house, "benchmark") as session:
        planner = session.planner
        names = list(session.registry.tools)

        def run(row: dict[str, Any]) -> tuple[list[Call], float, float]:
            started = time.perf_counter()
            history = row.get("history") or ()
            steps = planner.plan(Request(row["request"], history), names, None)
            routed = time.perf_counter() - started
            calls = [(step.tool, planner.direct(step.tool, Request(step.text, history)) or {}) for step in steps]
            return calls, routed, time.perf_counter() - started

        run({"request": "hello"})
        yield run


@contextmanager
def plain(house: House) -> Iterator[Engine]:
    """The plain way: one unconstrained chat completion with the tools in the model's own template."""
    import llama_cpp

    chat = house.settings.chat
    with Session.open(house, "benchmark") as session:
        tools = session.tool_descriptions
        house.residency.close()
    model = llama_cpp.Llama(
        model_path=str(model_file(house)),
        n_ctx=chat.context_tokens,
        n_threads=os.cpu_count(),
        n_gpu_layers=chat.gpu_layers,
        verbose=False,
    )

    def run(row: dict[str, Any]) -> tuple[list[Call], float, float]:
        messages = [{"role": "system", "content": PLAIN_SYSTEM}, *(row.get("history") or ())]
        started = time.perf_counter()
        answer: Any = model.create_chat_completion(
            messages=[*messages, {"role": "user", "content": row["request"]}],
            tools=tools,
            temperature=0.0,
            max_tokens=256,
        )
        seconds = time.perf_counter() - started
        return tool_calls(answer["choices"][0]["message"].get("content") or ""), seconds, seconds

    run({"request": "hello"})
    yield run
    model.close()


ENGINES = {"ours": ours, "vote": vote, "plain": plain}


def tool_calls(text: str) -> list[Call]:
    """The calls in an answer: JSON objects with a name and arguments, in `<tool_call>` or alone."""
    found: list[Call] = []
    for piece in re.findall(r"<tool_call>\s*(\{.*?\})\s*(?:</tool_call>|$)", text, re.DOTALL) or [text]:
        try:
            call = json.loads(re.sub(r"^```(?:json)?|```$", "", piece.strip()).strip())
        except json.JSONDecodeError:
            continue
        if isinstance(call, dict) and isinstance(call.get("name"), str):
            arguments = call.get("arguments")
            found.append((call["name"], arguments if isinstance(arguments, dict) else {}))
    return found


def figures(results: Sequence[Result], wrong: bool) -> dict[str, Any]:
    """Accuracy overall, by kind and by language, and seconds."""
    parts: dict[str, dict[str, list[bool]]] = {"kind": defaultdict(list), "lang": defaultdict(list)}
    for result in results:
        for name, groups in parts.items():
            groups[result.row[name]].append(first_right(result))
    found: dict[str, Any] = {
        "n": len(results),
        "first_tool": share([first_right(result) for result in results]),
        "full_call": share([full_right(result) for result in results]),
        **{
            f"first_tool_by_{name}": {key: share(g) for key, g in sorted(groups.items())}
            for name, groups in parts.items()
        },
        "route_s": seconds([result.route_s for result in results]),
        "call_s": seconds([result.call_s for result in results]),
    }
    if wrong:
        found["wrong"] = [
            {
                "kind": result.row["kind"],
                "lang": result.row["lang"],
                "expected": [call["tool"] for call in result.row["expect"]],
                "got": names(result.calls),
                "arguments": sorted(bad_arguments(result)),
            }
            for result in results
            if not full_right(result)
        ]
    return found


def names(calls: Sequence[Call]) -> list[str]:
    """The tools in order; a turn without one is a reply."""
    return [name for name, _ in calls] or [REPLY]


def first_right(result: Result) -> bool:
    """Whether the first tool is the expected one."""
    expected = result.row["expect"]
    return names(result.calls)[0] == (expected[0]["tool"] if expected else REPLY)


def full_right(result: Result) -> bool:
    """Whether all tools come in order with their checked arguments."""
    expected = [call["tool"] for call in result.row["expect"]] or [REPLY]
    return names(result.calls) == expected and not bad_arguments(result)


def bad_arguments(result: Result) -> set[str]:
    """Names of checked arguments that are wrong, where the tool itself is right."""
    pairs = zip(result.row["expect"], result.calls, strict=False)
    return {
        name
        for call, (tool, args) in pairs
        if call["tool"] == tool
        for name, want in (call.get("args") or {}).items()
        if not fits(args.get(name), want)
    }


def fits(value: object, want: object) -> bool:
    """Whether an argument is what the row asks for."""
    if isinstance(want, dict):
        text = str(value if value is not None else "").casefold()
        return any(part.casefold() in text for part in want["contains_any"])
    return value == want


def share(right: Sequence[bool]) -> float:
    """The share of true values, to three digits."""
    return round(sum(right) / len(right), 3) if right else 0.0


def seconds(values: Sequence[float]) -> dict[str, float]:
    """Median and 90th percentile."""
    ordered = sorted(values)
    return {"median": round(statistics.median(ordered), 3), "p90": round(ordered[int(0.9 * (len(ordered) - 1))], 3)}


if __name__ == "__main__":
    main()
