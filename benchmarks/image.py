"""What drawing through the house costs over calling the same diffusers pipeline directly: prints one JSON object.

The model is one of test size that is built here (the real pipeline classes, random weights), drawn large enough that a
picture takes seconds: its content means nothing, its time is that of the same code. `direct` is a process of its own
that loads the folder with diffusers and saves with Pillow. Both sides take turns, so that the machine's noise meets
both; `overhead` compares the medians.

- `cold`: several fresh processes each way, in alternation. `direct` counts from the start of Python over the import of
  diffusers and the loading of the folder to the saved picture; `ours` from the request to a house that runs and has no
  drawing worker, over the start of that worker, to the saved and signed picture. `program` counts ours from the start
  of Python, with the house's own imports: a program of one request.
- `warm`: with the model loaded. `with_chat`: with the chat model resident beside it.
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
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder: its memory.py is no `memory`

from agent.chat_llama import ChatLlama
from agent.chat_model import open_chat_model
from runtime.errors import HausgeistError
from runtime.house import House
from tests.image_kit import build_pipeline
from tools.image.generate import generate
from tools.image.request import ImageRequest

LIMIT = 0.03
DIRECT = """
import json, sys, time
import diffusers, torch
pipeline = diffusers.DiffusionPipeline.from_pretrained(sys.argv[1], use_safetensors=True, local_files_only=True)
pipeline.set_progress_bar_config(disable=True)
for line in sys.stdin:
    wish = json.loads(line)
    started = time.perf_counter()
    generator = torch.Generator("cpu").manual_seed(wish["seed"])
    with torch.inference_mode():
        result = pipeline(wish["prompt"], width=wish["side"], height=wish["side"], generator=generator,
                          num_inference_steps=wish["steps"])
    result.images[0].save(wish["file"])
    print(json.dumps(time.perf_counter() - started), flush=True)
"""


OURS = """
import json, os, sys, time
from runtime.house import House
from tools.image.generate import generate
from tools.image.request import ImageRequest
with House.open(os.environ, json.loads(sys.argv[1])) as house:
    for line in sys.stdin:
        wish = json.loads(line)
        started = time.perf_counter()
        generate(house, ImageRequest(wish["prompt"], seed=wish["seed"]))
        print(json.dumps(time.perf_counter() - started), flush=True)
"""


class Program:
    """One way of drawing in a process of its own, which answers a line with the seconds that the picture took."""

    def __init__(self, script: str, argument: str, options: argparse.Namespace, home: Path) -> None:
        self._options = options
        root = str(Path(__file__).resolve().parent.parent)
        environment = {**os.environ, "HAUSGEIST_HOME": str(home), "PYTHONPATH": root}
        quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-c", script, argument]
        self._process = subprocess.Popen(command, text=True, env=environment, **quiet)  # type: ignore[call-overload]

    def draw(self, seed: int, file: Path) -> float:
        """Seconds for one picture, saved (by ours under its own name)."""
        wish = {"prompt": "a red fox", "seed": seed, "side": self._options.side, "steps": self._options.steps}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({**wish, "file": str(file)}) + "\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=96, help="pixels of each side")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=6, help="pictures of each side, warm")
    parser.add_argument("--cold-rounds", type=int, default=5, help="fresh processes of each side")
    parser.add_argument("--model", type=Path, help="a diffusers folder instead of the one of test size")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        model = options.model or state / "tiny"
        if options.model is None:
            build_pipeline(model, channels=(96, 192))
        wishes = {"model": model, "width": options.side, "height": options.side, "steps": options.steps}
        overrides = [f"image.{key}={value}" for key, value in wishes.items()]
        with House.open({**os.environ, "HAUSGEIST_HOME": name}, overrides) as house:
            report = measure(house, model, options, state, overrides)
    print(json.dumps(report, indent=1))


def measure(
    house: House, model: Path, options: argparse.Namespace, state: Path, overrides: list[str]
) -> dict[str, Any]:
    """All figures: seconds for a picture."""
    report: dict[str, Any] = {
        "picture": {"side": options.side, "steps": options.steps, "model": model.name, "cpus": os.cpu_count()},
        "cold": cold(model, options, state, overrides),
    }
    direct = Program(DIRECT, str(model), options, state)
    direct.draw(0, state / "direct.png")
    ours(house, 0)
    report["warm"] = rounds(house, direct, options, state)
    report["memory_bytes"] = {info.name: info.cpu_bytes for info in house.residency.status()}
    report["with_chat"] = with_chat(house, direct, options, state)
    direct.close()
    report["limit"] = LIMIT
    report["within_limit"] = {case: report[case]["overhead"] <= LIMIT for case in ("cold", "warm", "with_chat")}
    return report


def cold(model: Path, options: argparse.Namespace, state: Path, overrides: list[str]) -> dict[str, Any]:
    """Fresh processes in turns, each side beginning every other round; see the module's words for what counts."""
    theirs: list[float] = []
    mine: list[float] = []
    whole: list[float] = []
    for number in range(options.cold_rounds):
        for house_first in (True, False) if number % 2 else (False, True):
            started = time.perf_counter()
            if house_first:
                program = Program(OURS, json.dumps(overrides), options, state / f"cold-{number}")
                mine.append(program.draw(number, state / "unused"))
                whole.append(time.perf_counter() - started)
            else:
                program = Program(DIRECT, str(model), options, state)
                program.draw(number, state / f"cold-{number}.png")
                theirs.append(time.perf_counter() - started)
            program.close()
    program_s = statistics.median(whole)
    found = compared(mine, theirs)
    return {**found, "program_s": round(program_s, 2), "program_overhead": round(program_s / found["direct_s"] - 1, 4)}


def ours(house: House, seed: int) -> float:
    """Seconds for one picture through the house: planned, drawn in its worker, checked, signed, saved."""
    started = time.perf_counter()
    generate(house, ImageRequest("a red fox", seed=seed))
    return time.perf_counter() - started


def rounds(house: House, direct: Program, options: argparse.Namespace, state: Path) -> dict[str, Any]:
    """Both sides in turns, each beginning every other round."""
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(options.rounds):
        for house_first in (True, False) if number % 2 else (False, True):
            if house_first:
                mine.append(ours(house, number))
            else:
                theirs.append(direct.draw(number, state / f"direct-{number}.png"))
    return compared(mine, theirs)


def compared(mine: list[float], theirs: list[float]) -> dict[str, Any]:
    """The medians of both sides, and how far apart they are."""
    a, b = statistics.median(mine), statistics.median(theirs)
    spread = [round(value, 3) for value in (min(mine), max(mine), min(theirs), max(theirs))]
    return {
        "ours_s": round(a, 3),
        "direct_s": round(b, 3),
        "overhead": round(a / b - 1, 4),
        "overhead_of_the_fastest": round(min(mine) / min(theirs) - 1, 4),
        "least_and_most_of_ours_and_direct_s": spread,
    }


def with_chat(house: House, direct: Program, options: argparse.Namespace, state: Path) -> dict[str, Any]:
    """Warm once more, with the chat model loaded beside."""
    try:
        chat = open_chat_model(house, None)
        if not isinstance(chat, ChatLlama):
            return {"skipped": "chat.remote_url is set: the chat model is elsewhere"}
        with house.residency.lease(chat.spec()) as worker:
            worker.call("complete", [{"role": "user", "content": "Hello"}], "", 8, 0.0, 0)
    except HausgeistError as problem:
        return {"skipped": str(problem)}
    found = rounds(house, direct, options, state)
    return {**found, "memory_bytes": {info.name: info.cpu_bytes for info in house.residency.status()}}


if __name__ == "__main__":
    main()
