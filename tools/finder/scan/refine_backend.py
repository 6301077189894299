"""When exactly a region changed: full decoding of the seconds around it. Owns no search for regions.

A thing was placed the first time that its region looks as it does afterwards, and removed the last time that
it looks as it did before; whoever puts or takes it may hide part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.scan.regions import Region
from tools.finder.scan.video_backend import Probe, Reader

Picture = NDArray[np.uint8]

LONGEST_S = 40.0
"""At most this much is decoded for one change, seconds; of a longer wait, the end for what was placed."""
STEP_S = 0.1
"""Frames closer together than this are passed over, seconds."""


@dataclass
class Watch:
    """A region whose moment is looked for; `placed` tells which moment."""

    region: Region
    placed: bool
    start_s: float = 0.0
    end_s: float = 0.0
    moment: float = 0.0
    _first_after: float | None = field(default=None, repr=False)
    _last_before: float | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        r = self.region
        self.start_s, self.end_s = max(0.0, r.t_before - 0.3), r.t_after + 0.3
        if self.end_s - self.start_s > LONGEST_S:
            if self.placed:
                self.start_s = self.end_s - LONGEST_S
            else:
                self.end_s = self.start_s + LONGEST_S
        self.moment = r.t_after if self.placed else r.t_before
        difference = np.abs(r.after - r.before).max(axis=2)
        self._near = np.maximum(10.0 + 2.0 * r.noise, 0.4 * difference)
        self._inside = r.mask.astype(bool)

    def look(self, smooth: Picture, offset: float) -> None:
        """Take one frame (blurred, working size)."""
        if not self.start_s <= offset <= self.end_s:
            return
        left, top, right, bottom = self.region.roi
        part = smooth[top:bottom, left:right].astype(np.float32)
        to_after = np.abs(part - self.region.after).max(axis=2)
        to_before = np.abs(part - self.region.before).max(axis=2)
        if (self._inside & (to_after < self._near) & (to_after < to_before)).sum() >= 0.5 * self._inside.sum():
            self._first_after = offset if self._first_after is None else self._first_after
        elif (self._inside & (to_before < self._near) & (to_before < to_after)).sum() >= 0.5 * self._inside.sum():
            self._last_before = offset
            if self._first_after is not None and offset - self._first_after < 1.0:
                self._first_after = None

    def finish(self) -> None:
        """Set `moment` from what was seen."""
        if self.placed and self._first_after is not None:
            self.moment = self._first_after
        elif not self.placed and self._last_before is not None:
            self.moment = self._last_before


def refine(path: Path, info: Probe, watches: list[Watch]) -> None:
    """Find the moments of `watches`, decoding each second of footage at most once."""
    with Reader(path, info) as reader:
        _look(reader, watches)
    for watch in watches:
        watch.finish()


def _look(reader: Reader, watches: list[Watch]) -> None:
    ordered = sorted(watches, key=lambda watch: watch.start_s)
    while ordered:
        group = [ordered.pop(0)]
        end = group[0].end_s
        while ordered and ordered[0].start_s <= end + 1.0:
            group.append(ordered.pop(0))
            end = max(end, group[-1].end_s)
        for sample in reader.span(group[0].start_s, end, STEP_S):
            smooth = cv2.GaussianBlur(sample.image, (3, 3), 0)
            for watch in group:
                watch.look(smooth, sample.offset)
