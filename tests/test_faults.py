"""Faults in real processes, each once: kills, bad disks, dying workers, cameras and chat servers, jumping clocks.

`benchmarks/trust/faults.py` repeats these with other moments; the damage to databases is in `test_repair.py`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.trust import faults
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

ONCE = (
    *disks.FAULTS, *remote.FAULTS, *clocks.FAULTS, cameras.files, corruption.vectors, corruption.settings,
    kills.while_talking, kills.while_importing, kills.while_restoring, kills.two_houses_at_once,
    workers.chat_killed_in_a_reply, workers.embedder_killed, workers.out_of_memory,
    workers.main_killed_leaves_no_worker, services.server_killed, models.drawing_killed,
)  # fmt: skip


@pytest.mark.parametrize("fault", ONCE, ids=lambda fault: fault.__name__)
def test_nothing_is_lost_or_doubled_and_it_goes_on(fault: Fault, tmp_path: Path) -> None:
    pytest.importorskip("av")
    try:
        found = fault(tmp_path, random.Random(20261122))
    except CannotTry as problem:
        pytest.skip(str(problem))
    assert found.tried > 0 and (found.wrong, found.lost) == ([], 0)


def test_a_fault_that_is_not_survived_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(folder: Path, dice: random.Random) -> Outcome:
        return Outcome(2, ["a fact is gone"], 1)

    def crashed(folder: Path, dice: random.Random) -> Outcome:
        raise ZeroDivisionError("by zero")

    def impossible(folder: Path, dice: random.Random) -> Outcome:
        raise CannotTry("no such machine")

    monkeypatch.setattr(faults, "every", lambda: [lost, crashed, impossible])
    result = faults.run(60.0, 1)
    assert (result.tried, result.failed, result.lost, result.held) == (3, 2, 1, False)
    assert any("ZeroDivisionError" in note for note in result.notes) and any(
        "no such machine" in n for n in result.notes
    )
