"""Whether a spot looks the same on two stills, with PIL and NumPy. Owns no stills and draws no conclusions."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.picture_faults import PICTURE_FAULTS
from runtime.sealed import read_picture
from tools.finder.records import Box

NOISE, LEAST = 3.0, 8.0
"""A spot differs from so many times the picture's own noise on, plus so many of 256 levels."""
SHARE = 0.35
"""A thing counts as the same while less than this share of its spot differs."""


def differing_share(first: Path, second: Path, box: Box, scales: tuple[float, float]) -> float | None:
    """The share, 0 to 1, of the pixels in `box` that differ between two stills; None: one cannot be read.

    `box` is in pixels of the recording, `scales` are still pixels for one. Light is evened out by one gain a channel
    over the whole picture, and noise is what half of the picture differs by (as its people and things do not fill it).
    """
    pictures = [_read(first), _read(second)]
    if pictures[0] is None or pictures[1] is None:
        return None
    one, other = pictures[0], pictures[1]
    if one.shape != other.shape or abs(scales[0] - scales[1]) > 1e-3:
        return None
    sample = (slice(None, None, 4), slice(None, None, 4))
    gain = np.median(one[sample].reshape(-1, 3), 0) / np.maximum(np.median(other[sample].reshape(-1, 3), 0), 1.0)
    noise = float(np.median(np.abs(one[sample] - other[sample] * gain)))
    x, y, w, h = (round(value * scales[0]) for value in box)
    spot = (slice(max(0, y), y + max(1, h)), slice(max(0, x), x + max(1, w)))
    away = np.abs(one[spot] - other[spot] * gain).max(-1)
    return float((away > NOISE * noise + LEAST).mean()) if away.size else None


def _read(file: Path) -> NDArray[np.float32] | None:
    try:
        with Image.open(io.BytesIO(read_picture(file))) as picture:
            return np.asarray(picture.convert("RGB"), np.float32)
    except PICTURE_FAULTS:
        return None
