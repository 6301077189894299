"""A drawn picture becomes a file: recipe, plain marks and content credentials, written once and whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runtime.house import House
from runtime.paths import replacing
from tools.image.drawing import Drawing, Drawn
from tools.image.models import ImageModel
from tools.image.places import Places
from tools.image.recipe import Recipe, encode, hash_of, library_versions
from tools.image.request import ImageRequest, Picture
from tools.provenance.marks import COMPOSITE, GENERATED, Mark, credentials
from tools.provenance.reading import provenance


def save(house: House, request: ImageRequest, model: ImageModel, drawing: Drawing, drawn: Drawn, path: Path) -> Picture:
    """Write one picture. Raises `StorageError`; why there are no credentials is a note, not a failure."""
    recipe = _recipe(house, request, model, drawing, drawn)
    if path.suffix.lower() == ".png":
        recipe = replace(recipe, pixels_sha256=hash_of(drawn.pixels))
    parent = request.edit.source if request.edit else None
    engine = f"{model.name} (diffusers {recipe.versions.get('diffusers', '')})"
    what = Mark(path.name, engine, recipe.source_type, parent)
    content, why = credentials(encode(drawn.pixels, recipe, path.suffix), path.suffix, house.paths, what)
    with replacing(path) as beside:
        beside.write_bytes(content)
    return Picture(path, recipe, (why,) if why else ())


def _recipe(house: House, request: ImageRequest, model: ImageModel, drawing: Drawing, drawn: Drawn) -> Recipe:
    height, width = drawn.pixels.shape[:2]
    recipe = Recipe(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        seed=drawing.seed,
        model=model.name,
        config_sha256=model.facts.config_sha256,
        width=width,
        height=height,
        steps=drawing.steps,
        guidance=drawn.guidance,
        device=drawn.device,
        dtype=drawn.dtype,
        versions=library_versions(),
        style=request.style,
        wish=request.wish,
    )
    if not (request.loras or request.edit):
        return recipe
    places = Places(house.paths)
    loras = tuple({**places.keep_file(lora.path), "weight": lora.weight} for lora in request.loras)
    recipe = replace(recipe, loras=loras)
    if (edit := request.edit) is None:
        return recipe
    made = provenance(edit.source, house.paths).machine_made
    return replace(
        recipe,
        source=places.keep_file(edit.source),
        mask=places.keep_file(edit.mask) if edit.mask else None,
        region=edit.region,
        strength=drawing.strength,
        upscale=edit.upscale,
        source_type=GENERATED if made else COMPOSITE,
    )
