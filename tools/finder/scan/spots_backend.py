"""Crops and pictures of what a scan found, and whether a spot looks as it did at rest. Owns no decision what it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.appearance_types import CROP_PX, margin_box
from tools.finder.records import Box
from tools.finder.scan.judge_backend import alone
from tools.finder.scan.people_backend import overlap
from tools.finder.scan.regions import IntBox, Region

Picture = NDArray[np.uint8]
SAME = 0.8
"""Share of a region's pixels that must be nearer to the old look than to the one between for it to be as it was."""

APART_S, KEPT = 4.0, 12
"""Rests this far apart, seconds, are kept, so many of them: few people stand still for longer than all of them."""


@dataclass
class _Rest:
    """A picture at rest, its time (seconds), and where something was placed or removed since."""

    time: float
    picture: Picture
    changed: list[IntBox] = field(default_factory=list)


class LastRests:
    """The last pictures in which nothing moved, and where something was placed or removed since.

    Parts of a person who stands still settle like things do, and while they stand the picture may be at rest. When the
    person goes, the ground comes back: that is no thing which was taken away, since it was not there at a rest before.
    """

    def __init__(self) -> None:
        self._rests: list[_Rest] = []

    def begin(self, picture: Picture, time: float) -> None:
        """Take a picture (BGR, working size) at rest, at `time` seconds."""
        if len(self._rests) > 1 and self._rests[-1].time - self._rests[-2].time < APART_S:
            self._rests.pop()
        self._rests = [*self._rests[-KEPT + 1 :], _Rest(time, picture)]

    def note(self, box: IntBox) -> None:
        """Something was placed or removed there."""
        for rest in self._rests:
            rest.changed.append(box)

    def back(self, region: Region) -> bool:
        """Whether a region looks after its change as it did at one of the rests, and nothing happened there since."""
        return any(_is_back(region, rest) for rest in reversed(self._rests))


def _is_back(region: Region, rest: _Rest) -> bool:
    if any(_near(region.box, box) for box in rest.changed):
        return False
    left, top, right, bottom = region.roi
    inside = region.mask.astype(bool)
    old: NDArray[Any] = cv2.GaussianBlur(rest.picture[top:bottom, left:right], (3, 3), 0).astype(np.float32)
    around = cv2.dilate(region.mask, np.ones((5, 5), np.uint8)) == 0
    if old.shape != region.after.shape or not inside.any():
        return False
    if around.any():
        old = old * np.clip(np.median((region.after[around] + 4.0) / (old[around] + 4.0), axis=0), 0.3, 3.0)
    to_after = np.abs(old - region.after).max(axis=2)[inside]
    to_before = np.abs(old - region.before).max(axis=2)[inside]
    return bool((to_after < to_before).mean() >= SAME)


def _near(box: IntBox, other: IntBox) -> bool:
    return max(overlap(box, other), overlap(other, box)) > 0.2


def cut_out(region: Region, image: Picture, box: Box) -> bytes:
    """JPEG of the thing in `box` (of `image`, working size) with its margin, at most `CROP_PX` on its longer side.

    It stands alone on the colour of the ground around it, as in a photo: shadows and neighbours say nothing of it.
    """
    solid, thing = alone(region)
    inside = solid.astype(np.uint8)
    around = cv2.dilate(region.mask, np.ones((13, 13), np.uint8)) - cv2.dilate(region.mask, np.ones((3, 3), np.uint8))
    whole = np.empty_like(image)
    whole[:] = np.median(thing[around == 1], axis=0) if around.any() else np.median(image, axis=(0, 1))
    left, top, right, bottom = region.roi
    soft = cv2.GaussianBlur(inside.astype(np.float32), (3, 3), 0)[:, :, None]
    ground = whole[top:bottom, left:right]
    whole[top:bottom, left:right] = np.clip(soft * thing + (1 - soft) * ground + 0.5, 0, 255).astype(np.uint8)
    left, top, right, bottom = margin_box(box, image.shape[1], image.shape[0])
    part = whole[top:bottom, left:right]
    scale = CROP_PX / max(part.shape[:2])
    if scale < 1.0:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return jpeg(part, 92, whole_colour=True)


def with_before(region: Region, image: Picture) -> Picture:
    """The picture now, with the region as it looked before."""
    whole = image.copy()
    left, top, right, bottom = region.roi
    whole[top:bottom, left:right] = np.clip(region.before, 0, 255).astype(np.uint8)
    return whole


def jpeg(image: Picture, quality: int, whole_colour: bool = False) -> bytes:
    """JPEG bytes of a picture; `whole_colour`: each pixel keeps its own, since a small thing has none to lose."""
    how = [cv2.IMWRITE_JPEG_QUALITY, quality]
    if whole_colour:
        how += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, data = cv2.imencode(".jpg", image, how)
    return bytes(data)
