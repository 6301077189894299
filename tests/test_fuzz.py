"""Every parser with generated inputs, always the same ones: results or errors of ours, in bounded time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from benchmarks.trust import fuzz_doors, fuzz_files, fuzz_texts, fuzz_wires
from benchmarks.trust.fuzzing import Target, TookTooLong, failure, fuzz
from runtime.errors import UsageError

EXAMPLES = 25


TARGETS = [*fuzz_texts.targets(), *fuzz_wires.targets(), *fuzz_doors.targets()]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_parser_of_text_holds(target: Target, tmp_path: Path) -> None:
    outcome = fuzz(target, tmp_path, examples=EXAMPLES)
    assert outcome.tried >= EXAMPLES and not outcome.failures, "\n".join(outcome.failures.values())


def test_parsers_of_files_hold(tmp_path: Path) -> None:
    """All kinds of files in one process with limits of time and memory."""
    with fuzz_files.confined() as process:
        for target in fuzz_files.targets(process):
            outcome = fuzz(target, tmp_path, examples=EXAMPLES)
            assert outcome.tried >= EXAMPLES and not outcome.failures, "\n".join(outcome.failures.values())


def test_what_counts_as_a_failure(tmp_path: Path) -> None:
    def crash(value: int, folder: Path) -> None:
        if value > 3:
            raise ZeroDivisionError("by nothing")
        raise UsageError("wrong")

    outcome = fuzz(Target("crash", st.integers(0, 9), crash), tmp_path, examples=10)
    assert len(outcome.failures) == 1 and "ZeroDivisionError" in next(iter(outcome.failures))
    assert failure(lambda: None) is None

    def late() -> None:
        raise TookTooLong("more than a while")

    assert (failure(late) or "").startswith("TookTooLong")
