"""Settled-frame changes: which parts of a fixed camera's picture have come to rest in a new look.

Each pixel keeps the look it last rested in. A pixel that looks different and stays alike over several samples
is settled anew; connected settled pixels, around which nothing moves any more, are a region. So a person
elsewhere, a swinging curtain or a flickering screen does not hold up what has come to rest. The look follows
the light (`light_backend`). Owns no decision what a region is (see `judge_backend`) and no exact times (see
`refine_backend`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.scan.light_backend import apply_gain, light_gain, local_gain

Mask = NDArray[np.uint8]
Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
IntBox = tuple[int, int, int, int]

SUDDEN = 0.05
"""Mean logarithm of the gain between two samples from which the light changed suddenly."""
MARGIN = 20
"""Pixels of surroundings kept around a region."""


@dataclass
class Region:
    """A part that settled anew. `box` (x, y, w, h) and `roi` (left, top, right, bottom) are working pixels.

    `before` and `after` are the looks of the roi in the same light, `mask` (0 or 1) what differs in it. It
    looked as before until `t_before` at least, and as after from `t_after` on (seconds from the first frame).
    """

    box: IntBox
    roi: IntBox
    mask: Mask = field(repr=False)
    before: Floats = field(repr=False)
    after: Floats = field(repr=False)
    t_before: float
    t_after: float
    noise: float
    light_changed: bool = False
    """Whether the light of the picture changed suddenly meanwhile."""


@dataclass
class Step:
    """What one sample told: settled `regions`, the `moving` parts (boxes) and whether all is `calm`."""

    regions: list[Region]
    moving: list[IntBox]
    calm: bool


class SettledModel:
    """The state of one camera's picture over time. Feed samples in order to `step`.

    `settle` is the number of alike samples after which a pixel is settled; `min_area` the fewest pixels of a
    region.
    """

    def __init__(self, *, settle: int = 2, min_area: int = 24, threshold: float = 9.0) -> None:
        self._settle, self._min_area, self._threshold = settle, min_area, threshold
        self._base: Floats | None = None
        self._light_at = float("-inf")
        self.noise = 1.0

    def step(self, image: Picture, time: float) -> Step:
        """Take the next sample (BGR at the working size) at `time` seconds."""
        smooth = cv2.GaussianBlur(image, (3, 3), 0)
        if self._base is None or self._base.shape != smooth.shape:
            self._begin(smooth, time)
            return Step([], [], False)
        self._follow_light(smooth, time)
        different, alike = self._compare(smooth)
        self._remember(smooth, different, alike, time)
        regions = self._regions(time) if self._ripe.any() else []
        moving = self._moving(different)
        return Step(regions, moving, calm=not moving and cv2.countNonZero(self._pending(different)) < 200)

    def _begin(self, smooth: Picture, time: float) -> None:
        height, width = smooth.shape[:2]
        self._base = smooth.astype(np.float32)
        self._new = self._base.copy()
        self._known = np.zeros((height, width), np.uint8)
        self._count = np.ones((height, width), np.uint8)
        self._restless = np.zeros((height, width), np.float32)
        self._t_match = np.full((height, width), time, np.float32)
        self._t_new = np.full((height, width), time, np.float32)
        self._ripe = np.zeros((height, width), bool)
        self._waited = 0

    def _follow_light(self, smooth: Picture, time: float) -> None:
        assert self._base is not None
        gain = light_gain(self._base, smooth)
        if gain is not None:
            apply_gain(self._base, gain)
            apply_gain(self._new, gain)
            if float(np.abs(np.log(gain)).mean()) > SUDDEN:
                self._light_at = time
        far = _distance(smooth, self._base) > 2 * self._threshold
        if far.mean() > 0.3:
            self._light_at = time
            gain = local_gain(self._base, smooth)
            apply_gain(self._base, gain)
            apply_gain(self._new, gain)

    def _compare(self, smooth: Picture) -> tuple[Mask, Mask]:
        assert self._base is not None
        step = _distance(smooth, self._new)
        sampled = step[::4, ::4]
        self.noise += 0.2 * (min(float(np.median(sampled)) * 1.2, 8.0) - self.noise)
        limit = self._threshold + 2.5 * self.noise
        different = (_distance(smooth, self._base) > limit).astype(np.uint8)
        alike = (step <= limit).astype(np.uint8)
        cv2.accumulateWeighted((1 - alike).astype(np.float32), self._restless, 0.1)
        return different, alike

    def _remember(self, smooth: Picture, different: Mask, alike: Mask, time: float) -> None:
        """Count how long each pixel has rested in a new look; keep looks and times."""
        assert self._base is not None
        now = smooth.astype(np.float32)
        cv2.accumulateWeighted(smooth, self._new, 0.5, mask=alike)
        cv2.copyTo(now, 1 - alike, self._new)
        first = 1 - self._known
        changed = different | first
        self._count = (cv2.add(self._count, 1) * alike + (1 - alike)) * changed
        np.minimum(self._count, 250, out=self._count)
        np.putmask(self._t_new, self._count <= 1, time)
        np.putmask(self._t_match, changed == 0, time)
        cv2.accumulateWeighted(smooth, self._base, 0.2, mask=1 - changed)
        self._ripe = np.zeros(different.shape, bool)
        if not cv2.countNonZero(changed):
            return
        settled = self._count >= self._settle + 6.0 * np.maximum(self._restless - 0.3, 0.0)
        fresh = settled & (first == 1)
        if fresh.any():
            cv2.copyTo(self._new, fresh.astype(np.uint8), self._base)
            self._known[fresh] = 1
            self._count[fresh] = 0
            self._t_match[fresh] = time
        self._ripe = settled & (first == 0)

    def _pending(self, different: Mask) -> Mask:
        pending: Mask = ((different == 1) & (self._known == 1) & (self._restless < 0.5)).astype(np.uint8)
        return pending

    def _regions(self, time: float) -> list[Region]:
        """Settled components around which nothing moves."""
        ripe = cv2.morphologyEx(self._ripe.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
        unsettled = (self._count >= 1) & (self._count <= 2) & ~self._ripe
        moving = (unsettled & (self._known == 1) & (self._restless < 0.5)).astype(np.uint8)
        found, labels, stats, _ = cv2.connectedComponentsWithStats(ripe, connectivity=8)
        regions = []
        for index in range(1, found):
            x, y, w, h, area = (int(value) for value in stats[index])
            if area < self._min_area:
                continue
            region = self._cut(labels, index, (x, y, w, h), time)
            left, top, right, bottom = region.roi
            around = cv2.dilate(region.mask, np.ones((17, 17), np.uint8)) - region.mask
            restless = cv2.countNonZero(moving[top:bottom, left:right] & around)
            if restless > 0.1 * cv2.countNonZero(around):
                continue
            regions.append(region)
        return regions

    def _cut(self, labels: NDArray[np.int32], index: int, box: IntBox, time: float) -> Region:
        assert self._base is not None
        x, y, w, h = box
        height, width = labels.shape
        left, top = max(0, x - MARGIN), max(0, y - MARGIN)
        right, bottom = min(width, x + w + MARGIN), min(height, y + h + MARGIN)
        part = slice(top, bottom), slice(left, right)
        mask = (labels[part] == index).astype(np.uint8)
        inside = (mask == 1) & self._ripe[part]
        t_before = float(np.median(self._t_match[part][inside]))
        t_after = max(t_before, float(np.median(self._t_new[part][inside])))
        before, after = self._base[part].copy(), self._new[part].copy()
        roi, light = (left, top, right, bottom), t_before <= self._light_at <= time
        return Region(box, roi, mask, before, after, t_before, t_after, self.noise, light)

    def hold(self, region: Region) -> None:
        """Keep the look from before: what is there (a person standing still) is to go away again."""
        left, top, right, bottom = region.roi
        self._count[top:bottom, left:right][region.mask.astype(bool)] = 1

    def accept(self, region: Region) -> None:
        """What settled is the look from now on. Call this or `hold` for every region of a step."""
        assert self._base is not None
        left, top, right, bottom = region.roi
        part = slice(top, bottom), slice(left, right)
        grown = cv2.dilate(region.mask, np.ones((5, 5), np.uint8)).astype(bool)
        np.copyto(self._base[part], self._new[part], where=grown[:, :, None])
        self._count[part][grown] = 0
        self._ripe[part][grown] = False

    def _moving(self, different: Mask) -> list[IntBox]:
        """Boxes of large parts that differ from the settled look and have not settled: people, mostly."""
        pending = self._pending(different)
        height, width = pending.shape
        small = cv2.resize(pending * 255, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
        solid = cv2.morphologyEx((small > 100).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        found, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
        least = 0.004 * solid.size
        return [(4 * int(s[0]), 4 * int(s[1]), 4 * int(s[2]), 4 * int(s[3])) for s in stats[1:found] if s[4] >= least]


def _distance(image: Picture, other: Floats) -> Mask:
    """The largest difference of the three colours, for each pixel, 0 to 255."""
    parts = cv2.split(cv2.absdiff(image, cv2.convertScaleAbs(other)))
    largest: Mask = cv2.max(cv2.max(parts[0], parts[1]), parts[2])
    return largest
