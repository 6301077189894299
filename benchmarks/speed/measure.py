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
    """`wall_s` of the whole command, `peak_mb` the most that it and its workers held at once (10^6 bytes)."""

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
    """The largest sum of the resident sets of the process and its children, bytes, until it ends."""
    peak = 0
    while process.poll() is None:
        total = 0
        try:
            for one in [root, *root.children(recursive=True)]:
                try:
                    total += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
        except psutil.NoSuchProcess:
            break
        peak = max(peak, total)
        time.sleep(0.05)
    return peak
