"""The outline of a thing in a crop, as two numbers that do not change when the thing is turned, with PIL and NumPy.

From the second moments of the pixels that are the thing (Hu 1962, "Visual pattern recognition by moment invariants"):
how long it is for its width, and how much of the ground within its reach it takes. Owns no crops and no conclusions.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.picture_faults import PICTURE_FAULTS
from tools.finder.looks.appearance_types import CROP_MARGIN
from tools.finder.looks.colours import foreground
from tools.finder.looks.photo_backend import photo_alone

SIDE_PX = 48
"""Crops are looked at with at most so many pixels on their longer side."""
LEAST_PX = 12
"""Of fewer pixels there is no outline."""
PHOTO_PX = 100
"""The thing on a photo is looked at with so many pixels on its longer side."""


@dataclass(frozen=True)
class Outline:
    """`length`: longest over shortest extent, from 1 on; `fill`: 1 for a rectangle or a disc, less for rings and wire.

    `pixels`: of the crop as it is, so many are the thing.
    """

    length: float
    fill: float
    pixels: int


def outline(jpeg: bytes, margin: float = CROP_MARGIN) -> Outline | None:
    """The outline of the thing in a crop (JPEG or PNG) with `margin` around its box; None where there is none."""
    try:
        with Image.open(io.BytesIO(jpeg)) as opened:
            picture = opened.convert("RGB")
    except PICTURE_FAULTS:
        return None
    scale = min(1.0, SIDE_PX / max(picture.size))
    if scale < 1.0:
        size = max(4, round(picture.width * scale)), max(4, round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.BOX)
    mask = foreground(np.asarray(picture, np.uint8), margin)
    found = of_mask(mask)
    return None if found is None else Outline(found.length, found.fill, round(found.pixels / scale**2))


def photo_outline(data: bytes) -> Outline | None:
    """The outline of the thing on a photo; None where nothing plain is around it. Raises `MediaError`."""
    alone = photo_alone(data, PHOTO_PX)
    return None if alone is None else outline(alone)


def of_mask(mask: NDArray[np.bool_]) -> Outline | None:
    """The outline of the pixels of a mask [h, w]."""
    rows, columns = np.nonzero(mask)
    if len(rows) < LEAST_PX:
        return None
    spread = np.cov(np.stack([rows, columns]).astype(np.float64), bias=True) + np.eye(2) / 12
    short, long = np.linalg.eigvalsh(spread).tolist()
    return Outline(float(np.sqrt(long / short)), float(len(rows) / (12 * np.sqrt(long * short))), len(rows))
