"""People handed over from camera to camera by time: which track goes on in which. Owns no faces and no storage.

A track ends where its recording or the picture ends. What goes on in what is one assignment over all tracks of a time
(Kuhn 1955, the Hungarian method): nobody is at two places, and nobody goes on as two. A hand-over costs what its gap
differs from the usual gap between the two cameras, in the spread of such gaps; both are learned from the hand-overs of
this very house that leave no choice. A track that goes on in the next recording of the same camera is told by its place
too. It stays a likelihood: time tells no names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from tools.finder.records import Person

HANDOVER_S = 45.0
"""Longest time between two cameras, seconds."""
OVERLAP_S = 6.0
"""Two cameras may see one person at once for so long, seconds."""
SEAM_S = 4.0
"""Longest time between two recordings of one camera over which a track goes on, seconds."""
SEAM_REACH = 1.5
"""How far a person goes over a seam at most, in their own heights."""
SPREAD_S = 6.0
"""Spread of gaps between two cameras of which nothing is learned yet, seconds."""
LEARN = 3
"""Hand-overs without a choice from which the usual gap of a pair of cameras is learned."""
NOBODY = 6.0
"""A hand-over that costs more than this is none."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Usual:
    """The usual gap between two cameras and its spread, seconds."""

    gap_s: float = 0.0
    spread_s: float = SPREAD_S


def journeys(people: Sequence[Person]) -> list[list[Person]]:
    """All tracks as ways of persons, each in order of time; a way of one track is one too. By their beginnings."""
    after = links(people)
    by_id = {person.id: person for person in people}
    going_on = set(after.values())
    begins = [person for person in people if person.id not in going_on]
    return [_way(person, after, by_id) for person in sorted(begins, key=lambda p: (p.first_seen, p.id))]


def following(person: Person, people: Sequence[Person]) -> list[Person]:
    """The tracks in which `person` goes on, in order. `people` are the tracks of the time around, this one included."""
    return _way(person, links(people), {one.id: one for one in people})[1:]


def _way(person: Person, after: dict[int, int], by_id: dict[int, Person]) -> list[Person]:
    way, seen = [person], {person.id}
    while (next_id := after.get(way[-1].id)) is not None and next_id not in seen:
        way.append(by_id[next_id])
        seen.add(next_id)
    return way


def links(people: Sequence[Person]) -> dict[int, int]:
    """By the id of a track, the id of the one in which it goes on; tracks that end are left out."""
    ordered = sorted(people, key=lambda person: (person.first_seen, person.id))
    options = _options(ordered)
    if not options:
        return {}
    from scipy.optimize import linear_sum_assignment  # slow to import, and only needed here

    usual = _learned(options)
    found: dict[int, int] = {}
    for group in _groups(options):
        firsts = sorted({a.id for a, _ in group})
        nexts = sorted({b.id for _, b in group})
        cost = np.full((len(firsts), len(nexts) + len(firsts)), NOBODY)
        cost[:, : len(nexts)] = 1e6
        for a, b in group:
            cost[firsts.index(a.id), nexts.index(b.id)] = _cost(a, b, usual)
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if column < len(nexts) and cost[row, column] < NOBODY:
                found[firsts[row]] = nexts[column]
    return found


def _options(ordered: Sequence[Person]) -> list[tuple[Person, Person]]:
    """Every pair of which the second may be the first going on."""
    starts, ends = (np.array([getattr(person, name) for person in ordered]) for name in ("first_seen", "last_seen"))
    lows = np.searchsorted(starts, ends - OVERLAP_S, "left").tolist()
    highs = np.searchsorted(starts, ends + HANDOVER_S, "right").tolist()
    found = []
    for person, low, high in zip(ordered, lows, highs, strict=True):
        for other in ordered[low:high]:
            if other.id != person.id and other.first_seen > person.first_seen and _may(person, other):
                found.append((person, other))
    return found


def _may(a: Person, b: Person) -> bool:
    if a.camera_id != b.camera_id:
        return b.last_seen > a.last_seen - OVERLAP_S
    return a.segment_id != b.segment_id and _seam(a, b) is not None


def _seam(a: Person, b: Person) -> float | None:
    """How far a track jumps from one recording to the next, in heights; None: it cannot be the same one."""
    if not -1.0 <= b.first_seen - a.last_seen <= SEAM_S or not a.path or not b.path:
        return None
    _, x, y, w, h = a.path[-1]
    _, u, v, p, q = b.path[0]
    away = math.dist((x + w / 2, y + h), (u + p / 2, v + q)) / max(h, q, 1.0)
    return away if away <= SEAM_REACH else None


def _cost(a: Person, b: Person, usual: dict[Pair, Usual]) -> float:
    if a.camera_id == b.camera_id:
        return (_seam(a, b) or 0.0) - SEAM_REACH  # the same place a moment later is better than any other camera
    known = usual.get((a.camera_id, b.camera_id), Usual())
    return abs(b.first_seen - a.last_seen - known.gap_s) / known.spread_s


def _learned(options: Sequence[tuple[Person, Person]]) -> dict[Pair, Usual]:
    """The usual gaps, from pairs of tracks that have only each other."""
    nexts: dict[int, int] = {}
    befores: dict[int, int] = {}
    for a, b in options:
        nexts[a.id] = nexts.get(a.id, 0) + 1
        befores[b.id] = befores.get(b.id, 0) + 1
    gaps: dict[Pair, list[float]] = {}
    for a, b in options:
        if a.camera_id != b.camera_id and nexts[a.id] == befores[b.id] == 1:
            gaps.setdefault((a.camera_id, b.camera_id), []).append(b.first_seen - a.last_seen)
    found: dict[Pair, Usual] = {}
    for pair, values in gaps.items():
        if len(values) >= LEARN:
            middle = median(values)
            spread = 1.4826 * median(abs(value - middle) for value in values)
            found[pair] = Usual(middle, min(max(spread, 1.5), 2 * SPREAD_S))
    return found


def _groups(options: Sequence[tuple[Person, Person]]) -> list[list[tuple[Person, Person]]]:
    """The pairs in groups that share no track, so that each group is assigned by itself."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in options:
        parent[root(("from", a.id))] = root(("to", b.id))
    found: dict[tuple[str, int], list[tuple[Person, Person]]] = {}
    for a, b in options:
        found.setdefault(root(("from", a.id)), []).append((a, b))
    return list(found.values())
