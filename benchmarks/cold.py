"""The first token after a cold start, with a saved prompt prefix against without, and whether turns stay as quick.

Each start is a process of its own over a folder of models that holds links to the installed ones and a prefix folder of
its own: empty for `without`, filled by that first run for `with_saved`. `engine` is from asking for the language
model's worker (spawned, model loaded, prefix there, request read) to its first token, and `after_load` the same from
where the weights are in memory; `ask` is from `Session.ask` to
the first text that is shown, a whole sentence; `process` counts from the start of Python. Then `--turns` turns of one
session are timed: seconds of the first ten, the last ten (the same ten requests), and the slope. Prints one JSON
object.

    python benchmarks/cold.py --turns 100 --turn-model smollm2-135m-instruct
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

REQUEST = "Tell me a short story about an old lamp."
TOPICS = (
    "a lamp", "a bridge", "a spoon", "an old clock", "the sea", "a carpet", "a lighthouse", "bread", "a fox", "rain",
)  # fmt: skip
AIM = 20.0
TURN_TOKENS = 12
CONTEXT = 2048
"""Context of the hundred turns: small, so that old turns fall out of it early and the whole way is seen."""


def main() -> None:
    """Start twice, converse, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a model of the catalogue or a GGUF file")
    parser.add_argument("--turns", type=int, default=100, help="turns of one session; 0: none")
    parser.add_argument("--turn-model", default="smollm2-135m-instruct", help="the model of these turns")
    parser.add_argument("--measures", default="engine,ask", help="which of the two cold starts")
    parser.add_argument("--no-start", action="store_true", help="leave the cold starts out")
    parser.add_argument("--child", choices=("engine", "ask"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    overrides = [f"chat.model={options.model}"] if options.model else []
    if options.child:
        print(json.dumps(CHILDREN[options.child](overrides)))
        return
    report: dict[str, Any] = {"benchmark": "cold", "cpus": os.cpu_count(), "aim_sooner": AIM}
    if not options.no_start:
        report["start"] = starts(options.model, options.measures.split(","))
    if options.turns:
        report["turns"] = flat(options.turns, options.turn_model)
    print(json.dumps(report, indent=1))


def starts(model: str, measures: Sequence[str]) -> dict[str, Any]:
    """Both ways of both measures, and how much sooner the saved prefix is."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        environ = prepared(Path(folder))
        for measure in measures:
            for state in Path(folder).glob("models/prefixes/*.state"):
                state.unlink()
            pair = {way: child(measure, model, environ) for way in ("without", "with_saved")}
            sooner = pair["without"]["first_token_s"] / pair["with_saved"]["first_token_s"]
            found[measure] = {**pair, "times_sooner_with_loading_of_weights": round(sooner, 1)}
            if measure == "engine":
                read = [row["first_token_after_load_s"] for row in pair.values()]
                found[measure]["times_sooner_without_loading_of_weights"] = round(read[0] / read[1], 1)
    return found


def prepared(folder: Path) -> dict[str, str]:
    """An environment with an empty house and the installed models, but no saved prefix; the router is fitted."""
    from runtime.paths import Paths

    installed = Paths.from_environment().models
    models = folder / "models"
    models.mkdir()
    for entry in installed.iterdir():
        if entry.name != "prefixes":
            (models / entry.name).symlink_to(entry)
    return {**os.environ, "HAUSGEIST_HOME": str(folder / "home"), "HAUSGEIST_MODELS": str(models)}


def child(measure: str, model: str, environ: dict[str, str]) -> dict[str, float]:
    """Run one measure in a process of its own."""
    command = [sys.executable, __file__, "--child", measure, *(["--model", model] if model else [])]
    started = time.time()
    done = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    row: dict[str, float] = json.loads(done.stdout)
    row["process_to_first_token_s"] = round(row.pop("first_token_at") - started, 2)
    print(measure, row, file=sys.stderr, flush=True)
    return row


def engine(overrides: Sequence[str]) -> dict[str, float]:
    """From asking for the worker to its first token."""
    from agent import Session
    from agent.chat_llama import ChatLlama
    from agent.prompt import LEAD, REPLY, user_turn
    from agent.recollection import what_is_known
    from runtime.house import House

    with House.open(overrides=overrides) as house, Session.open(house, "cold") as session:
        model, tools = session.model, session.tool_descriptions
        assert isinstance(model, ChatLlama), "the benchmark needs the llama.cpp chat model"
        block = what_is_known(house, session.memory, session.documents, REQUEST, [], [])
        chat = [model._system(tools), {"role": "user", "content": user_turn(REQUEST, block)}]
        started = time.perf_counter()
        with house.residency.lease(model.spec()) as bare:
            bare.call("count_tokens", [REQUEST])
            loaded = time.perf_counter() - started
        with model.engine(tools) as worker:
            next(iter(worker.stream("complete", chat, f"{LEAD}{REPLY}\n", 2, 0.0, 0)))
            spent, at = time.perf_counter() - started, time.time()
            prefix = worker.call("warm", [model._system(tools)])["tokens"]
            prompt = worker.call("complete", chat, f"{LEAD}{REPLY}\n", 1, 0.0, 0)["prompt_tokens"]
    return {
        "first_token_s": round(spent, 3),
        "model_loaded_s": round(loaded, 3),
        "first_token_after_load_s": round(spent - loaded, 3),
        "first_token_at": at,
        "prompt_tokens": prompt,
        "behind_the_prefix_tokens": prompt - prefix,
    }


def ask(overrides: Sequence[str]) -> dict[str, float]:
    """From the request to the first text that is shown."""
    from agent import Session
    from agent.events import TextDelta, TurnEvent
    from runtime.house import House

    first: list[float] = []

    def note(event: TurnEvent) -> None:
        if isinstance(event, TextDelta) and not first:
            first.extend((time.perf_counter(), time.time()))

    with (
        House.open(overrides=[*overrides, "chat.max_reply_tokens=60"]) as house,
        Session.open(house, "cold") as session,
    ):
        started = time.perf_counter()
        session.ask(REQUEST, on_event=note)
    return {"first_token_s": round(first[0] - started, 3), "first_token_at": first[1]}


CHILDREN = {"engine": engine, "ask": ask}


def flat(turns: int, model: str) -> dict[str, Any]:
    """Seconds a turn over one long session, which is kept, recalled and cut as any."""
    from agent import Session
    from runtime.house import House

    settings = [
        f"chat.model={model}", f"chat.max_reply_tokens={TURN_TOKENS}", f"chat.context_tokens={CONTEXT}",
        "memory.history_tokens=400",
    ]  # fmt: skip
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, "HAUSGEIST_HOME": home}
        with House.open(environ, overrides=settings) as house, Session.open(house, "long") as session:
            session.warm()
            session.ask("Good morning.")
            for turn in range(turns):
                started = time.perf_counter()
                session.ask(f"Tell me a short story about {TOPICS[turn % len(TOPICS)]}.")
                seconds.append(time.perf_counter() - started)
                if turn % len(TOPICS) == len(TOPICS) - 1:
                    print(f"{turn + 1} turns", round(statistics.median(seconds[-10:]), 3), file=sys.stderr, flush=True)
    return {"model": model, **slope(seconds)}


def slope(seconds: Sequence[float]) -> dict[str, Any]:
    """Medians of the first and the last ten, and milliseconds more for each turn by least squares and its error."""
    from scipy.stats import linregress, theilslopes

    fitted = linregress(range(len(seconds)), seconds)
    robust = theilslopes(seconds)
    return {
        "turns": len(seconds),
        "first_ten_s": round(statistics.median(seconds[:10]), 3),
        "last_ten_s": round(statistics.median(seconds[-10:]), 3),
        "slope_ms_a_turn": round(1e3 * fitted.slope, 2),
        "slope_ms_error": round(1e3 * fitted.stderr, 2),
        "slope_ms_a_turn_theil_sen": round(1e3 * robust.slope, 2),
    }


if __name__ == "__main__":
    main()
