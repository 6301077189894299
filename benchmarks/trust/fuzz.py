"""The suite of fuzzing: every parser for its share of the time. See `fuzzing` for what holds and what fails."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.trust import fuzz_doors, fuzz_files, fuzz_texts, fuzz_wires
from benchmarks.trust.fuzzing import Outcome, Target, fuzz
from benchmarks.trust.result import SuiteResult

WEIGHT = 1.0


def run(budget_s: float, seed: int) -> SuiteResult:
    """Give each target an equal share of the budget."""
    began = time.monotonic()
    logging.disable(logging.CRITICAL)  # libraries log what they refuse, and nearly all of it is refused here
    with fuzz_files.confined() as process:
        every = [*fuzz_texts.targets(), *fuzz_wires.targets(), *fuzz_doors.targets(), *fuzz_files.targets(process)]
        outcomes = _all(every, began + budget_s, seed)
    failures = [line for outcome in outcomes for line in outcome.failures.values()]
    counts = ", ".join(f"{outcome.name} {outcome.tried}" for outcome in outcomes)
    tried = sum(outcome.tried for outcome in outcomes)
    return SuiteResult("fuzz", tried, len(failures), notes=(*failures[:30], counts), unit="inputs")


def _all(every: Sequence[Target], end: float, seed: int) -> list[Outcome]:
    outcomes = []
    for position, target in enumerate(every):
        share = max(0.5, (end - time.monotonic()) / (len(every) - position))
        with tempfile.TemporaryDirectory(prefix="hausgeist-fuzz-") as folder:
            outcomes.append(fuzz(target, Path(folder), draws=seed, seconds=share))
    return outcomes
