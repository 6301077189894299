"""Runs the suites of trust within a budget and prints one table and one JSON object. `make trust` calls it.

Each suite runs in a process of its own with an empty house, and gets its share of what is left of the budget. One
that overruns its share by more than `GRACE_S` is ended and counts as failed. The exit status is 1 when anything did
not hold. Owns no suite.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.trust.result import SuiteResult
from runtime.paths import Paths

FOLDER = Path(__file__).resolve().parent
GRACE_S = 120.0
"""Seconds a suite may take beyond its share: for what it began before the share was used up."""
LONG_S = 600.0
"""From this budget on the grace of the last suite is kept back, so that the whole stays within it."""


@dataclass(frozen=True)
class Suite:
    """A module of this package with `run`, and its share of the time."""

    name: str
    weight: float


def suites() -> list[Suite]:
    """All suites by name, read from the source: a module that cannot be imported still counts."""
    found = []
    for file in sorted(FOLDER.glob("*.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in body):
            found.append(Suite(file.stem, _weight(body)))
    return found


def _weight(body: Sequence[ast.stmt]) -> float:
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(t, ast.Name) and t.id == "WEIGHT" for t in targets) and isinstance(node, ast.Assign):
            return float(ast.literal_eval(node.value))
    return 1.0


def run_all(chosen: Sequence[Suite], budget_s: float, seed: int) -> list[SuiteResult]:
    """Run the suites one after the other; each gets its weight's share of the time that is left."""
    end = time.monotonic() + budget_s - (GRACE_S if budget_s >= LONG_S else 0.0)
    results = []
    for position, suite in enumerate(chosen):
        left = max(0.0, end - time.monotonic())
        share = left * suite.weight / sum(each.weight for each in chosen[position:])
        print(f"{suite.name}: up to {share:.0f} s", file=sys.stderr, flush=True)
        results.append(run_one(suite.name, share, seed))
    return results


def run_one(name: str, budget_s: float, seed: int, *, grace_s: float = GRACE_S) -> SuiteResult:
    """Run one suite in a process of its own; whatever ends it, there are figures."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hausgeist-trust-") as folder:
        target = Path(folder) / "result.json"
        environ = {k: v for k, v in os.environ.items() if not k.startswith("HAUSGEIST_")}
        environ |= {"HAUSGEIST_HOME": f"{folder}/house", "HAUSGEIST_MODELS": str(Paths.from_environment().models)}
        words = [sys.executable, "-m", "benchmarks.trust.one", name, str(budget_s), str(seed), str(target)]
        process = subprocess.Popen(words, env=environ, stdout=sys.stderr, start_new_session=True)
        try:
            status: int | str = process.wait(timeout=budget_s + grace_s)
        except subprocess.TimeoutExpired:
            status = f"still ran {grace_s:.0f} s after its share"
        finally:
            _end(process)
        if status == 0 and target.is_file():
            return SuiteResult.from_json(json.loads(target.read_text(encoding="utf-8")))
    seconds = round(time.monotonic() - started, 1)
    return SuiteResult(name, tried=1, failed=1, notes=(f"the suite itself ended with: {status}",), seconds=seconds)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the suite's own process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def show(results: Sequence[SuiteResult]) -> None:
    """The table, on standard error, and below it what did not hold and what could not be tried."""
    out = Console(stderr=True, markup=False, highlight=False, emoji=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("suite", "tried", "of what", "failed", "lost", "seconds", "holds"):
        table.add_column(column, justify="right" if column in {"tried", "failed", "lost", "seconds"} else "left")
    for each in results:
        figures = (str(each.tried), each.unit, str(each.failed), str(each.lost), f"{each.seconds:.0f}")
        table.add_row(each.name, *figures, "yes" if each.held else "NO")
    out.print(table)
    for line in told(results):
        out.print(line)
    for each in results:
        for note in each.notes:
            out.print(f"{each.name}: {note}")


def told(results: Sequence[SuiteResult]) -> list[str]:
    """The figures in the words of the promise, as far as their suites ran."""
    by_name = {each.name: each for each in results}
    words = (
        ("faults", "faults injected {0}, of which not survived {1}"),
        ("fuzz", "inputs tried {0}, of which crashed {1}"),
        ("injection", "injections tried {0}, of which succeeded {1}"),
        ("access", "strangers' requests and paths tried {0}, of which came in {1}"),
        ("connections", "requests of a tour without a network {0}, connections of it that would have left {1}"),
    )
    lines = [text.format(by_name[name].tried, by_name[name].failed) for name, text in words if name in by_name]
    lines += by_name["connections"].notes[:1] if "connections" in by_name else ()
    return [*lines, f"records lost {sum(each.lost for each in results)}"]


def main(words: Sequence[str] | None = None) -> int:
    """Run and print."""
    known = {suite.name: suite for suite in suites()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="the whole budget (default: 30)")
    parser.add_argument("--only", action="append", choices=sorted(known), help="this suite (repeatable)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything drawn (default: 1)")
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    options = parser.parse_args(words)
    started = time.monotonic()
    chosen = [known[name] for name in options.only] if options.only else list(known.values())
    results = run_all(chosen, options.minutes * 60, options.seed)
    if not options.json:
        show(results)
    summary = {
        "benchmark": "trust",
        "limit": {"failed": 0, "lost": 0, "minutes": options.minutes},
        "seed": options.seed,
        "python": platform.python_version(),
        "seconds": round(time.monotonic() - started, 1),
        "held": bool(results) and all(each.held for each in results),
        "told": told(results),
        "suites": {each.name: each.as_json() for each in results},
    }
    print(json.dumps(summary, ensure_ascii=False))
    return 0 if summary["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
