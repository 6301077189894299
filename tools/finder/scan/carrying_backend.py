"""Follows a thing in the hand of whoever takes it: where and when it was seen last. Owns no changes and no people.

From the moment a thing leaves its spot, its colours are looked for in what differs from the settled picture, near where
they were a moment ago. A colour counts by how much more of it the thing has than its surroundings have now (ratio
histogram: Swain and Ballard 1991, "Color Indexing"), so that a sleeve in nearly the same colour draws the box away
less; the box is set where most of them lie together, in steps of a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.scan.regions import IntBox, Region
from tools.finder.scan.video_backend import Sample

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]

LONGEST_S = 6.0
"""A thing is followed for at most so long, seconds."""
LOST_S = 1.0
"""A thing not seen for so long is lost, seconds."""
BINS = (8, 16, 16)
"""Of a colour histogram in CIELAB: lightness, a and b."""
SPEED = 0.5
"""A hand moves at most so many widths of the picture in a second."""
DIFFERS = 14
"""Grey levels by which the picture differs from the settled one where something moves."""
LEAST = 0.2
"""Share of the thing's pixels that must be seen in a box for it to be there: a hand hides most of a small thing."""
FALLS = 0.5
"""What is seen of it at once is at least this share of what was seen lately."""
LEAVES = 0.7
"""A thing of which less than this share is within the picture is on its way out of it."""
SHADINGS = (0.45, 0.65, 1.0, 1.25)
"""Factors on a thing's colours: lifted and turned, it stands in another light."""
INSIDE = 0.4
"""Share of a box that must lie within the picture."""


@dataclass(frozen=True)
class Thing:
    """What is followed: how many pixels of each colour it has, and its `box`, in working pixels."""

    colours: Floats = field(repr=False)
    box: Box
    pixels: int

    @classmethod
    def of(cls, region: Region, box: IntBox) -> Thing:
        """What a region shows before it changed, as far as it lies in `box` (working pixels)."""
        left, top = region.roi[:2]
        mask = np.zeros_like(region.mask)
        part = (slice(box[1] - top, box[1] - top + box[3]), slice(box[0] - left, box[0] - left + box[2]))
        mask[part] = region.mask[part]
        if not mask.any():
            mask = region.mask
        before = region.before
        looks = [_codes(np.clip(before * factor, 0, 255).astype(np.uint8)) for factor in SHADINGS]
        colours = np.max([_histogram(codes[mask.astype(bool)]) for codes in looks], 0)
        return cls(np.asarray(colours, np.float32), (box[0], box[1], box[2], box[3]), int(mask.sum()))


@dataclass
class _Trail:
    """Where the thing was a moment ago: `at`, the last `sample` that shows it, and how much of it is usually seen."""

    at: Box
    began: float
    seen: float
    sample: Sample | None = None
    usual: float = 0.0

    def lost(self, offset: float) -> bool:
        return offset - self.seen > LOST_S or offset - self.began > LONGEST_S

    def take(self, sample: Sample, box: Box, share: float) -> None:
        """Go on there, where enough of the thing is seen."""
        if share >= max(LEAST, FALLS * self.usual):
            self.usual = 0.8 * self.usual + 0.2 * share if self.sample is not None else share
            self.at, self.sample, self.seen = box, sample, sample.offset


def follow(samples: Iterable[Sample], thing: Thing, ground: Picture) -> tuple[Sample, Box] | None:
    """The last sample that shows the thing in a hand, and where in it; None: it was lost before it left its place.

    `samples` begin when it is taken; `ground` is the settled picture without it, of their size.
    """
    trail: _Trail | None = None
    for sample in samples:
        if trail is None:
            trail = _Trail(thing.box, sample.offset, sample.offset)
        if trail.lost(sample.offset) or _leaves(trail.at, thing.box):
            break
        found = _locate(sample.image, ground, thing, trail.at, sample.offset - trail.seen)
        if found is not None:
            trail.take(sample, *found)
    if trail is None or trail.sample is None or not _away(trail.at, thing.box):
        return None
    return trail.sample, trail.at


def _leaves(box: Box, whole: Box) -> bool:
    """Whether the edge of the picture cuts much of a box: behind it, what is alike would be taken for the thing."""
    return box[2] * box[3] < LEAVES * whole[2] * whole[3]


