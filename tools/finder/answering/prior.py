"""How likely a sighting is a thing that somebody asks for, before anything is known of its looks.

People ask for things that are handled and that stand on surfaces. Regions that stick out of a still are mostly parts
of furniture; so what was put down or taken weighs more, and where the owner drew zones (the surfaces), what stands in
none of them weighs less. The figures are odds by reasoning, not fitted to footage. Owns no looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.facts import COVERED, DETECTOR, PLACED, TAKEN, Table
from tools.finder.answering.place import zone_of
from tools.finder.records import Camera

Weights = NDArray[np.float64]
HANDLED, COVERED_BY, DETECTED, LYING = 4.0, 2.5, 1.0, 0.6
"""Weights of what was placed or removed; of what was covered; of what a detector names; of any other region."""
NO_ZONE = 0.15
PART = 0.25
CUT = 0.3
TINY_PX = 9.0
TINY = 0.3
FURNITURE = frozenset(
    {"chair", "couch", "bed", "dining table", "bench", "refrigerator", "tv", "sink", "oven", "toilet", "person"}
)


def handled(table: Table) -> Weights:
    """By what happened to each sighting, [n]."""
    weights = np.where(table.flag(DETECTOR), DETECTED, LYING)
    weights = np.where(table.flag(COVERED), COVERED_BY, weights)
    weights = np.where(table.flag(PLACED | TAKEN), HANDLED, weights)
    furniture = table.flag(DETECTOR) & table.labelled(FURNITURE)
    tiny = table.rows["box"][:, 2:].max(1) < TINY_PX
    return np.asarray(weights * np.where(furniture, 0.2, 1.0) * np.where(tiny, TINY, 1.0))


def standing(table: Table, cameras: Mapping[int, Camera], sizes: Mapping[int, tuple[int, int]]) -> Weights:
    """By where each sighting stands and what it is a part of, [n]; time grows with n squared."""
    weights = np.ones(len(table))
    for camera in np.unique(table.rows["camera"]).tolist():
        mine = np.flatnonzero(table.rows["camera"] == camera)
        boxes = table.rows["box"][mine]
        zones = cameras[camera].zones if camera in cameras else ()
        if zones:
            off = np.array([zone_of((b[0], b[1], b[2], b[3]), zones) is None for b in boxes.tolist()])
            weights[mine[off]] *= NO_ZONE
        if camera in sizes:
            weights[mine[_cut(boxes, sizes[camera])]] *= CUT
        weights[mine[_parts(table.take(mine))]] *= PART
    return weights


def _cut(boxes: NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether the picture's edge cuts a box: of a thing outside, only a part is seen."""
    x, y, w, h = boxes.T
    return np.asarray((x <= 1) | (y <= 1) | (x + w >= size[0] - 1) | (y + h >= size[1] - 1))


def _parts(table: Table) -> NDArray[np.bool_]:
    """Which lie within a larger thing, not a piece of furniture, and were neither put there nor taken away from it."""
    rows = table.rows
    x, y, w, h = (rows["box"][:, i].astype(np.float32) for i in range(4))
    area = w * h
    one = ~table.flag(PLACED)
    taken = table.flag(TAKEN)
    other = ~table.labelled(FURNITURE)
    small, large = np.flatnonzero(one), np.flatnonzero(other)
    found = np.zeros(len(table), bool)
    for place in small.tolist():
        wide = np.minimum(x[place] + w[place], (x + w)[large]) - np.maximum(x[place], x[large])
        high = np.minimum(y[place] + h[place], (y + h)[large]) - np.maximum(y[place], y[large])
        common = np.maximum(wide, 0) * np.maximum(high, 0)
        sized = (area[large] > 1.3 * area[place]) & (area[large] < 15 * area[place])
        together = (rows["first"][place] < rows["last"][large]) & (rows["first"][large] < rows["last"][place])
        if taken[place]:
            together &= rows["ended"][large] == rows["ended"][place]
        found[place] = bool((sized & together & (common > 0.85 * area[place]) & (large != place)).any())
    return found
