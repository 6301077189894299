"""Which ranked sightings are of the one thing that was asked for, and which of them are one stay. Owns no scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tools.finder.answering.history import LATER_S, share
from tools.finder.answering.match import LIKELY, Ranked
from tools.finder.records import Sighting

SAME_LOOK = 0.8
"""Sightings whose vectors have this cosine are taken for one thing that was moved, when words or photo allow it."""
NOT_UNLIKE = 0.65
"""Sightings of one thing, in other light and from another side, have at least this cosine; of two things that answer a
question about as well, four in five have less."""


def same_thing(ranked: Sequence[Ranked], found_score: float) -> list[Ranked]:
    """The sightings that may be of the best one's thing; none when the best stays under `found_score`."""
    if not ranked or ranked[0].score < found_score:
        return []
    best = ranked[0]
    return [
        r
        for r in ranked
        if r is best
        or (r.ratio >= LIKELY * best.ratio and r.score >= 0.6 * found_score and r.like_best >= NOT_UNLIKE)
        or (r.like_best >= SAME_LOOK and r.ratio >= 0.03 * best.ratio)
    ]


def choose(ranked: Sequence[Ranked], found_score: float, limit: int = 5) -> list[Ranked]:
    """The stays of what is most likely the thing, newest first; each is told once, from when it began."""
    kept: list[Ranked] = []
    for one in sorted(same_thing(ranked, found_score), key=lambda r: -r.ratio):
        for place, known in enumerate(kept):
            if _same_stay(known.sighting, one.sighting):
                kept[place] = _joined(known, one.sighting)
                break
        else:
            kept.append(one)
    return sorted(kept, key=lambda r: (r.sighting.last_seen, r.score), reverse=True)[:limit]


def _joined(known: Ranked, other: Sighting) -> Ranked:
    """The stay from the earlier beginning to the later end, where two recordings show it, with the later one's ending.

    Within one recording the likelier sighting stands for both.
    """
    mine = known.sighting
    if mine.segment_id == other.segment_id:
        return known
    first = mine if mine.first_seen <= other.first_seen else other
    last = other if other.last_seen > mine.last_seen + LATER_S else mine
    whole = replace(last, first_seen=first.first_seen, placed_by=first.placed_by)
    return replace(known, sighting=whole)


def _same_stay(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings are of one stay: same camera, times that touch, boxes that agree or one in the other."""
    if one.camera_id != other.camera_id:
        return False
    if one.first_seen - LATER_S > other.last_seen or other.first_seen - LATER_S > one.last_seen:
        return False
    shares = (share(one.box, other.box), share(other.box, one.box))
    return min(shares) > 0.45 or max(shares) > 0.75
