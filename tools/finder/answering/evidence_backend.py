"""The picture of the evidence: a still with the thing's box drawn on it, for the owner. Owns no stills."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

from runtime.errors import MediaError
from runtime.paths import replacing
from runtime.picture_faults import PICTURE_FAULTS
from runtime.sealed import read_picture
from tools.finder.records import Box

LINE = (255, 64, 32)


def draw_evidence(still: Path, box: Box, scale: float, target: Path, longest_px: int) -> Path:
    """Write `still` with `box` (pixels of the recording; `scale` still pixels for one) drawn, to `target` (JPEG).

    Raises `MediaError` when the still cannot be read.
    """
    try:
        picture = Image.open(io.BytesIO(read_picture(still))).convert("RGB")
    except PICTURE_FAULTS as problem:
        remedy = "Index the camera again with `hausgeist cameras index`."
        raise MediaError(f"The evidence frame {still} cannot be read: {problem}.", remedy=remedy) from problem
    factor = min(1.0, longest_px / max(picture.size))
    if factor < 1:
        picture = picture.resize((round(picture.width * factor), round(picture.height * factor)))
    x, y, w, h = (value * scale * factor for value in box)
    pen = ImageDraw.Draw(picture)
    pad = max(3.0, 0.12 * max(w, h))
    frame = [
        max(0, x - pad),
        max(0, y - pad),
        min(picture.width - 1, x + w + pad),
        min(picture.height - 1, y + h + pad),
    ]
    pen.rectangle(frame, outline=(0, 0, 0), width=5)
    pen.rectangle(frame, outline=LINE, width=3)
    with replacing(target) as beside:
        picture.save(beside, "JPEG", quality=90)
    return target
