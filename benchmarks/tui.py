"""The terminal app's figures, on a real pseudo-terminal and a real house with the small model.

`first_paint_s` and `ready_s`: from starting the program to the first drawn frame and to a typed letter being drawn,
with Python's bytecode kept from a start before, as an owner's programs have it (and not made anew at each start, as
under PYTHONDONTWRITEBYTECODE); `importing_textual_alone_s` beside it is what the framework's import takes.
`key_to_paint_ms`: from writing a key to the terminal to its letter coming back in what is drawn, 50th and 99th
percentile, idle and while an answer streams and an index runs; beside it the same for `cat` with an echoing terminal
on the same machine at the same time (what the machine itself takes). `memory`: the app's resident bytes after 10 and
after 1,000 turns. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # before this folder: its memory.py is no `memory`

import psutil  # noqa: E402

from runtime.niceness import set_group_niceness  # noqa: E402

START = [sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())"]
LIMITS = {"first_paint_s": 0.5, "key_p99_ms": 50.0, "memory_ratio": 1.5}
PROMPT = "for commands"
LETTERS = "ħŋøđŧłþßæðĸśźćńų"
"""Letters that no reply holds."""
SIZE = (32, 110)


class Terminal:
    """A program on a pseudo-terminal; `seen` is all that it drew."""

    def __init__(self, command: Sequence[str], environ: dict[str, str], *, raw: bool = True) -> None:
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        if raw:
            tty.setraw(follower)
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environ,
                                        cwd=ROOT, start_new_session=True)  # fmt: skip
        os.close(follower)
        as_nice_as_this(self.process.pid)
        self.leader, self.seen = leader, b""

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds`, at the first piece."""
        ready, _, _ = select.select([self.leader], [], [], seconds)
        piece = os.read(self.leader, 65536) if ready else b""
        self.seen += piece
        return piece

    def until(self, holds: Callable[[bytes], bool], seconds: float = 120.0, *, since: int = 0) -> float:
        """Read until `holds` of what was drawn since an offset; gives the moment (`perf_counter`)."""
        deadline = time.perf_counter() + seconds
        while not holds(self.seen[since:]):
            if time.perf_counter() > deadline:
                raise TimeoutError(text_of(self.seen[-4000:]))
            self.read(0.5)
        return time.perf_counter()

    def settle(self, seconds: float = 0.3) -> None:
        """Read until nothing comes any more."""
        while self.read(seconds):
            pass

    def write(self, text: str) -> float:
        """Type; gives the moment before."""
        before = time.perf_counter()
        os.write(self.leader, text.encode())
        return before

    def close(self) -> None:
        """End the program with all it started."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            child.kill()
        self.process.kill()
        self.process.wait()
        os.close(self.leader)


def as_nice_as_this(pid: int) -> None:
    """A session of its own is a scheduling group of its own on Linux: it gets the priority this was started with."""
    if os.nice(0):
        with suppress(OSError):
            set_group_niceness(pid, os.nice(0))


def text_of(data: bytes) -> str:
    """Drawn bytes without escape sequences."""
    return re.sub(r"\x1b(?:\[[0-9;?<>=]*[A-Za-z]|[^\[])", "", data.decode(errors="replace"))


def keys(terminal: Terminal, count: int, pause_s: float) -> list[float]:
    """Milliseconds from typing a letter to its being drawn, `count` times; letters are told apart by their shape."""
    found = []
    for number in range(count):
        letter = LETTERS[number % len(LETTERS)]
        time.sleep(pause_s)
        while terminal.read(0.0):
            pass
        at = len(terminal.seen)
        before = terminal.write(letter)
        after = terminal.until(partial(_shows, letter), 10.0, since=at)
        found.append((after - before) * 1000)
        if number % len(LETTERS) == len(LETTERS) - 1:
            terminal.write("\x15")  # Ctrl+U empties the line
            time.sleep(0.05)
    return found


def _shows(letter: str, drawn: bytes) -> bool:
    return letter in text_of(drawn)


def echo(count: int, pause_s: float) -> list[float]:
    """The same for `cat` and the kernel's echo: the floor of this machine at this moment."""
    terminal = Terminal(["cat"], dict(os.environ), raw=False)
    found = keys(terminal, count, pause_s)
    terminal.close()
    return found


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """50th and 99th percentile and the count."""
    ordered = sorted(values)
    return {"p50": round(statistics.median(ordered), 1), "p99": round(ordered[int(0.99 * (len(ordered) - 1))], 1),
            "max": round(ordered[-1], 1), "n": len(ordered)}  # fmt: skip


