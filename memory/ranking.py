"""Joins what words, vectors and time say about the facts. Owns no index.

The scores are joined as a convex combination after scaling each to 0..1, which Bruch, Gai & Ingber (2023, "An
analysis of fusion functions for hybrid retrieval") found better than reciprocal-rank fusion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from memory.records import Fact
from memory.words import content_words, continues, index_words

MEANING, WORDS = 0.5, 0.5
"""Weights of vectors and words; they add up to one."""
TOLD_BONUS, TIME_BONUS = 0.5, 0.1
"""Added to a fact that was told in the time that the query names: much when the query asks what was said then, little
otherwise, since a time may belong to the thing ("when do I wake up in the morning")."""
NEIGHBOUR = 0.05
"""Share of the best neighbour's score that a record told directly before or after it gets."""

CONTINUED = 0.5
"""Share of the score of the record just before that one gets which opens by pointing back to it ("She is …"): it
speaks of the same, without its words. It never comes before the record that it continues by that."""
TOGETHER = timedelta(minutes=10)
"""A record told later than that after the one before it does not point back to it."""
FOLLOWED = 10
"""Best records whose continuations are looked at, even where no index found these."""


@dataclass(frozen=True)
class Evidence:
    """What the indexes found, each by fact id."""

    similarity: Mapping[int, float]
    """Cosine of the fact's nearest passage."""
    bm25: Mapping[int, float]
    in_time: frozenset[int] = frozenset()
    bonus: float = TIME_BONUS


def fuse(evidence: Evidence) -> dict[int, float]:
    """A score of each fact that any index found; larger is better, at most 1 (with time, before scaling, 1.5)."""
    meaning = _scaled(evidence.similarity)
    best = max(evidence.bm25.values(), default=0.0)
    words = {fact: score / best for fact, score in evidence.bm25.items()} if best > 0 else {}
    if not words or not meaning:
        scores = dict(meaning or words)
    else:
        found = meaning.keys() | words.keys()
        scores = {f: MEANING * meaning.get(f, 0.0) + WORDS * words.get(f, 0.0) for f in found}
    for fact in evidence.in_time:
        scores[fact] = scores.get(fact, 0.0) + evidence.bonus
    top = max(scores.values(), default=0.0)
    return {fact: score / max(1.0, top) for fact, score in scores.items()}


def _scaled(values: Mapping[int, float]) -> dict[int, float]:
    """To 0..1 over what was found."""
    if not values:
        return {}
    low, high = min(values.values()), max(values.values())
    span = high - low
    return {fact: (value - low) / span if span > 0 else 1.0 for fact, value in values.items()}


def with_neighbours(scores: dict[int, float], facts: Mapping[int, Fact]) -> dict[int, float]:
    """Scores in which a record gains a little from a good one told just before or after it, in the same source."""
    result = dict(scores)
    for fact in facts.values():
        beside = [facts.get(fact.id - 1), facts.get(fact.id + 1)]
        near = [scores.get(other.id, 0.0) for other in beside if other and other.source == fact.source]
        if near and fact.id in scores:
            result[fact.id] = min(1.0, scores[fact.id] + NEIGHBOUR * max(near))
    for fact in facts.values():
        before = facts.get(fact.id - 1)
        if before and continues(fact.text) and _told_together(before, fact):
            told, own = scores.get(before.id, 0.0), result.get(fact.id, 0.0)
            result[fact.id] = max(own, min(told, own + CONTINUED * told))
    return result


def _told_together(before: Fact, fact: Fact) -> bool:
    return before.source == fact.source and timedelta() <= fact.time - before.time <= TOGETHER


def share_of_words(query: str, text: str) -> float:
    """The share of the query's content words that stand in `text`, 0 to 1; word endings of two letters may differ."""
    wanted = content_words(query)
    if not wanted:
        return 0.0
    there = set(index_words(text))
    return sum(_stands(word, there) for word in wanted) / len(wanted)


def _stands(word: str, there: set[str]) -> bool:
    if word in there:
        return True
    return len(word) >= 4 and any(
        abs(len(other) - len(word)) <= 2 and other[: max(4, len(word) - 2)] == word[: max(4, len(word) - 2)]
        for other in there
        if len(other) >= 4
    )


def order(scores: Mapping[int, float], facts: Mapping[int, Fact]) -> Sequence[int]:
    """Fact ids, best first; of equals the newer one first."""
    return sorted(facts, key=lambda fact: (-scores.get(fact, 0.0), -facts[fact].time.timestamp(), -fact))
