"""Clocks that jump back and forth (an injected clock): order, ids and schedules hold, nothing happens twice."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.scripts.journal import Journal
from agent.scripts.service import Scripts
from benchmarks.trust.faulting.result import Outcome, environment
from memory.memory import Memory
from runtime.errors import CallCancelled
from runtime.house import House

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
JUMPS = (timedelta(days=-400), timedelta(days=3650), timedelta(hours=-1), timedelta(seconds=-1), timedelta(0))


def memory(folder: Path, dice: random.Random) -> Outcome:
    """Facts and turns keep their order and are there once, whatever the clock says between them."""
    outcome, moment = Outcome(tried=40), NOW
    with House.open(environment(folder)) as house:
        with Memory(house) as kept:
            for number in range(40):
                moment += dice.choice(JUMPS)
                house.clock = lambda moment=moment: moment  # type: ignore[misc]
                kept.remember(f"Note {number} is blue.", source="fault")
                kept.append_turn("talk", f"Turn {number}", "yes", [], house.now())
        with Memory(house) as again:
            facts = [fact.text for fact in again.facts()]
            turns = [turn.user for turn in again.history("talk", 100)]
            outcome.lost = 40 - len(set(facts))
            outcome.check(turns == [f"Turn {n}" for n in range(40)], f"the order of turns: {turns}")
            outcome.check(len(facts) == 40, f"{len(facts)} facts of 40")
            found = again.search("note 7", 40)
            outcome.check(bool(found), "nothing is found after the jumps")
    return outcome


SCRIPT = """
on:
  - {at: "08:00"}
  - {every: 1h}
steps:
  - write: {file: log.txt, text: "{{ event.due }}\\n", append: true}
"""


def schedules(folder: Path, dice: random.Random) -> Outcome:
    """A clock that was years ahead does not silence a schedule; one that is put back an hour fires nothing twice."""
    outcome, script = Outcome(tried=2), folder / "script.yaml"
    script.write_text(SCRIPT, encoding="utf-8")
    ahead = timedelta(days=dice.randint(400, 4000))
    days = [NOW, NOW + timedelta(hours=9), NOW + ahead, NOW + timedelta(hours=10), NOW + timedelta(hours=9),
            NOW + timedelta(hours=10, minutes=30), NOW + timedelta(days=1, hours=9)]  # fmt: skip
    runs: list[str] = []
    with House.open(environment(folder), ["finder.timezone=UTC"]) as house:
        for moment in days:
            house.clock = lambda moment=moment: moment  # type: ignore[misc]
            runs += _serve_once(house, script)
        journal = Journal(house.paths.data / "scripts")
        unfinished = journal.unfinished()
        journal.close()
    outcome.check(len(runs) == len(set(runs)), f"a due time ran twice: {runs}")
    mornings = [run for run in runs if "T08:00:00.000" in run and run.startswith("2026-03-3")]
    outcome.check("2026-03-30T08:00:00.000+00:00" in runs, f"the morning after the wrong clock did not run: {runs}")
    outcome.check(not unfinished and bool(mornings), f"runs: {runs}")
    return outcome


def _serve_once(house: House, script: Path) -> list[str]:
    """Serve until nothing is due; gives the due times that ran."""
    from runtime.cancellation import Cancellation

    cancellation, due = Cancellation(), list[str]()
    with Scripts(house) as scripts:
        timer = threading.Timer(1.5, cancellation.cancel)
        timer.start()
        with suppress(CallCancelled):
            scripts.serve([script], cancellation, on_run=lambda run, outcome: due.append(str(run.event.get("due"))))
        timer.join()
    return due


FAULTS = (memory, schedules)
