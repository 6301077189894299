"""How likely a sighting is a thing that somebody asks for, before anything is known of its looks.

People ask for things that are handled and that stand on surfaces. Regions that stick out of a still are mostly parts
of furniture; so what was put down or taken weighs more, and where the owner drew zones (the surfaces), what stands in
none of them weighs less. The figures are odds by reasoning, not fitted to footage. Owns no looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.facts import COVERED, DETECTOR, PLACED, TAKEN, Table
from tools.finder.records import Camera, Zone

Weights = NDArray[np.float64]
HANDLED, COVERED_BY, DETECTED, LYING = 4.0, 2.5, 0.5, 0.25
"""Weights of what was placed or removed; of what was covered; of what a detector names; of any other region.

In the rendered homes of `benchmarks/scenes` about one in ten of the first is a thing that is asked for. A still has
some sixty regions that stand out; a thing that was never touched is one of them in one home of six."""
NO_ZONE = 0.15
PART = 0.25
CUT = 0.3
TINY_PX = 9.0
TINY = 0.3
PAIRS = 1 << 18
"""As many pairs of sightings are compared at a time."""
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
    """By where each sighting stands and what it is a part of, [n]; time grows with the pairs that lie together."""
    weights = np.ones(len(table))
    for camera in np.unique(table.rows["camera"]).tolist():
        mine = np.flatnonzero(table.rows["camera"] == camera)
        boxes = table.rows["box"][mine]
        zones = cameras[camera].zones if camera in cameras else ()
        if zones:
            weights[mine[~_in_zones(boxes, zones)]] *= NO_ZONE
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
    box = rows["box"].astype(np.float32)
    area = box[:, 2] * box[:, 3]
    taken = table.flag(TAKEN)
    found = np.zeros(len(table), bool)
    small, large = np.flatnonzero(~table.flag(PLACED)), np.flatnonzero(~table.labelled(FURNITURE))
    for one, other in _together(rows, small, large):
        common = np.ones(len(one), np.float32)
        for axis in (0, 1):
            end = np.minimum((box[:, axis] + box[:, axis + 2])[one], (box[:, axis] + box[:, axis + 2])[other])
            common *= np.maximum(end - np.maximum(box[one, axis], box[other, axis]), 0)
        sized = (area[other] > 1.3 * area[one]) & (area[other] < 15 * area[one])
        same = ~taken[one] | (rows["ended"][one] == rows["ended"][other])
        found[one[sized & same & (common > 0.85 * area[one]) & (one != other)]] = True
    return found


def _together(
    rows: Mapping[str, NDArray[Any]], small: NDArray[np.intp], large: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs of places, one of each kind, whose stays overlap in time; by parts of about `PAIRS`.

    By first time sorted, those that began before a stay ends are a beginning of the order, and those that all ended
    before it began, by the latest end so far, a beginning of that: what is left between is compared.
    """
    large = large[np.argsort(rows["first"][large], kind="stable")]
    until = np.searchsorted(rows["first"][large], rows["last"][small], side="left")
    ended = np.maximum.accumulate(rows["last"][large]) if len(large) else rows["last"][large]
    since = np.minimum(np.searchsorted(ended, rows["first"][small], side="right"), until)
    counts = until - since
    for part in np.split(np.arange(len(small)), np.flatnonzero(np.diff(np.cumsum(counts) // PAIRS)) + 1):
        each = counts[part]
        ordinal = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
        one, other = np.repeat(small[part], each), large[np.repeat(since[part], each) + ordinal]
        overlap = rows["last"][other] > rows["first"][one]
        yield one[overlap], other[overlap]


def _in_zones(boxes: NDArray[Any], zones: Sequence[Zone]) -> NDArray[np.bool_]:
    """Whether each box stands in a zone, as `place.zone_of` tells it of one."""
    x, y, w, h = boxes.astype(np.float64).T
    found = np.zeros(len(boxes), bool)
    for down in (0.85, 0.5, 1.0):
        px, py = x + w / 2, y + down * h
        for zone in zones:
            odd = np.zeros(len(boxes), bool)
            for (x1, y1), (x2, y2) in zip(zone.polygon, (*zone.polygon[1:], zone.polygon[0]), strict=True):
                if y1 != y2:
                    odd ^= ((y1 > py) != (y2 > py)) & (px < (x2 - x1) * (py - y1) / (y2 - y1) + x1)
            found |= odd
    return found