def starts(environ: dict[str, str], times: int) -> dict[str, Any]:
    """First paint and readiness, `times` times, each a new program; the smallest and the median."""
    paint, ready, floor = [], [], []
    for _ in range(times + 1):  # the first one makes the bytecode
        terminal = Terminal(START, environ)
        paint.append(terminal.until(lambda drawn: PROMPT in text_of(drawn)) - terminal.started)
        at = len(terminal.seen)
        terminal.write("q")
        ready.append(terminal.until(lambda drawn: "q" in text_of(drawn), since=at) - terminal.started)
        terminal.close()
        empty = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import textual.app"], check=True, env=environ)
        floor.append(time.perf_counter() - empty)
    told = {"first_paint_s": paint, "ready_s": ready, "importing_textual_alone_s": floor}
    return {
        name: {"median": round(statistics.median(seconds[1:]), 3), "least": round(min(seconds[1:]), 3)}
        for name, seconds in told.items()
    }


def under_load(environ: dict[str, str], count: int) -> dict[str, Any]:
    """Key to paint idle, then while the small model streams a story and the cameras are indexed."""
    terminal = Terminal(START, environ)
    terminal.until(lambda drawn: PROMPT in text_of(drawn))
    terminal.until(lambda drawn: "smollm2" in text_of(drawn), 180.0)
    time.sleep(8.0)
    terminal.settle()
    idle = keys(terminal, count, 0.03)
    terminal.write("\x15")
    index = subprocess.Popen([*START, "cameras", "index"], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)  # fmt: skip
    terminal.settle()
    terminal.write("Tell me a very long story about a lighthouse keeper and his cat.")
    terminal.until(lambda drawn: "his cat." in text_of(drawn), 30.0)
    at = len(terminal.seen)
    terminal.write("\r")
    terminal.until(lambda drawn: "answering" in text_of(drawn), 60.0, since=at)
    time.sleep(1.0)
    busy = keys(terminal, count, 0.03)
    indexing = index.poll() is None
    floor = echo(count // 2, 0.03)
    terminal.close()
    index.kill()
    index.wait()
    return {
        "key_to_paint_ms": {"idle": percentiles(idle), "streaming_and_indexing": percentiles(busy)},
        "echo_of_cat_ms_then": percentiles(floor),
        "index_ran_throughout": indexing,
    }


async def memory(turns: int) -> dict[str, Any]:
    """Resident bytes of the app after 10 and after `turns` turns on a house that answers at once."""
    from tests.app_kit import RecordedHouse, make_app, settled

    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        house = RecordedHouse(Path(folder), {"history": []})
        app = make_app(house)
        sizes = {}
        texts = [text for text in house.recorded["turns"] if not text.startswith("Forget")]
        async with app.run_test(size=(100, 32)) as pilot:
            await settled(pilot)
            for number in range(1, turns + 1):
                text = texts[number % len(texts)] if number % 4 == 0 else f"turn {number} " * 20
                await app.talk.turns.ask(text)
                while app.talk.turns.running:
                    await pilot.pause(0.001)
                if number in (10, turns):
                    await settled(pilot)
                    sizes[number] = process.memory_info().rss
    return {"after_10_mb": round(sizes[10] / 1e6, 1), f"after_{turns}_mb": round(sizes[turns] / 1e6, 1),
            "ratio": round(sizes[turns] / sizes[10], 2)}  # fmt: skip


def prepared(folder: Path) -> dict[str, str]:
    """The environment of a house with the small model and recordings that wait to be indexed."""
    from runtime.paths import Paths

    models = Paths.from_environment().models
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HAUSGEIST_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    ours = {
        "HAUSGEIST_HOME": str(folder / "home"),
        "HAUSGEIST_MODELS": str(models),
        "HAUSGEIST_CHAT__MODEL": "smollm2-135m-instruct",
        "HAUSGEIST_UI__GUIDE": "false",
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "TERM": "xterm-256color",
    }
    environ = {**kept, **ours}
    from tools.finder.sample_home import ensure_sample_home

    home = ensure_sample_home(folder / "sample")
    for camera in home.cameras:
        command = [*START, "cameras", "add", camera.name, str(camera.path), "--start", camera.start.isoformat()]
        subprocess.run(command, env=environ, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return environ


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None, help="keep the sample home here for the next run")
    parser.add_argument("--parts", default="starts,keys,memory")
    options = parser.parse_args()
    parts = options.parts.split(",")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        report: dict[str, Any] = {"cpus": os.cpu_count(), "limits": LIMITS}
        environ = prepared(options.folder or Path(made)) if parts != ["memory"] else {}
        if "starts" in parts:
            report |= starts(environ, options.starts)
        if "keys" in parts:
            report |= under_load(environ, options.keys)
        if "memory" in parts:
            report["memory"] = asyncio.run(memory(options.turns))
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
