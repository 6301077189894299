"""Starts the program in processes of its own and kills them at any moment. Owns no judgement."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[3]
ENTRY = (sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())")
LONGEST_S = 240.0


@dataclass(frozen=True)
class Ran:
    """How a run of `hausgeist` ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of standard output as JSON; an empty object where there is none."""
        lines = self.out.strip().splitlines()
        return json.loads(lines[-1]) if lines else {}

    @property
    def clear(self) -> bool:
        """Whether it failed as it should: one line that names the program, no traceback."""
        lines = [line for line in self.err.splitlines() if line.startswith("hausgeist: ")]
        return self.status > 0 and len(lines) == 1 and "Traceback" not in self.err


def hausgeist(environ: dict[str, str], *words: str, stdin: str = "") -> Ran:
    """Run the program and wait for it."""
    done = subprocess.run(
        [*ENTRY, *words], capture_output=True, text=True, input=stdin, env=environ, cwd=ROOT, timeout=LONGEST_S
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def started(environ: dict[str, str], command: Sequence[str], *, stdin: str = "") -> subprocess.Popen[str]:
    """Start a command whose standard output is read line by line."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ,
        cwd=ROOT,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    process.stdin = None
    return process


def kill_after(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill a process after a while; False where it was done before. Its workers end by themselves."""
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True


def kill_after_lines(process: subprocess.Popen[str], lines: int, more_s: float) -> list[str]:
    """Kill a process some time after its so-manyth line; gives every whole line that it wrote."""
    assert process.stdout is not None
    said: list[str] = []
    while len(said) < lines and (line := process.stdout.readline()):
        said.append(line)
    kill_after(process, more_s)
    said += process.stdout.readlines()
    return [line.strip() for line in said if line.endswith("\n")]


def some_worker(process: subprocess.Popen[str] | psutil.Process, dice: random.Random) -> psutil.Process | None:
    """One of the worker processes below a process, by chance; None while there is none."""
    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        return None
    workers = [one for one in below if "resource_tracker" not in " ".join(_command(one))]
    return dice.choice(workers) if workers else None


def wait_until_gone(processes: Sequence[psutil.Process], seconds: float = 20.0) -> list[psutil.Process]:
    """Wait for processes to end; gives those that still run."""
    _, left = psutil.wait_procs(processes, timeout=seconds)
    return list(left)


def spent(since: float) -> float:
    """Seconds since a moment of `time.monotonic`."""
    return time.monotonic() - since


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
