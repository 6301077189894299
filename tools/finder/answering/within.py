"""Which sightings lie within larger ones that were there at the same time: parts of things, mostly. Owns no weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

FURNITURE = frozenset(
    {"chair", "couch", "bed", "dining table", "bench", "refrigerator", "tv", "sink", "oven", "toilet", "person"}
)
"""What things lie on or in front of, without being parts of it."""
PAIRS = 1 << 18
"""As many pairs of sightings are compared at a time."""
Rows = Mapping[str, NDArray[Any]]


def inside(
    rows: Rows, placed: NDArray[np.bool_], taken: NDArray[np.bool_], furniture: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which sightings [n] lie within a larger one of their camera that is no piece of furniture.

    What was put there does not, nor what was taken away from it. `rows`: columns `camera`, `first`, `last`, `box`,
    `ended` of `tools.finder.answering.facts.FACT`. Time grows with the pairs that lie together.
    """
    found = np.zeros(len(rows["first"]), bool)
    box = rows["box"].astype(np.float32)
    area = box[:, 2] * box[:, 3]
    for camera in np.unique(rows["camera"]).tolist():
        mine = rows["camera"] == camera
        small, large = np.flatnonzero(mine & ~placed), np.flatnonzero(mine & ~furniture)
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
    rows: Rows, small: NDArray[np.intp], large: NDArray[np.intp]
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
