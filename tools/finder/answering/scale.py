"""How many pixels a centimetre has on each camera, from things whose usual size is known. Owns no matching.

A wall camera's scale differs by half between the near and the far end of a room; one figure a camera is therefore only
a rough one (`spread`), good enough to tell a wallet from a cloth.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.facts import CHANGE, DETECTOR, PLACED, Table, code
from tools.finder.answering.kinds import kinds
from tools.finder.records import Person

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
def _known_cm() -> Mapping[int, float]:
    """Usual sizes by the codes of labels."""
    sizes = {code(name): size for name, size in FURNITURE_CM.items()}
    for kind in kinds():
        for name in kind.names:
            sizes.setdefault(code(name), kind.size_cm)
    return sizes


def scales(table: Table, people: Iterable[Person]) -> dict[int, Scale]:
    """The scale of each camera (by id) that has sightings."""
    tall: dict[int, list[float]] = {}
    for person in people:
        heights = sorted(h for _, x, y, w, h in person.path if h > 2 * w and x > EDGE_PX and y > EDGE_PX)
        if heights:
            tall.setdefault(person.camera_id, []).append(heights[len(heights) * 3 // 4] / PERSON_CM)
    found = {}
    for camera in np.unique(table.rows["camera"]).tolist():
        mine = np.flatnonzero(table.rows["camera"] == camera)
        found[camera] = _scale(table.take(mine), tall.get(camera, []))
    return found


def _scale(seen: Table, people: list[float]) -> Scale:
    """From both kinds of anchors: what people handle has no one size, furniture stands nearer or farther than it."""
    anchors = list(people)
    sides = longest(seen)
    whole = seen.rows["box"][:, :2].min(1) > EDGE_PX
    sure = seen.flag(DETECTOR) & (seen.rows["score"] >= SURE) & whole
    for place in np.flatnonzero(sure).tolist():
        known = _known_cm().get(int(seen.rows["label"][place]))
        if known:
            anchors.append(float(sides[place]) / known)
    handled = seen.flag(PLACED | CHANGE)
    lengths = sides[handled] if handled.any() else sides
    usual = float(np.median(np.log(np.maximum(lengths, 1.0) / HANDLED_CM)))
    many = int(handled.sum()) >= 3
    if not anchors:
        return Scale(math.exp(usual), 0.55 if many else 0.8)
    known_things = statistics.median(math.log(max(value, 0.01)) for value in anchors)
    share = 0.6 if many else 0.0
    return Scale(math.exp(share * usual + (1 - share) * known_things), 0.5)


def longest(seen: Table) -> NDArray[Any]:
    """The longest side of each sighting as seen, pixels: near its diagonal when it lies askew."""
    w, h = seen.rows["box"][:, 2], seen.rows["box"][:, 3]
    side = np.maximum(w, h)
    askew = np.minimum(w, h) > 0.5 * side
    return np.asarray(np.where(askew, np.maximum(side, 0.85 * np.hypot(w, h)), side))
