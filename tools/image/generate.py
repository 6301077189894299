"""From a wish to pictures on disk. Owns sizes, defaults and file names; the model lives in a worker process."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from runtime.errors import ArgumentError
from runtime.house import House
from runtime.worker import Cancellation
from tools.image.drawing import Drawing, Drawn
from tools.image.models import ImageModel, image_model
from tools.image.recipe import Recipe, library_versions, read_recipe, write_png
from tools.image.request import ImageRequest, Picture

SMALLEST, LARGEST, MOST_PIXELS, MOST_PICTURES, MOST_STEPS = 64, 4096, 2048 * 2048, 8, 200
FEW_STEPS, FEW_STEPS_GUIDANCE = 4, 0.0
"""What the cards of SD-Turbo, SDXL-Turbo (1 to 4 steps), SDXL-Lightning and FLUX.1-schnell (4) ask for."""
MANY_STEPS = 30
Size = tuple[int, int]
ProgressSink = Callable[[int, int], None]


def generate(
    house: House,
    request: ImageRequest,
    progress: ProgressSink = lambda done, total: None,
    cancellation: Cancellation | None = None,
) -> list[Picture]:
    """Draw and save what is asked for; each picture is saved once, when it is done, with its recipe in the file.

    `progress(done, total)` counts denoising steps of all pictures. Raises `ArgumentError` for what no model could draw
    (before any is looked for), `ModelMissingError`, `ModelCorruptError`, `BudgetError`, `StorageError`,
    `CallCancelled` (the pictures that were finished before stay).
    """
    check_request(house, request)
    model = image_model(house, request.model)
    drawing, notes = plan(house, request, model)
    pictures = []
    with house.residency.lease(model.spec) as worker:
        for index in range(request.count):
            one = replace(drawing, seed=(drawing.seed + index) % 2**32)

            def step(done: int, before: int = index * drawing.steps) -> None:
                progress(before + done, drawing.steps * request.count)

            drawn: Drawn = worker.call("draw", one, on_item=step, cancellation=cancellation)
            pictures.append(_save(_target(house, request, one.seed, index), drawn, one, model, notes))
    return pictures


def plan(house: House, request: ImageRequest, model: ImageModel) -> tuple[Drawing, tuple[str, ...]]:
    """The first picture to draw, with the model's and the settings' defaults; and notes on what was changed."""
    few = model.facts.few_steps
    (width, height), notes = fitting_size(house, request, model.facts.multiple)
    steps = request.steps or house.settings.image.steps or (FEW_STEPS if few else MANY_STEPS)
    seed = request.seed if request.seed is not None else secrets.randbelow(2**31)
    guidance = FEW_STEPS_GUIDANCE if request.guidance is None and few else request.guidance
    if request.negative_prompt and few and not guidance:
        notes = (*notes, f"{model.name} draws without guidance, so the negative prompt has no effect.")
    return Drawing(request.prompt, request.negative_prompt, width, height, steps, guidance, seed), notes


def request_like(file: Path) -> ImageRequest:
    """The request that draws the picture in `file` again, from its recipe. Raises `MediaError`."""
    recipe = read_recipe(file)
    return ImageRequest(
        recipe.prompt,
        recipe.negative_prompt,
        recipe.width,
        recipe.height,
        seed=recipe.seed,
        steps=recipe.steps,
        guidance=recipe.guidance,
        model=recipe.model,
    )


def check_request(house: House, request: ImageRequest) -> None:
    """Refuse what no model can draw. Raises `ArgumentError` naming the argument and its range."""
    if not request.prompt.strip():
        raise ArgumentError("The prompt is empty.", remedy="Say what the picture should show.")
    limits = {
        "width": (request.width, SMALLEST, LARGEST),
        "height": (request.height, SMALLEST, LARGEST),
        "count": (request.count, 1, MOST_PICTURES),
        "steps": (request.steps, 1, MOST_STEPS),
        "seed": (request.seed, 0, 2**32 - 1),
    }
    for name, (value, least, most) in limits.items():
        if value is not None and not least <= value <= most:
            raise ArgumentError(f"The {name} {value} is not possible.", remedy=f"Give {least} to {most}.")
    width, height = wanted_size(house, request)
    if width * height > MOST_PIXELS:
        raise ArgumentError(
            f"A picture of {width}×{height} pixels is too large to draw.",
            remedy=f"Give at most {MOST_PIXELS / 1e6:.1f} million pixels, such as 2048×2048.",
        )
    if request.output is not None and request.output.suffix.lower() != ".png":
        raise ArgumentError(
            f"Pictures are saved as PNG, not as {request.output.name}.", remedy="Give a file name that ends in .png."
        )


def wanted_size(house: House, request: ImageRequest) -> Size:
    """Width and height in pixels as asked for, else as the settings have them."""
    settings = house.settings.image
    return (request.width or settings.width, request.height or settings.height)


def fitting_size(house: House, request: ImageRequest, multiple: int) -> tuple[Size, tuple[str, ...]]:
    """Width and height rounded to `multiple`, and a note where that changed what was asked for."""
    wanted = wanted_size(house, request)
    size = tuple(max(multiple, round(side / multiple) * multiple) for side in wanted)
    width, height = size
    if (width, height) == wanted:
        return (width, height), ()
    note = (
        f"{wanted[0]}×{wanted[1]} was rounded to {width}×{height}: the model draws in multiples of {multiple} pixels."
    )
    return (width, height), (note,)


def _save(path: Path, drawn: Drawn, wish: Drawing, model: ImageModel, notes: tuple[str, ...]) -> Picture:
    height, width = drawn.pixels.shape[:2]
    recipe = Recipe(
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        seed=wish.seed,
        model=model.name,
        config_sha256=model.facts.config_sha256,
        width=width,
        height=height,
        steps=wish.steps,
        guidance=drawn.guidance,
        device=drawn.device,
        dtype=drawn.dtype,
        versions=library_versions(),
    )
    if drawn.withheld:
        notes = (*notes, "The model's safety checker withheld the picture: it is black.")
    write_png(path, drawn.pixels, recipe)
    return Picture(path, recipe, notes)


def _target(house: House, request: ImageRequest, seed: int, index: int) -> Path:
    if request.output is not None:
        target = request.output.expanduser().absolute()
        return target if request.count == 1 else target.with_name(f"{target.stem}-{index + 1}{target.suffix}")
    words = re.findall(r"\w+", request.prompt.lower())[:6]
    slug = "-".join(words)[:48].strip("-") or "picture"
    return house.paths.outputs / "images" / f"{house.now():%Y%m%d-%H%M%S-%f}-{slug}-{seed}.png"
