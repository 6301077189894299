"""Faults: processes killed, disks full or read-only, files damaged, clocks that jump, memory that runs out, cameras and
chat servers that send garbage. After each: no lost record, no doubled effect, a clear message, no hand work.

The faults are in `benchmarks.trust.faulting`; `tests/test_faults_*.py` run each once. Here they are repeated with other
moments and other damage until the budget is spent.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.trust.faulting import (
    cameras,
    clocks,
    corruption,
    disks,
    kills,
    models,
    remote,
    services,
    workers,
)
from benchmarks.trust.faulting.result import CannotTry, Fault, Outcome
from benchmarks.trust.result import SuiteResult

WEIGHT = 2.0
MODULES = (services, models, corruption, disks, workers, remote, cameras, clocks, kills)
MOST_NOTES = 30


def every() -> list[Fault]:
    """All faults, each of its module."""
    return [fault for module in MODULES for fault in module.FAULTS]


def run(budget_s: float, seed: int) -> SuiteResult:
    """Inject each fault once, as far as the budget goes, then again with other dice."""
    began, total, notes = time.monotonic(), Outcome(), list[str]()
    failed, number, took = 0, 0, dict[str, float]()
    faults = every()
    while (left := budget_s - (time.monotonic() - began)) > 0 and (number < len(faults) or budget_s > 120):
        fault = faults[number % len(faults)]
        if took.get(fault.__name__, 0.0) > left:
            break
        started = time.monotonic()
        found = inject(fault, random.Random(f"{seed} {number}"))
        if isinstance(found, str):
            notes += [found] if number < len(faults) else []
        else:
            total.add(found)
            failed += len(found.wrong)
        took[fault.__name__] = time.monotonic() - started
        number += 1
    if number < len(faults):
        notes.append(f"{len(faults) - number} of {len(faults)} kinds were not tried within {budget_s:.0f} s")
    slowest = sorted(took, key=lambda name: -took[name])[:5]
    notes.append(f"{number} injections, slowest: " + ", ".join(f"{name} {took[name]:.0f} s" for name in slowest))
    notes += [f"NOT HELD: {line}" for line in total.wrong]
    notes += [f"said by the program: {line}" for line in total.told[:MOST_NOTES]]
    if len(total.told) > MOST_NOTES:
        notes.append(f"and {len(total.told) - MOST_NOTES} more of that kind")
    seconds = round(time.monotonic() - began, 1)
    return SuiteResult("faults", total.tried, failed, total.lost, tuple(notes), seconds, "faults")


def inject(fault: Fault, dice: random.Random) -> Outcome | str:
    """Inject one fault in a folder of its own; in words, why it could not be."""
    with tempfile.TemporaryDirectory(prefix="hausgeist-fault-") as folder:
        try:
            return fault(Path(folder), dice)
        except CannotTry as problem:
            return f"not tried: {fault.__name__}: {problem}"
        except subprocess.TimeoutExpired as problem:
            return Outcome(1, [f"{fault.__name__}: it hung: {problem}"])
        except Exception as problem:
            return Outcome(1, [f"{fault.__name__}: {type(problem).__name__}: {problem}"])
