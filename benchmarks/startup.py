"""How long the command line takes to start, against a Python that does nothing, in one run.

Prints one JSON object: for `hausgeist --help`, `hausgeist --version` and `hausgeist memory list` (an empty
memory) the least and the median wall seconds of several runs, and their ratio to `python -c pass`. The runs
of all commands alternate, so that other work on the machine weighs on all of them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

COMMANDS = {"help": ["--help"], "version": ["--version"], "memory_list": ["memory", "list", "--json"]}
ENTRY = "import sys; from tui.cli import main; sys.exit(main())"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each command (default: 15)")
    runs: int = parser.parse_args().runs
    commands = {"python_pass": [sys.executable, "-c", "pass"]}
    commands |= {name: [sys.executable, "-c", ENTRY, *words] for name, words in COMMANDS.items()}
    with tempfile.TemporaryDirectory() as home:
        seconds = measure(commands, runs, {**os.environ, "HAUSGEIST_HOME": home})
    least = {name: min(values) for name, values in seconds.items()}
    result = {
        "benchmark": "startup",
        "runs": runs,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "seconds_least": {name: round(value, 4) for name, value in least.items()},
        "seconds_median": {name: round(statistics.median(v), 4) for name, v in seconds.items()},
        "times_python_pass": {
            name: round(value / least["python_pass"], 2) for name, value in least.items() if name != "python_pass"
        },
        "limit": {"help": 5.0},
    }
    print(json.dumps(result))
    return 0


def measure(commands: dict[str, list[str]], runs: int, environ: dict[str, str]) -> dict[str, list[float]]:
    """Wall seconds of each run by command; one run of each before is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, words in commands.items():
            started = time.perf_counter()
            subprocess.run(words, check=True, capture_output=True, env=environ)
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
