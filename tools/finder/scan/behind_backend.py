"""What was put down or taken behind something that stood there for a while: a person whom nobody knew for one, a bag.

What stands still for a second is the settled look, and when it goes away the whole of it goes back at once, with the
thing that a hand put there meanwhile. So what stood is remembered with the look before it, and where it goes away, that
look is compared with the one now: what differs is a region of its own. Owns no decision what a region is.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Stood:
    region: Region
    still: int
    """Position of the still that shows the place before."""


class Behind:
    """What stood on one camera of late."""

    def __init__(self) -> None:
        self._stood: list[_Stood] = []

    def note(self, region: Region, still: int) -> None:
        """A region has come to rest in a new look; `still` shows the place before."""
        self._stood = [*self._stood[-KEPT + 1 :], _Stood(region, still)]

    def shown(self, region: Region, least_px: int) -> list[tuple[Region, int]]:
        """What differs behind what goes away with `region` from how it was before that came, each with the still of
        then. Parts of fewer than `least_px` pixels are noise."""
        found: list[tuple[Region, int]] = []
        for stood in [one for one in self._stood if _goes(one.region, region)]:
            self._stood.remove(stood)
            found += [(part, stood.still) for part in _differing(stood.region, region, least_px)]
        return found


def _common(one: IntBox, other: IntBox) -> IntBox | None:
    """What two rectangles (left, top, right, bottom) have in common."""
    left, top, right, bottom = (*map(max, one[:2], other[:2]), *map(min, one[2:], other[2:]))
    return (left, top, right, bottom) if right > left and bottom > top else None


def _part(picture: NDArray[np.generic], roi: IntBox, common: IntBox) -> NDArray[np.generic]:
    left, top = roi[:2]
    return picture[common[1] - top : common[3] - top, common[0] - left : common[2] - left]


def _goes(stood: Region, region: Region) -> bool:
    """Whether most of what stood goes away with a region, soon enough."""
    common = _common(stood.roi, region.roi)
    if common is None or region.t_after - stood.t_before > LONGEST_S:
        return False
    both = _part(stood.mask, stood.roi, common).astype(bool) & _part(region.mask, region.roi, common).astype(bool)
    return int(both.sum()) >= GONE * int(stood.mask.sum())


def _differing(stood: Region, region: Region, least_px: int) -> list[Region]:
    common = _common(stood.roi, region.roi)
    assert common is not None
    old, now = (np.asarray(_part(look, r.roi, common), np.float32) for look, r in (
        (stood.before, stood), (region.after, region)))  # fmt: skip
    hidden = np.asarray(_part(stood.mask, stood.roi, common), np.uint8)
    gap = np.abs(_as_lit(old, now) - now).max(axis=2)
    differs = (gap > THRESHOLD + 2.5 * region.noise).astype(np.uint8)
    differs = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    differs = cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((JOIN_PX, JOIN_PX), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(differs, connectivity=8)
    found = []
    for index in (np.flatnonzero(stats[1:, 4] >= least_px) + 1).tolist():
        mask = (labels == index).astype(np.uint8)
        x, y, w, h, area = (int(value) for value in stats[index])
        if cv2.countNonZero(mask & hidden) >= 0.5 * area and area <= LARGEST * int(stood.mask.sum()):
            box = (common[0] + x, common[1] + y, w, h)
            found.append(_region(stood, region, common, box, mask, old, now))
    return found


def _as_lit(old: Floats, now: Floats) -> Floats:
    """The old look in the light of now: most of the place is as it was."""
    ratio = np.median((now + 4.0) / (old + 4.0), axis=(0, 1))
    return np.asarray(old * np.clip(ratio, 0.3, 3.0), np.float32)


def _region(stood: Region, region: Region, roi: IntBox, box: IntBox, mask: Mask, old: Floats, now: Floats) -> Region:
    light = stood.light_changed or region.light_changed
    return Region(
        box, roi, mask, old.copy(), now.copy(), stood.t_before, region.t_after, region.noise, light,
        region.rest_s, region.clear,
    )  # fmt: skip
