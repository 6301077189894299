"""From a picture that is there to what the model starts from, and back. Owns masks and sizes of edits, no model.

What lies outside a mask is taken from the source, pixel by pixel: the decoder of a model would change it a little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from runtime.errors import ArgumentError, MediaError
from tools.image.drawing import Drawing, Pixels
from tools.image.request import Edit
from tools.image.said import Said
from tools.image.sizes import MOST_PIXELS, Size, check_pixels, rounded, work_size

STRENGTH, UPSCALE_STRENGTH = 0.6, 0.25
"""Share of noise for a redrawing that keeps the composition, and for one that only adds detail."""
FindRegion = Callable[[Pixels, str], Pixels]
"""Gives a mask (height, width; 255 inside) for words about a part of a picture."""


@dataclass(frozen=True)
class Source:
    """A picture to edit: RGB pixels, the mask in its size (or None), and what was noted."""

    pixels: Pixels
    mask: Pixels | None
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


def read_picture(path: Path) -> Pixels:
    """A picture as RGB pixels (height, width, 3), turned upright by its EXIF. Raises `MediaError`."""
    from PIL import Image, ImageOps

    from runtime.picture_faults import PICTURE_FAULTS

    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > 64_000_000:
                raise MediaError(f"The picture {path} is too large to edit.", remedy="Make it smaller first.")
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"), np.uint8)
    except PICTURE_FAULTS as problem:
        raise MediaError(f"The picture {path} cannot be read: {problem}.", remedy="Check the file.") from problem


def read_source(edit: Edit, find_region: FindRegion) -> Source:
    """The picture of `edit` with its mask. Raises `ArgumentError` for an empty mask or an impossible enlargement."""
    pixels = read_picture(edit.source)
    if edit.upscale is not None:
        check_pixels(round(pixels.shape[1] * edit.upscale), round(pixels.shape[0] * edit.upscale))
    if edit.mask is None and edit.region is None:
        return Source(pixels, None)
    if edit.mask is not None:
        grey = resized(read_picture(edit.mask), (pixels.shape[1], pixels.shape[0])).mean(axis=2)
        mask = np.where(grey >= 128, 255, 0).astype(np.uint8)
    else:
        mask = find_region(pixels, str(edit.region))
    if not mask.any():
        raise ArgumentError("The part to paint over is empty.", remedy="Make that part of the mask white.")
    share = float((mask > 0).mean())
    told = str(edit.region) if edit.region else edit.mask.name if edit.mask else ""
    note = Said(f"{share:.0%} of the picture was painted over ({told}).", f"重画了图片的 {share:.0%}（{told}）。")
    return Source(pixels, mask, (note,))


def begin(drawing: Drawing, edit: Edit, source: Source, multiple: int, *, upscaler: bool) -> Drawing:
    """The drawing with what it starts from. Its steps are enough that some are left at its strength."""
    strength = edit.strength or (UPSCALE_STRENGTH if edit.upscale else STRENGTH)
    steps = drawing.steps if upscaler else max(drawing.steps, int(np.ceil(1 / strength)))
    if edit.upscale is not None:
        target = (round(source.size[0] * edit.upscale), round(source.size[1] * edit.upscale))
        if upscaler:
            return replace(drawing, mode="upscale", image=source.pixels, width=target[0], height=target[1])
        size = rounded(target, multiple)
    else:
        size = work_size(source.size, multiple)
    mask = resized(source.mask, size, sharp=True) if source.mask is not None else None
    return replace(
        drawing,
        mode="redraw" if mask is None else "inpaint",
        image=resized(source.pixels, size),
        mask=mask,
        width=size[0],
        height=size[1],
        strength=strength,
        steps=steps,
    )


def finish(drawn: Pixels, edit: Edit, source: Source) -> Pixels:
    """The result: in the size that was asked for, and outside the mask as the source is."""
    result = _whole(drawn, edit, source)
    return result if edit.size is None else resized(result, edit.size)


def _whole(drawn: Pixels, edit: Edit, source: Source) -> Pixels:
    """The result as large as it comes out: as the source is, or enlarged from it."""
    if edit.upscale is not None:
        return resized(drawn, (round(source.size[0] * edit.upscale), round(source.size[1] * edit.upscale)))
    if source.mask is None:
        small = source.size[0] * source.size[1] <= MOST_PIXELS
        return resized(drawn, source.size) if small else drawn
    return np.where(source.mask[:, :, None] > 0, resized(drawn, source.size), source.pixels)


def resized(pixels: Pixels, size: Size, *, sharp: bool = False) -> Pixels:
    """`pixels` (height, width[, 3]) at another size (width, height), by Lanczos; `sharp`: by the nearest pixel."""
    from PIL import Image

    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    way = Image.Resampling.NEAREST if sharp else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(pixels).resize(size, way), np.uint8)
