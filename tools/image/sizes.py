"""Which pictures are possible: limits, sizes that a model can draw, and notes on what was rounded. Loads nothing."""

from __future__ import annotations

from runtime.errors import ArgumentError
from runtime.house import House
from tools.image.recipe import media_type
from tools.image.request import ImageRequest
from tools.image.said import Said
from tools.image.styles import style_named

SMALLEST, LARGEST, MOST_PIXELS, MOST_PICTURES, MOST_STEPS = 64, 4096, 2048 * 2048, 8, 200
WORK_PIXELS = 1024 * 1024
"""Pixels at which an edit is drawn at most; a larger picture is worked on smaller."""
Size = tuple[int, int]


def check_request(house: House, request: ImageRequest) -> None:
    """Refuse what no model can draw. Raises `ArgumentError` naming the argument and its range, `UnknownNameError`."""
    if not request.prompt.strip() and (request.edit is None or request.edit.upscale is None):
        raise ArgumentError("The prompt is empty.", remedy="Say what the picture should show.")
    limits: dict[str, tuple[float | None, float, float]] = {
        "width": (request.width, SMALLEST, LARGEST),
        "height": (request.height, SMALLEST, LARGEST),
        "count": (request.count, 1, MOST_PICTURES),
        "steps": (request.steps, 1, MOST_STEPS),
        "seed": (request.seed, 0, 2**32 - 1),
        "guidance": (request.guidance, 0, 50),
    }
    if request.edit is not None:
        limits |= {"strength": (request.edit.strength, 0.05, 1), "upscale": (request.edit.upscale, 1, 4)}
    for name, (value, least, most) in limits.items():
        if value is not None and not least <= value <= most:
            raise ArgumentError(f"The {name} {value:g} is not possible.", remedy=f"Give {least:g} to {most:g}.")
    check_pixels(*wanted_size(house, request))
    if request.style is not None:
        style_named(request.style)
    if request.output is not None:
        media_type(request.output)


def check_pixels(width: int, height: int) -> None:
    """Refuse a size that is too large. Raises `ArgumentError`."""
    if width * height > MOST_PIXELS:
        raise ArgumentError(
            f"A picture of {width}×{height} pixels is too large to draw.",
            remedy=f"Give at most {MOST_PIXELS / 1e6:.1f} million pixels, such as 2048×2048.",
        )


def wanted_size(house: House, request: ImageRequest) -> Size:
    """Width and height in pixels as asked for, else as the settings have them."""
    settings = house.settings.image
    return (request.width or settings.width, request.height or settings.height)


def rounded(size: Size, multiple: int) -> Size:
    """The nearest size that is a multiple of `multiple` pixels both ways."""
    return (max(multiple, round(size[0] / multiple) * multiple), max(multiple, round(size[1] / multiple) * multiple))


def fitting_size(wanted: Size, multiple: int) -> tuple[Size, tuple[str, ...]]:
    """Width and height rounded to `multiple`, and a note where that changed what was asked for."""
    size = rounded(wanted, multiple)
    if size == wanted:
        return size, ()
    before, after = f"{wanted[0]}×{wanted[1]}", f"{size[0]}×{size[1]}"
    note = Said(
        f"{before} was rounded to {after}: the model draws in multiples of {multiple} pixels.",
        f"{before} 已调整为 {after}：模型只能画边长为 {multiple} 像素倍数的图。",
    )
    return size, (note,)


def work_size(size: Size, multiple: int) -> Size:
    """The size at which an edit of a picture of `size` is drawn."""
    shrink = min(1.0, (WORK_PIXELS / (size[0] * size[1])) ** 0.5)
    return rounded((round(size[0] * shrink), round(size[1] * shrink)), multiple)
