"""Parts of a still whose colour is rare where they are: a phone on a shelf, a mug on a checked cloth.

Method: how usual a pixel's colour is around it is a kernel density over the pixels of a window (as the contrast by
histograms of Cheng et al. 2011, "Global contrast based salient region detection", which is of the whole picture; here
each place has its own). A cloth's colours are usual on the cloth however bright its pattern is, and a thing need not be
smaller than half of what it lies on, as it must be for a median (`region_backend`). Owns no order of what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.colours import flat

Floats = NDArray[np.float32]
IntBox = tuple[int, int, int, int]

WINDOWS = (0.12, 0.3)
"""Sides of the windows, shares of the picture's longer side: for things across a room, and near."""
LEVELS = (0.02, 0.04, 0.08)
"""Densities below which a colour is rare: about the share of the window that a thing of that colour takes."""
GAPS_PX = {3: 1.0, 7: 0.8}
"""Holes so wide are filled, and what a part so joined is worth: see `region_backend.JOINED`."""
BIN = 6.0
"""Colours of pixels are known to so much (units of `colours.flat`)."""
ALIKE = 7.0
"""Standard deviation of the kernel, the same units: shading and noise of one surface."""
STRIDE = 12
"""Of so many pixels each way one is looked at for what is usual."""
REACH, AXIS = 11, 23
"""Bins from grey to the strongest colours, and of the axes a and b."""
LEAST = 0.002
LARGEST = 0.8
"""Longest side of a part, in windows: a larger one is usual in it."""


def rare_parts(lab: Floats) -> list[tuple[IntBox, float]]:
    """Boxes of parts, with scores 0 to 1, of a picture in CIELAB, float32 [h, w, 3]."""
    flat_lab, found = flat(lab), list[tuple[IntBox, float]]()
    for share, density in _densities(flat_lab):
        largest = LARGEST * share * max(lab.shape[:2])
        for level in LEVELS:
            for gap, worth in GAPS_PX.items():
                found += [(box, worth * score) for box, score in _parts(density, level, gap, largest)]
    return found


def _densities(lab: Floats) -> Iterator[tuple[float, Floats]]:
    """For each window its share, and how usual the colour of each pixel is in it."""
    bins, colours = _binned(lab)
    some = lab[::STRIDE, ::STRIDE]
    height, width = some.shape[:2]
    rows = np.minimum(np.arange(lab.shape[0]) // STRIDE, height - 1)[:, None] * width
    places = bins * np.int32(height * width) + rows.astype(np.int32)
    places += np.minimum(np.arange(lab.shape[1]) // STRIDE, width - 1).astype(np.int32)
    sides = [round(share * max(lab.shape[:2]) / STRIDE) | 1 for share in WINDOWS]
    usual = np.empty((len(sides), len(colours), height, width), np.float16)
    for number, colour in enumerate(colours):
        near = np.exp(((some - colour) ** 2).sum(-1) / np.float32(-2 * ALIKE**2))
        for window, side in enumerate(sides):
            usual[window, number] = cv2.boxFilter(near, -1, (side, side), borderType=cv2.BORDER_REFLECT)
    for window, share in enumerate(WINDOWS):
        yield share, np.take(usual[window].reshape(-1), places).astype(np.float32)


def _binned(lab: Floats) -> tuple[NDArray[np.int32], Floats]:
    """The bin of each pixel, [h, w], and the mean colour of each bin that is used, [n, 3]."""
    level = np.clip(lab[..., 0] / BIN, 0, 15).astype(np.int32)
    a, b = (np.clip(lab[..., i] / BIN + REACH + 0.5, 0, AXIS - 1).astype(np.int32) for i in (1, 2))
    code = ((level * AXIS + a) * AXIS + b).reshape(-1)
    counts = np.bincount(code, minlength=16 * AXIS * AXIS)
    used = np.flatnonzero(counts)
    place = np.zeros(len(counts), np.int32)
    place[used] = np.arange(len(used))
    means = [np.bincount(code, lab[..., i].reshape(-1), len(counts))[used] / counts[used] for i in range(3)]
    return place[code].reshape(lab.shape[:2]), np.stack(means, 1).astype(np.float32)


def _parts(density: Floats, level: float, gap: int, largest: float) -> Iterator[tuple[IntBox, float]]:
    mask = cv2.morphologyEx((density < level).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for x, y, w, h, area in stats[1:count].tolist():
        if min(w, h) < 4 or max(w, h) > largest or max(w, h) / min(w, h) > 6 or area < 0.25 * w * h:
            continue
        rarity = -float(np.log(np.maximum(density[y : y + h, x : x + w], LEAST)).mean())
        yield (x, y, w, h), rarity / -float(np.log(LEAST)) * min(1.0, area / (w * h) + 0.35)
