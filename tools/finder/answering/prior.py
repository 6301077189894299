"""How likely a sighting is a thing that somebody asks for, before anything is known of its looks.

People ask for things that are handled and that stand on surfaces. Regions that stick out of a still are mostly parts
of furniture; so what was put down or taken weighs more, and where the owner drew zones (the surfaces), what stands in
none of them weighs less. The figures are odds by reasoning, not fitted to footage. Owns no looks.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.place import zone_of
from tools.finder.records import Box, Camera, Sighting

HANDLED, COVERED, DETECTED, LYING = 4.0, 2.5, 1.0, 0.6
"""Weights of what was placed or removed; of what was covered; of what a detector names; of any other region."""
NO_ZONE = 0.15
PART = 0.25
CUT = 0.3
TINY_PX = 9.0
TINY = 0.3
FURNITURE = frozenset(
    {"chair", "couch", "bed", "dining table", "bench", "refrigerator", "tv", "sink", "oven", "toilet", "person"}
)


def priors(
    seen: Sequence[Sighting],
    cameras: Mapping[int, Camera],
    sizes: Mapping[int, tuple[int, int]],
    covers: Container[int] = (),
) -> NDArray[np.float64]:
    """A weight for each sighting, [n]. `covers`: ids of the changes by which something was covered."""
    return np.array([_base(one, covers) * _standing(one, seen, cameras, sizes, covers) for one in seen])


def _base(one: Sighting, covers: Container[int]) -> float:
    """By what happened to it."""
    if one.placed_by is not None or (one.ended_by is not None and one.ended_by not in covers):
        return HANDLED
    if one.ended_by is not None:
        return COVERED
    return DETECTED if one.origin == "detector" else LYING


def _standing(
    one: Sighting,
    seen: Sequence[Sighting],
    cameras: Mapping[int, Camera],
    sizes: Mapping[int, tuple[int, int]],
    covers: Container[int],
) -> float:
    """By where it stands and what it is a part of."""
    weight = 1.0
    if one.origin == "detector" and (one.label or "") in FURNITURE:
        weight *= 0.2
    camera = cameras.get(one.camera_id)
    if camera is not None and camera.zones and zone_of(one.box, camera.zones) is None:
        weight *= NO_ZONE
    if _cut(one.box, sizes.get(one.camera_id)):
        weight *= CUT
    if max(one.box[2:]) < TINY_PX:
        weight *= TINY
    if one.placed_by is None and any(_is_part(one, other, covers) for other in seen):
        weight *= PART
    return weight


def _cut(box: Box, size: tuple[int, int] | None) -> bool:
    """Whether the picture's edge cuts the box: of a thing outside, only a part is seen."""
    if size is None:
        return False
    x, y, w, h = box
    return x <= 1 or y <= 1 or x + w >= size[0] - 1 or y + h >= size[1] - 1


def _is_part(one: Sighting, other: Sighting, covers: Container[int]) -> bool:
    """Whether a box lies within a larger thing, not a piece of furniture, and was not taken away from it."""
    if one.ended_by not in (None, other.ended_by) and one.ended_by not in covers:
        return False
    if one.id == other.id or one.camera_id != other.camera_id or (other.label or "") in FURNITURE:
        return False
    together = one.first_seen < other.last_seen and other.first_seen < one.last_seen
    area, whole = one.box[2] * one.box[3], other.box[2] * other.box[3]
    if not together or not 1.3 * area < whole < 15 * area:
        return False
    width = min(one.box[0] + one.box[2], other.box[0] + other.box[2]) - max(one.box[0], other.box[0])
    height = min(one.box[1] + one.box[3], other.box[1] + other.box[3]) - max(one.box[1], other.box[1])
    return max(0.0, width) * max(0.0, height) > 0.85 * area
