"""Cuts a thing out of its photo and turns it, with PIL. Owns no networks.

The thing is what differs from the photo's border, as with crops (`tools.finder.looks.colours`); a photo without a plain
border is taken whole.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.errors import MediaError
from runtime.picture_faults import PICTURE_FAULTS
from tools.finder.looks.appearance_types import CROP_MARGIN
from tools.finder.looks.colours import clusters, flat, to_lab

WORK = 320


def photo_views(data: bytes, sides: Sequence[int], turns: int) -> list[bytes]:
    """JPEG crops of the thing with the usual margin: each side length (pixels of the thing) in each turn."""
    picture = _opened(data)
    ground = _ground(picture)
    box = _thing(picture)
    views = []
    for turn in range(turns):
        turned, frame = _turned(picture, box, 360 * turn / turns, ground)
        for side in sides:
            views.append(_view(turned, frame, side))
    return views


def photo_alone(data: bytes, side: int) -> bytes | None:
    """A view of the thing as it lies on the photo, `side` pixels long; None where nothing plain is around it.

    Raises `MediaError`.
    """
    picture = _opened(data)
    box = _thing(picture)
    if box == (0, 0, picture.width, picture.height):
        return None
    alone, frame = _turned(picture, box, 0, _ground(picture))
    return _view(alone, frame, side)


def _opened(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
    except PICTURE_FAULTS as problem:
        raise MediaError(f"The photo cannot be read: {problem}.", remedy="Give a JPEG or PNG file.") from problem
    picture.thumbnail((WORK, WORK))
    return picture


def _ground(picture: Image.Image) -> tuple[int, int, int]:
    pixels = np.asarray(picture)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = np.median(border, 0).astype(int).tolist()
    return red, green, blue


def _thing(picture: Image.Image) -> tuple[int, int, int, int]:
    """The box (left, top, right, bottom) of what differs from the border."""
    pixels = np.asarray(picture, np.uint8)
    lab = flat(to_lab(pixels))
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    centres = clusters(border.astype(np.float32), 3)
    away = np.sqrt(((lab[:, :, None, :] - centres) ** 2).sum(-1)).min(-1)
    mask: NDArray[np.bool_] = away > 8
    rows, columns = np.flatnonzero(mask.mean(1) > 0.01), np.flatnonzero(mask.mean(0) > 0.01)
    if len(rows) < 8 or len(columns) < 8 or mask.mean() > 0.9:
        return 0, 0, picture.width, picture.height
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _turned(
    picture: Image.Image, box: tuple[int, int, int, int], degrees: float, ground: tuple[int, int, int]
) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """The thing turned on its ground, and its box."""
    left, top, right, bottom = box
    pad = round(max(right - left, bottom - top) * 0.9)
    canvas = Image.new("RGB", (right - left + 2 * pad, bottom - top + 2 * pad), ground)
    canvas.paste(picture.crop(box), (pad, pad))
    turned = canvas.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=ground)
    return turned, _thing(turned) if degrees else (pad, pad, pad + right - left, pad + bottom - top)


def _view(picture: Image.Image, box: tuple[int, int, int, int], side: int) -> bytes:
    left, top, right, bottom = box
    pad = round(CROP_MARGIN * max(right - left, bottom - top))
    crop = picture.crop((left - pad, top - pad, right + pad, bottom + pad))
    factor = side / max(right - left, bottom - top)
    size = (max(4, round(crop.width * factor)), max(4, round(crop.height * factor)))
    out = io.BytesIO()
    crop.resize(size, Image.Resampling.BOX if factor < 1 else Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()
