"""Comparing stills of one camera: does a spot look the same, and where do two stills differ? Owns no decision.

A change of light leaves no trace in either.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.appearance_types import margin_box
from tools.finder.records import Box
from tools.finder.scan.light_backend import apply_gain, coarse, light_gain, local_gain

COMPARE_PX = 640
"""Longest side of the pictures that are compared as a whole."""
DIFFERENT = 16.0
"""Grey levels from which a pixel of two stills differs: twice what JPEG and sensor noise leave of a smoothed one."""
PAD = 12
"""Differences are widened by so many pixels at the compared size."""


def same_look(first: bytes, second: bytes, box: Box) -> float:
    """How alike `box` (pixels of the JPEGs) looks on two stills of one camera: 1 the same, 0 nothing alike.

    The correlation of the part's pixels.
    """
    parts: list[Any] = []
    for jpeg in (first, second):
        image = _decoded(jpeg)
        left, top, right, bottom = margin_box(box, image.shape[1], image.shape[0], 0.15)
        parts.append(cv2.GaussianBlur(image[top:bottom, left:right], (5, 5), 0).astype(np.float32))
    if parts[0].shape != parts[1].shape:
        return 0.0
    flat = [part - part.mean(axis=(0, 1)) for part in parts]
    power = float(np.sqrt((flat[0] ** 2).mean() * (flat[1] ** 2).mean()))
    if power < 4.0:
        return 1.0 if float(np.abs(parts[0] - parts[1]).mean()) < 10.0 else 0.0
    return max(0.0, float((flat[0] * flat[1]).mean()) / power)


def differing(first: bytes, second: bytes) -> list[Box]:
    """Where two stills of one camera differ: boxes in pixels of the second, with some margin."""
    pictures = [_decoded(jpeg) for jpeg in (first, second)]
    height, width = pictures[1].shape[:2]
    scale = min(1.0, COMPARE_PX / max(width, height))
    size = round(width * scale), round(height * scale)
    small = [cv2.GaussianBlur(cv2.resize(p, size, interpolation=cv2.INTER_AREA), (5, 5), 0) for p in pictures]
    before = small[0].astype(np.float32)
    gain = light_gain(coarse(small[0]), coarse(small[1]))
    if gain is not None:
        apply_gain(before, gain)
        nothing = np.zeros(gain.shape[:2], bool)
        apply_gain(before, local_gain(coarse(cv2.convertScaleAbs(before)), coarse(small[1]), nothing))
    gap = np.abs(before - small[1]).max(axis=2)
    thick = cv2.erode((gap > DIFFERENT).astype(np.uint8), np.ones((2, 2), np.uint8))
    wide = cv2.dilate(thick, np.ones((2 * PAD + 1, 2 * PAD + 1), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    return [(x / scale, y / scale, w / scale, h / scale) for x, y, w, h, _ in stats[1:].tolist()]


def _decoded(jpeg: bytes) -> NDArray[np.uint8]:
    image: Any = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(image, np.uint8)
