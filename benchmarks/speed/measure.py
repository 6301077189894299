"""Indexing as a user does it, in processes of its own, with the memory of all of them. Owns no footage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ENTRY = "import sys; from tui.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Run:
    """`wall_s` of the whole command, `peak_mb` the most that it and its workers held, each at its peak (10^6 bytes)."""

    wall_s: float
    peak_mb: float
    report: dict[str, Any]


def index(clip: Path, home: Path | None = None) -> Run:
    """`hausgeist cameras index` of a camera made of `clip`, in an empty house, with its default settings."""
    with tempfile.TemporaryDirectory() as folder:
        models = os.environ.get("HAUSGEIST_MODELS")
        environ = {**os.environ, "HAUSGEIST_HOME": str(home or folder), "HAUSGEIST_LOG_LEVEL": "error"}
        if models is None and "HAUSGEIST_HOME" in os.environ:
            environ["HAUSGEIST_MODELS"] = str(Path(os.environ["HAUSGEIST_HOME"]) / "models")
        command = [sys.executable, "-c", ENTRY, "cameras"]
        added = [*command, "add", "room", str(clip), "--start", "2026-03-02T08:00:00"]
        subprocess.run(added, check=True, env=environ, stdout=subprocess.DEVNULL)
        started = time.perf_counter()
        process = subprocess.Popen([*command, "index", "--json"], env=environ, stdout=subprocess.PIPE, text=True)
        peak = _watch(psutil.Process(process.pid), process)
        output, _ = process.communicate()
        wall = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"hausgeist cameras index ended with {process.returncode}")
        return Run(wall, peak / 1e6, json.loads(output.strip().splitlines()[-1]))


def _watch(root: psutil.Process, process: subprocess.Popen[str]) -> int:
    """The most that the process and its children ever held, each at its own peak (VmHWM), bytes; an upper bound of
    what they held at once."""
    peaks: dict[int, int] = {}
    while process.poll() is None:
        try:
            for one in [root, *root.children(recursive=True)]:
                peaks[one.pid] = max(peaks.get(one.pid, 0), _highest(one.pid))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    return sum(peaks.values())


def _highest(pid: int) -> int:
    """The largest resident set that a process has had, bytes; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
