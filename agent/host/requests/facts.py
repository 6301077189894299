"""The owner's memory: search, correct, add, delete. Owns no storage (see `memory.memory`)."""

from __future__ import annotations

from typing import Any

from agent.host.job import Job
from runtime.errors import ArgumentError

SHOWN = 200


def facts(job: Job, query: str = "") -> list[dict[str, Any]]:
    """The newest facts, or those that answer `query`, best first."""
    if query.strip():
        return [hit.as_json() for hit in job.desk.memory.search(query, 30)]
    return [fact.as_json() for fact in reversed(job.desk.memory.facts()[-SHOWN:])]


def forget(job: Job, fact: int) -> list[dict[str, Any]]:
    """Delete a fact for good, with the turns that told it; gives what was deleted."""
    return [gone.as_json() for gone in job.desk.memory.forget([fact])]


def correct(job: Job, fact: int, text: str) -> dict[str, Any]:
    """Put `text` in the place of a fact, which is kept as outdated."""
    if all(known.id != fact for known in job.desk.memory.facts()):
        raise ArgumentError(f"There is no fact {fact}.", remedy="It may have been deleted; look at the list again.")
    return job.desk.memory.remember(text, source="corrected in the terminal", replaces=fact).as_json()


def remember(job: Job, text: str) -> dict[str, Any]:
    """Store a fact."""
    return job.desk.memory.remember(text, source="written in the terminal").as_json()
