"""What was put down or taken behind something that stood there for a while: a person whom nobody knew for one, a bag.

What stands still for a second is the settled look, and when it goes away the whole of it goes back at once, with the
thing that a hand put there meanwhile. So what stood is remembered with the look before it, and where it goes away, that
look is compared with the one now: what differs is a region of its own. Owns no decision what a region is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.scan.regions import Floats, IntBox, Mask, Region

KEPT = 6
"""Of so many that stood last the look before is kept."""
LONGEST_S = 60.0
"""What stood longer than this has become a part of the place: what it hid is told when it is uncovered."""
GONE = 0.6
"""Share of what stood that goes away at once when it is the same that goes."""
THRESHOLD = 9.0
"""Grey levels by which a place differs from how it looked before, beside noise: as in `settled_backend`."""
LARGEST = 0.5
"""Share of what stood that a thing behind it takes at most: what is larger is the same thing in another pose."""
JOIN_PX = 7


Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class _Stood:
    """What is kept of a region: where it was, and how the place looked before, with the still that shows it."""

    roi: IntBox
    mask: Mask
    before: Picture
    t_before: float
    light_changed: bool
    still: int


class Behind:
    """What stood on one camera of late."""

    def __init__(self) -> None:
        self._stood: list[_Stood] = []

    def note(self, region: Region, still: int) -> None:
        """A region has come to rest in a new look; `still` shows the place before."""
        before = np.asarray(np.clip(region.before + 0.5, 0, 255), np.uint8)
        one = _Stood(region.roi, region.mask, before, region.t_before, region.light_changed, still)
        self._stood = [*self._stood[-KEPT + 1 :], one]

    def shown(self, region: Region, least_px: int) -> list[tuple[Region, int]]:
        """What differs behind what goes away with `region` from how it was before that came, each with the still of
        then. Parts of fewer than `least_px` pixels are noise."""
        found: list[tuple[Region, int]] = []
        for stood in [one for one in self._stood if _goes(one, region)]:
            self._stood.remove(stood)
            found += [(part, stood.still) for part in _differing(stood, region, least_px)]
        return found


def _common(one: IntBox, other: IntBox) -> IntBox | None:
    """What two rectangles (left, top, right, bottom) have in common."""
    left, top, right, bottom = (*map(max, one[:2], other[:2]), *map(min, one[2:], other[2:]))
    return (left, top, right, bottom) if right > left and bottom > top else None


def _part(picture: NDArray[Any], roi: IntBox, common: IntBox) -> NDArray[Any]:
    left, top = roi[:2]
    return picture[common[1] - top : common[3] - top, common[0] - left : common[2] - left]


def _goes(stood: _Stood, region: Region) -> bool:
    """Whether most of what stood goes away with a region, soon enough."""
    common = _common(stood.roi, region.roi)
    if common is None or region.t_after - stood.t_before > LONGEST_S:
        return False
    both = _part(stood.mask, stood.roi, common) & _part(region.mask, region.roi, common)
    return cv2.countNonZero(both) >= GONE * cv2.countNonZero(stood.mask)


def _differing(stood: _Stood, region: Region, least_px: int) -> list[Region]:
    roi = _common(stood.roi, region.roi)
    assert roi is not None
    old = np.asarray(_part(stood.before, stood.roi, roi), np.float32)
    now = np.asarray(_part(region.after, region.roi, roi), np.float32)
    hidden = np.ascontiguousarray(_part(stood.mask, stood.roi, roi))
    gap = np.abs(_as_lit(old, now) - now).max(axis=2)
    differs = (gap > THRESHOLD + 2.5 * region.noise).astype(np.uint8)
    differs = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    differs = cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((JOIN_PX, JOIN_PX), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(differs, connectivity=8)
    largest, light = LARGEST * cv2.countNonZero(stood.mask), stood.light_changed or region.light_changed
    found = []
    for index in (np.flatnonzero(stats[1:, 4] >= least_px) + 1).tolist():
        mask = (labels == index).astype(np.uint8)
        x, y, w, h, area = (int(value) for value in stats[index])
        if cv2.countNonZero(mask & hidden) < 0.5 * area or area > largest:
            continue
        box, looks = (roi[0] + x, roi[1] + y, w, h), (mask, old, now)
        times = (stood.t_before, region.t_after)
        found.append(Region(box, roi, *looks, *times, region.noise, light, region.rest_s, region.clear))
    return found


def _as_lit(old: Floats, now: Floats) -> Floats:
    """The old look in the light of now: most of the place is as it was."""
    ratio = np.median((now + 4.0) / (old + 4.0), axis=(0, 1))
    return np.asarray(old * np.clip(ratio, 0.3, 3.0), np.float32)
