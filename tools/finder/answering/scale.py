"""How many pixels a centimetre has on each camera, from things whose usual size is known. Owns no matching.

Nothing seen tells it surely: a detector takes a lamp for a vase, changes of light leave specks that look like small
things, who stands still looks like a large one. So each witness is a normal density with a chance that it is wrong (a
mixture, as in Box and Tiao 1968, "A Bayesian approach to some outlier problems"), no kind of witness has more than some
votes, and what is left open is filled by what rooms usually are. The mean and the spread of what follows are the scale.
"""

from __future__ import annotations

import math
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
"""Usual size of things that people put down."""
STAYS_S = 5.0
"""Who stands still is taken for a thing sometimes, but goes on sooner than this."""
ACROSS_CM = (350.0, 0.8)
"""How much of a room a picture shows from side to side, and the spread of its logarithm: a table, or all of a hall."""
PEOPLE, HANDLED, FURNITURE = (3.0, 0.3), (4.0, 0.5), (2.0, 0.4)
"""The most votes that these witnesses have together (the last: those of one size), and the spread of what each says."""
WRONG, ANYWHERE = 0.4, 0.25
"""The chance that a witness is none, and the density of what it says then: sizes differ by e to the fourth."""
WITHIN = 0.4
"""Spread of the scale between the near and the far end of a room, on top of how well it is known on the whole."""
GRID = np.linspace(math.log(0.2), math.log(40.0), 212)


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
    """From all witnesses; `people`: what each person on this camera says, pixels for a centimetre."""
    sides, box = longest(seen).astype(np.float64), seen.rows["box"].astype(np.float64)
    across = max(1.0, float((box[:, 0] + box[:, 2]).max(initial=1.0)))
    chances = -0.5 * ((GRID - math.log(across / ACROSS_CM[0])) / ACROSS_CM[1]) ** 2
    stays = seen.rows["last"] - seen.rows["first"] >= STAYS_S
    lengths = np.maximum(1.0, sides[seen.flag(PLACED | CHANGE) & stays])
    chances += _said(np.log(lengths / HANDLED_CM), lengths, HANDLED)
    chances += _said(np.log(np.maximum(people, 1e-3)), np.ones(len(people)), PEOPLE)
    sure = seen.flag(DETECTOR) & (seen.rows["score"] >= SURE) & (box[:, :2].min(1) > EDGE_PX)
    by_size: dict[float, list[float]] = {}
    for place in np.flatnonzero(sure).tolist():
        known = _known_cm().get(int(seen.rows["label"][place]))
        if known:
            by_size.setdefault(known, []).append(math.log(sides[place] / known))
    for said in by_size.values():
        chances += _said(np.array(said), np.ones(len(said)), FURNITURE)
    weights = np.exp(chances - chances.max())
    mean = float(np.average(GRID, weights=weights))
    spread = math.sqrt(float(np.average((GRID - mean) ** 2, weights=weights)))
    return Scale(math.exp(mean), math.hypot(spread, WITHIN))


def _said(values: NDArray[np.float64], weights: NDArray[np.float64], kind: tuple[float, float]) -> NDArray[np.float64]:
    """Logarithms over `GRID` of what witnesses say, who have at most one vote each and so many in all, by `weights`.

    Of what people handle the larger counts more: specks are many and small.
    """
    if not len(values):
        return np.zeros(len(GRID))
    most, spread = kind
    votes = weights / weights.sum() * min(float(len(values)), most)
    right = np.exp(-0.5 * ((GRID - values[:, None]) / spread) ** 2) / (spread * math.sqrt(2 * math.pi))
    return np.asarray(votes @ np.log((1 - WRONG) * right + WRONG * ANYWHERE))


def longest(seen: Table) -> NDArray[Any]:
    """The longest side of each sighting as seen, pixels: near its diagonal when it lies askew."""
    w, h = seen.rows["box"][:, 2], seen.rows["box"][:, 3]
    side = np.maximum(w, h)
    askew = np.minimum(w, h) > 0.5 * side
    return np.asarray(np.where(askew, np.maximum(side, 0.85 * np.hypot(w, h)), side))