def _away(box: Box, rest: Box) -> bool:
    """Whether a box lies clearly elsewhere than where the thing rested."""
    gap = np.hypot(box[0] + box[2] / 2 - rest[0] - rest[2] / 2, box[1] + box[3] / 2 - rest[1] - rest[3] / 2)
    return bool(gap > 0.75 * max(rest[2], rest[3]))


def _locate(picture: Picture, ground: Picture, thing: Thing, at: Box, since: float) -> tuple[Box, float] | None:
    """The box with most of the thing's colours near `at`, clipped to the picture, and the share of them in it."""
    height, width = picture.shape[:2]
    w, h = int(thing.box[2]), int(thing.box[3])
    reach = SPEED * width * max(since, 0.1) + 0.3 * max(w, h)
    x, y = at[0] + at[2] / 2, at[1] + at[3] / 2
    left, top = max(0, int(x - w / 2 - reach)), max(0, int(y - h / 2 - reach))
    right, bottom = min(width, int(x + w / 2 + reach)), min(height, int(y + h / 2 + reach))
    part = picture[top:bottom, left:right]
    if min(part.shape[:2]) < 3:
        return None
    moving = _differs(part, ground[top:bottom, left:right])
    codes = _codes(part)
    likely = np.minimum(1.0, thing.colours / np.maximum(_histogram(codes[moving]), 1.0))[codes] * moving
    likely = np.pad(likely.astype(np.float32), ((h, h), (w, w)))
    sums = cv2.boxFilter(likely, -1, (w, h), normalize=False, borderType=cv2.BORDER_CONSTANT)
    rows = np.arange(sums.shape[0])[:, None] - h + top
    columns = np.arange(sums.shape[1])[None, :] - w + left
    inside = _within(rows, h, height) * _within(columns, w, width)
    away = np.hypot(rows - y, columns - x) / max(reach, 1.0)
    score = sums / thing.pixels / np.sqrt(np.maximum(inside, INSIDE)) * (inside >= INSIDE)
    score = score * (1.0 - 0.3 * np.minimum(away, 1.0) ** 2)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    share = float(score[row, column])
    cx, cy = float(column) - w + left, float(row) - h + top
    x0, y0 = max(0.0, cx - w / 2), max(0.0, cy - h / 2)
    return (x0, y0, min(float(width), cx + w / 2) - x0, min(float(height), cy + h / 2) - y0), share


def _differs(part: Picture, ground: Picture) -> NDArray[np.bool_]:
    """Where something stands before the settled picture: not where that is only darker by one factor, as in shadow."""
    ratio = (part.astype(np.float32) + 4.0) / (ground.astype(np.float32) + 4.0)
    low, high = ratio.min(axis=2), ratio.max(axis=2)
    shadow = (low > 0.35) & (high < 1.05) & (high - low < 0.1)
    return np.asarray((cv2.absdiff(part, ground).max(axis=2) > DIFFERS) & ~shadow)


def _within(middle: NDArray[np.intp], size: int, length: int) -> NDArray[np.float64]:
    """The share of an interval of `size` about each of `middle` that lies in 0 to `length`."""
    low, high = np.maximum(middle - size / 2, 0), np.minimum(middle + size / 2, length)
    return np.asarray(np.maximum(high - low, 0) / size)


def _codes(bgr: Picture) -> NDArray[np.int32]:
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB).astype(np.int32)
    a, b = np.clip((lab[..., 1] - 64) // 8, 0, 15), np.clip((lab[..., 2] - 64) // 8, 0, 15)
    return np.asarray((lab[..., 0] // 32 * BINS[1] + a) * BINS[2] + b)


def _histogram(codes: NDArray[np.int32]) -> Floats:
    """How many pixels have each colour, a little smoothed over its neighbours."""
    counts = np.bincount(codes.reshape(-1), minlength=BINS[0] * BINS[1] * BINS[2]).reshape(BINS).astype(np.float32)
    for axis in range(3):
        moved = np.pad(counts, [(1, 1) if i == axis else (0, 0) for i in range(3)])
        low, high = np.take(moved, range(BINS[axis]), axis), np.take(moved, range(2, BINS[axis] + 2), axis)
        counts = 0.5 * counts + 0.25 * (low + high)
    return counts.reshape(-1)
