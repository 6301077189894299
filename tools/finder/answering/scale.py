"""How many pixels a centimetre has on each camera, from things whose usual size is known. Owns no matching.

A wall camera's scale differs by half between the near and the far end of a room; one figure a camera is therefore only
a rough one (`spread`), good enough to tell a wallet from a cloth.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tools.finder.answering.kinds import kinds
from tools.finder.records import Person, Sighting

PERSON_CM = 165.0
FURNITURE_CM = {
    "chair": 90.0, "couch": 190.0, "bed": 200.0, "dining table": 130.0, "refrigerator": 175.0, "tv": 100.0,
    "microwave": 50.0, "oven": 65.0, "sink": 55.0, "toilet": 70.0, "bench": 120.0,
}  # fmt: skip
SURE = 0.5
EDGE_PX = 2.0
HANDLED_CM = 16.0
"""Usual size of things that people put down: the anchor where nothing of known size is seen."""


@dataclass(frozen=True)
class Scale:
    """`px_per_cm`, and `spread`: the standard deviation of its natural logarithm."""

    px_per_cm: float
    spread: float


@cache
def _known_cm() -> Mapping[str, float]:
    sizes = dict(FURNITURE_CM)
    for kind in kinds():
        for name in kind.names:
            sizes.setdefault(name, kind.size_cm)
    return sizes


def scales(sightings: Sequence[Sighting], people: Iterable[Person]) -> dict[int, Scale]:
    """The scale of each camera (by id) that has sightings."""
    tall: dict[int, list[float]] = {}
    for person in people:
        heights = sorted(h for _, x, y, w, h in person.path if h > 2 * w and x > EDGE_PX and y > EDGE_PX)
        if heights:
            tall.setdefault(person.camera_id, []).append(heights[len(heights) * 3 // 4] / PERSON_CM)
    by_camera: dict[int, list[Sighting]] = {}
    for sighting in sightings:
        by_camera.setdefault(sighting.camera_id, []).append(sighting)
    return {camera: _scale(seen, tall.get(camera, [])) for camera, seen in by_camera.items()}


def _scale(seen: Sequence[Sighting], people: Sequence[float]) -> Scale:
    """From both kinds of anchors: what people handle has no one size, furniture stands nearer or farther than it."""
    anchors = list(people)
    for sighting in seen:
        known = _known_cm().get((sighting.label or "").casefold())
        whole = min(sighting.box[:2]) > EDGE_PX
        if known and whole and sighting.origin == "detector" and (sighting.label_score or 0) >= SURE:
            anchors.append(longest(sighting) / known)
    handled = [s for s in seen if s.placed_by is not None or s.origin == "change"]
    usual = statistics.median(math.log(max(longest(s), 1.0) / HANDLED_CM) for s in handled or seen)
    if not anchors:
        return Scale(math.exp(usual), 0.55 if len(handled) >= 3 else 0.8)
    known_things = statistics.median(math.log(max(value, 0.01)) for value in anchors)
    share = 0.6 if len(handled) >= 3 else 0.0
    return Scale(math.exp(share * usual + (1 - share) * known_things), 0.5)


def longest(sighting: Sighting) -> float:
    """The longest side of a sighting as seen, pixels: near its diagonal when it lies askew."""
    _, _, w, h = sighting.box
    return max(w, h, 0.85 * math.hypot(w, h) if min(w, h) > 0.5 * max(w, h) else 0.0)
