"""A picture's recipe as a request: to draw it again exactly, or with changes. Owns no drawing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.errors import MediaError
from runtime.house import House
from tools.image.places import Places
from tools.image.recipe import Recipe, library_versions, read_recipe
from tools.image.request import Edit, ImageRequest, Lora
from tools.image.said import Said

LARGER, SMALLER = 1.5, 1 / 1.5
"""What "bigger" and "smaller" mean, for each side."""


def request_like(house: House, file: Path) -> ImageRequest:
    """The request that draws the picture in `file` again. Raises `MediaError` where it holds no recipe, or where a file
    that it was drawn with is gone or was changed.
    """
    recipe = read_recipe(file)
    places = Places(house.paths)

    def there(what: str, table: Any) -> Path:
        found = places.find_file(str(table["name"]), str(table["sha256"]), beside=file)
        if found is None:
            raise MediaError(
                f"The {what} {table['name']} that {file.name} was drawn with is not there any more, or was changed.",
                remedy=f"Put it beside {file.name}.",
            )
        return found

    edit = None
    if recipe.source is not None:
        mask = there("mask", recipe.mask) if recipe.mask else None
        source = there("picture", recipe.source)
        size = (recipe.width, recipe.height)
        edit = Edit(source, recipe.region, mask, recipe.strength, recipe.upscale, size)
    return ImageRequest(
        recipe.prompt,
        recipe.negative_prompt,
        None if edit else recipe.width,
        None if edit else recipe.height,
        seed=recipe.seed,
        steps=recipe.steps,
        guidance=recipe.guidance,
        model=recipe.model,
        style=recipe.style,
        loras=tuple(Lora(there("LoRA", one), float(one["weight"])) for one in recipe.loras),
        edit=edit,
        wish=recipe.wish,
        like=recipe,
    )


def scaled(request: ImageRequest, factor: float) -> ImageRequest:
    """The same picture, each side `factor` times as long; a result of editing is made as before and then scaled."""
    if request.edit is not None and request.edit.size is not None:
        width, height = (max(1, round(side * factor)) for side in request.edit.size)
        return replace(request, edit=replace(request.edit, size=(width, height)))
    return replace(
        request,
        width=round((request.width or 0) * factor) or None,
        height=round((request.height or 0) * factor) or None,
    )


def differences(recipe: Recipe, model_sha256: str, device: str) -> tuple[str, ...]:
    """Notes on what has changed around a recipe, so that its pixels may come out otherwise."""
    notes: list[str] = []
    if recipe.config_sha256 != model_sha256:
        notes.append(
            Said(
                f"The model {recipe.model} is not the one of the recipe any more: the picture will differ.",
                f"模型 {recipe.model} 已与配方不同：图片会有差别。",
            )
        )
    now = library_versions()
    other = [name for name, was in recipe.versions.items() if name != "hausgeist" and now.get(name) != was]
    if device != recipe.device:
        other.append(f"{recipe.device} → {device}")
    if other:
        text = ", ".join(other)
        notes.append(
            Said(
                f"Since the recipe this has changed: {text}. Pixels may differ.",
                f"配方之后有变化：{text}。像素可能不同。",
            )
        )
    return tuple(notes)
