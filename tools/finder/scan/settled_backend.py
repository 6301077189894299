"""Settled-frame changes: which parts of a fixed camera's picture have come to rest in a new look.

Each pixel keeps the look it last rested in. A pixel that looks different and stays alike for a while is settled
anew; connected settled pixels, around which nothing moves any more, are a region. So a person elsewhere, a
swinging curtain or a flickering screen does not hold up what has come to rest. The look follows the light
(`light_backend`). Most pictures show nothing new: `look` tells that in few passes over bytes, and only the part
in which something happens is worked on further. Owns no decision what a region is (see `judge_backend`) and no
exact times (see `refine_backend`).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.scan.light_backend import GRID, apply_gain, coarse, light_gain, local_gain
from tools.finder.scan.regions import Floats, IntBox, Mask, Region, Step

Picture = NDArray[np.uint8]
Part = tuple[slice, slice]

SUDDEN = 0.05
"""Mean logarithm of the gain within `LIGHT_S` from which the light changed suddenly."""
MARGIN = 20
"""Pixels of surroundings kept around a region."""
REFRESH = 4
"""Every so many quiet pictures the settled look is brought nearer to what is seen."""
WAIT_S = 1.5
"""What is not plain, or lies beside something that moves, is waited for so long, seconds at rest."""
ENTERS_S = 4.0
"""What reaches in over the edge of the picture, as feet and arms do, is waited for so long, seconds at rest."""
HOLD_S = 2.0
"""A place that is held is not asked about again for so long, seconds."""
FOLLOW_S = 0.5
"""The light is followed at most this often, seconds."""
LIGHT_S = 2.0
"""Time within which a change of light counts as sudden, seconds."""
RESTLESS_S = 20.0
"""Time in which a place is learnt to be restless, and forgotten to be, seconds."""
RESTLESS = 0.5
"""Share of the time in motion from which a place is passed over."""


class SettledModel:
    """The state of one camera's picture over time. Feed samples in order: `quiet` or else `step`.

    `settle_s` is the time after which a pixel that looks alike is settled; `min_area` the fewest pixels of a
    region; `threshold` the least difference in grey levels. Samples may be any time apart.
    """

    def __init__(self, *, settle_s: float = 0.7, min_area: int = 40, threshold: float = 9.0) -> None:
        self._settle_s, self._min_area, self._threshold = settle_s, min_area, threshold
        self._base: Floats | None = None
        self._light_at = float("-inf")
        self._time = 0.0
        self._quiet = 0
        self.noise = 1.0

    @property
    def settled(self) -> Picture:
        """The picture as it rests, BGR at the working size; not before the first sample."""
        return self._base8

    @property
    def busy(self) -> bool:
        """Whether something is different, or was never at rest, and may settle; restless places do not count."""
        if self._base is None:
            return True
        if not cv2.countNonZero(self._changed):
            return False
        return not self._nothing(self._changed)

    def quiet(self, image: Picture, time: float) -> bool:
        """Whether nothing new is to be seen; then the sample is taken. Otherwise `step` is to be called."""
        if self._base is None or self.busy:
            return False
        smooth = cv2.GaussianBlur(image, (3, 3), 0)
        if not self._nothing(self._over(smooth)):
            return False
        if self._stirred:
            self._tire(time - self._time, 3.0 * RESTLESS_S)
        self._time = time
        self._quiet += 1
        if self._quiet % REFRESH == 0:
            cv2.accumulateWeighted(smooth, self._base, 0.3)
            cv2.convertScaleAbs(self._base, dst=self._base8)
        return True

    def step(self, image: Picture, time: float) -> Step:
        """Take the next sample (BGR at the working size) at `time` seconds."""
        smooth = cv2.GaussianBlur(image, (3, 3), 0)
        if self._base is None or self._base.shape != smooth.shape:
            self._begin(smooth, time)
            return Step([], [], False)
        self._follow_light(smooth, time)
        over = self._over(smooth)
        part = self._part(over)
        if part is None:
            self._time = time
            return Step([], [], True)
        self._remember(part, smooth[part], over[part], time)
        regions = self._regions(part, time) if self._ripe[part].any() else []
        pending = self._unsettled()
        moving = self._moving(pending)
        self._time = time
        return Step(regions, moving, calm=not moving and cv2.countNonZero(pending) < 200)

    def _begin(self, smooth: Picture, time: float) -> None:
        height, width = smooth.shape[:2]
        self._base, self._base8 = smooth.astype(np.float32), smooth.copy()
        self._new = self._base.copy()
        self._known = np.zeros((height, width), np.uint8)
        self._changed = np.ones((height, width), np.uint8)
        self._restless = np.zeros((height, width), np.float32)
        self._t_match = np.full((height, width), time, np.float32)
        self._t_new = np.full((height, width), time, np.float32)
        self._held = np.zeros((height, width), np.float32)
        self._ripe = np.zeros((height, width), bool)
        self._time, self._stirred = time, False
        self._followed = time
        self._drift = np.zeros(GRID[::-1], np.float32)

    def _limit(self) -> float:
        return self._threshold + 2.5 * self.noise

    def _over(self, smooth: Picture) -> Mask:
        """1 where the picture differs from the settled look."""
        gap = cv2.absdiff(smooth, self._base8)
        sampled = gap[::8, ::8].max(axis=2)
        self.noise += 0.1 * (min(float(np.median(sampled)) * 1.2, 8.0) - self.noise)
        limit = self._limit()
        near = cv2.inRange(gap, (0, 0, 0), (limit, limit, limit))
        over: Mask = cv2.threshold(near, 0, 1, cv2.THRESH_BINARY_INV)[1]
        return over

    def _nothing(self, over: Mask) -> bool:
        """Whether no thing can be in `over`: nothing as thick as three pixels outside of restless places."""
        thick = cv2.erode(over, np.ones((3, 3), np.uint8))
        found = cv2.countNonZero(thick)
        if found and self._stirred:
            found = cv2.countNonZero(thick * (self._restless <= RESTLESS))
        return found == 0

    def _follow_light(self, smooth: Picture, time: float) -> None:
        assert self._base is not None
        if time - self._followed < FOLLOW_S:
            return
        self._followed = time
        now = coarse(smooth)
        gain = light_gain(coarse(self._base8), now)
        self._drift *= float(np.exp(-FOLLOW_S / LIGHT_S))
        if gain is not None:
            self._apply(gain)
            self._drift += np.log(gain).mean(axis=2)
            if float(np.abs(self._drift).mean()) > SUDDEN:
                self._light_at = time
        tiny = cv2.absdiff(smooth[::4, ::4], self._base8[::4, ::4]).max(axis=2)
        if float((tiny > 2 * self._threshold).mean()) > 0.3:
            self._light_at = time
            hidden = coarse(self._changed * np.uint8(255)) > 50
            self._apply(local_gain(coarse(self._base8), now, hidden))

    def _apply(self, gain: Floats) -> None:
        assert self._base is not None
        apply_gain(self._base, gain)
        apply_gain(self._new, gain)
        cv2.convertScaleAbs(self._base, dst=self._base8)

    def _part(self, over: Mask) -> Part | None:
        """The rectangle in which something is different or not yet settled, with a margin."""
        busy = cv2.erode(over, np.ones((3, 3), np.uint8)) | self._changed
        x, y, w, h = cv2.boundingRect(busy)
        if w == 0:
            return None
        pad = 2 * MARGIN
        return slice(max(0, y - pad), y + h + pad), slice(max(0, x - pad), x + w + pad)

    def _remember(self, part: Part, smooth: Picture, over: Mask, time: float) -> None:
        """How long each pixel has rested in a new look; looks and times."""
        assert self._base is not None
        base, new, known, was = self._base[part], self._new[part], self._known[part], self._changed[part]
        limit = self._limit()
        step = cv2.absdiff(smooth, cv2.convertScaleAbs(new))
        alike = (cv2.inRange(step, (0, 0, 0), (limit, limit, limit)) != 0) & (was == 1)
        changed = over | (1 - known)
        onset, goes_on = (changed > was), (changed & was).astype(bool)
        self._t_match[part][onset] = self._time
        fresh = (changed == 1) & ~(goes_on & alike)
        self._t_new[part][fresh] = time
        share = self._tire(time - self._time, RESTLESS_S)
        self._restless[part] += share * (onset | (was > changed) | (goes_on & ~alike))
        self._stirred = float(self._restless.max()) > 0.2
        mixed = cv2.addWeighted(smooth, 0.5, new, 0.5, 0.0, dtype=cv2.CV_32F)
        new[:] = smooth
        cv2.copyTo(mixed, (goes_on & alike).astype(np.uint8), new)
        mixed = cv2.addWeighted(smooth, 0.2, base, 0.8, 0.0, dtype=cv2.CV_32F)
        cv2.copyTo(mixed, 1 - changed, base)
        self._changed[part] = changed
        wait = self._wait(part)
        settled = (changed == 1) & (time - self._t_new[part] >= wait - 1e-3)
        self._know(part, settled & (known == 0), time)
        self._ripe[:] = False
        self._ripe[part] = settled & (known == 1) & (self._changed[part] == 1) & (self._held[part] <= time)
        self._base8[part] = cv2.convertScaleAbs(self._base[part])

    def _wait(self, part: Part) -> Floats | float:
        """Seconds that each pixel has to rest: longer on and beside what moves again and again, as a curtain does."""
        if not self._stirred:
            return self._settle_s
        around = cv2.dilate(self._restless[part], np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8))
        wait: Floats = self._settle_s * (1.0 + 10.0 * np.maximum(around - 0.3, 0.0))
        return wait

    def _know(self, part: Part, first: NDArray[np.bool_], time: float) -> None:
        """Take the look of pixels that rest for the first time as settled."""
        assert self._base is not None
        if first.any():
            self._base[part][first] = self._new[part][first]
            self._changed[part][first] = 0
            self._t_match[part][first] = time
            known = self._known[part]
            known[first] = 1

    def _tire(self, seconds: float, lasting_s: float) -> float:
        """Forget a part of the restlessness; returns the share that is forgotten."""
        share = 1.0 - float(np.exp(-seconds / lasting_s))
        self._restless *= 1.0 - share
        return share

    def _unsettled(self) -> Mask:
        return (self._changed & self._known) * (self._restless < RESTLESS)

    def _regions(self, part: Part, time: float) -> list[Region]:
        """Settled components around which nothing moves."""
        ripe = cv2.morphologyEx(self._ripe.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
        moving = (self._unsettled() == 1) & ~self._ripe
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ripe, connectivity=8)
        self._absorb(part, (stats[:, 4] < self._min_area)[labels[part]] & (labels[part] > 0), time)
        regions = []
        for index in (np.flatnonzero(stats[1:, 4] >= self._min_area) + 1).tolist():
            x, y, w, h = (int(value) for value in stats[index][:4])
            region = self._cut(labels, index, (x, y, w, h), time)
            region.clear = self._clear(region, moving)
            left, top, right, bottom = region.roi
            around = cv2.dilate(region.mask, np.ones((17, 17), np.uint8)) - region.mask
            if region.rest_s < (ENTERS_S if region.enters(moving.shape) else 0.0 if region.clear else WAIT_S):
                continue
            restless = cv2.countNonZero(moving[top:bottom, left:right].astype(np.uint8) & around)
            if restless > 0.1 * cv2.countNonZero(around):
                continue
            regions.append(region)
        return regions

    def _absorb(self, part: Part, specks: NDArray[np.bool_], time: float) -> None:
        """Take what is too small for a thing as settled, once it has rested for long."""
        assert self._base is not None
        settled = specks & self._ripe[part] & (time - self._t_new[part] >= WAIT_S)
        if settled.any():
            np.copyto(self._base[part], self._new[part], where=settled[:, :, None])
            self._base8[part] = cv2.convertScaleAbs(self._base[part])
            self._changed[part][settled] = 0
            self._ripe[part][settled] = False

    def _clear(self, region: Region, moving: NDArray[np.bool_]) -> bool:
        (x, y, w, h), (height, width) = region.box, moving.shape
        if x <= 1 or y <= 1 or x + w >= width - 1 or y + h >= height - 1:
            return False
        pad = max(6, round(0.2 * max(w, h)))
        near = moving[max(0, y - pad) : y + h + pad, max(0, x - pad) : x + w + pad]
        return int(np.count_nonzero(near)) <= 0.02 * near.size

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
        rest = time - float(np.percentile(self._t_new[part][inside], 90))
        return Region(box, roi, mask, before, after, t_before, t_after, self.noise, light, rest)

    def hold(self, region: Region) -> None:
        """Keep the look from before: what is there (a person standing still) is to go away again."""
        left, top, right, bottom = region.roi
        self._held[top:bottom, left:right][region.mask.astype(bool)] = self._time + HOLD_S

    def accept(self, region: Region) -> None:
        """What settled is the look from now on. Call this or `hold` for every region of a step."""
        assert self._base is not None
        left, top, right, bottom = region.roi
        part = slice(top, bottom), slice(left, right)
        grown = cv2.dilate(region.mask, np.ones((5, 5), np.uint8)).astype(bool)
        np.copyto(self._base[part], self._new[part], where=grown[:, :, None])
        self._base8[part] = cv2.convertScaleAbs(self._base[part])
        self._changed[part][grown] = 0
        self._ripe[part][grown] = False

    def _moving(self, pending: Mask) -> list[IntBox]:
        """Boxes of large parts that differ from the settled look and have not settled: people, mostly."""
        height, width = pending.shape
        small = cv2.resize(pending * 255, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
        solid = cv2.morphologyEx((small > 100).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        found, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
        least = 0.004 * solid.size
        return [(4 * int(s[0]), 4 * int(s[1]), 4 * int(s[2]), 4 * int(s[3])) for s in stats[1:found] if s[4] >= least]
