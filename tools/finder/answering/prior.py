"""How likely a sighting is a thing that somebody asks for, before anything is known of its looks.

People ask for things that are handled and that stand on surfaces. Regions that stick out of a still are mostly parts
of furniture; so what was put down or taken weighs more, and where the owner drew zones (the surfaces), what stands in
none of them weighs less. The figures are odds by reasoning, not fitted to footage. Owns no looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.facts import COVERED, DETECTOR, PLACED, TAKEN, Table
from tools.finder.answering.within import FURNITURE
from tools.finder.records import Camera, Zone

Weights = NDArray[np.float64]
PLACED_THERE, TAKEN_AWAY, COVERED_BY, DETECTED, LYING = 4.0, 1.6, 1.6, 0.2, 0.1
"""Weights of what was placed; of what was taken and never seen to be placed; of what was covered; of what a detector
names; of any other region.

In the generated homes about two in five of the first are things that are asked for, one in six of the second, and one
in a hundred of the last."""
NO_ZONE = 0.15
PART = 0.25
CUT = 0.3
TINY_PX = 9.0
TINY = 0.3


def handled(table: Table) -> Weights:
    """By what happened to each sighting, [n]."""
    weights = np.where(table.flag(DETECTOR), DETECTED, LYING)
    weights = np.where(table.flag(COVERED), COVERED_BY, weights)
    weights = np.where(table.flag(TAKEN), TAKEN_AWAY, weights)
    weights = np.where(table.flag(PLACED), PLACED_THERE, weights)
    furniture = table.flag(DETECTOR) & table.labelled(FURNITURE)
    tiny = table.rows["box"][:, 2:].max(1) < TINY_PX
    return np.asarray(weights * np.where(furniture, 0.2, 1.0) * np.where(tiny, TINY, 1.0))


def standing(table: Table, cameras: Mapping[int, Camera], sizes: Mapping[int, tuple[int, int]]) -> Weights:
    """By where each sighting stands and what it is a part of, [n]."""
    weights = np.ones(len(table))
    for camera in np.unique(table.rows["camera"]).tolist():
        mine = np.flatnonzero(table.rows["camera"] == camera)
        boxes = table.rows["box"][mine]
        zones = cameras[camera].zones if camera in cameras else ()
        if zones:
            weights[mine[~_in_zones(boxes, zones)]] *= NO_ZONE
        if camera in sizes:
            weights[mine[_cut(boxes, sizes[camera])]] *= CUT
    return np.asarray(np.where(table.rows["within"], PART * weights, weights))


def _cut(boxes: NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether the picture's edge cuts a box: of a thing outside, only a part is seen."""
    x, y, w, h = boxes.T
    return np.asarray((x <= 1) | (y <= 1) | (x + w >= size[0] - 1) | (y + h >= size[1] - 1))


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
