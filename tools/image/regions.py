"""Which part of a picture words mean: by place ("left half", "bottom right"), else by a model that finds things.

Places are worked out here. Things are found by CLIPSeg (Lüddecke and Ecker 2022) or an open-vocabulary detector
(OWLv2, Minderer et al. 2023) where one is installed; the model lives in a worker process.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from runtime.cancellation import Cancellation
from runtime.errors import ModelMissingError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import WorkerSpec
from tools.image.drawing import Pixels

FINDERS = ("clipseg-rd64-refined", "owlv2-base")
"""Catalogue ids, or folders among the models, the better first: a mask fits closer than a box."""
_HALF = 0.5
_SIDES = (
    (r"left|links?\w*|gauche|izquierd\w|左", "left"),
    (r"right|rechts?\w*|droite?|derech\w|右", "right"),
    (r"top|upper|above|sky|oben|ober\w*|haut|arriba|superior|上", "top"),
    (r"bottom|lower|ground|unten|unter\w*|bas|abajo|inferior|下", "bottom"),
)
_CENTRE = r"cent(?:re|er)|middle|mitte\w*|milieu|centro|medio|中间|中央|中心"
_ONLY = (
    r"(?:(?<!\w)(?:the|half|side|part|corner|third|edge|area|of|picture|image|in|at|on|die|der|das|hälfte|seite|ecke|bild\w*|la|le|à|en|"
    r"moitié|coin|partie|de|du|l|el|mitad|esquina|lado|parte|imagen)\b|[的那个边部分角一半侧面半图片在]|[\s,.'’-])*"
)


def region_by_place(size: tuple[int, int], words: str) -> Pixels | None:
    """The mask (height, width; 255 inside) of a place; None where `words` name a thing.

    "sky" and "ground" alone are things. One side is its half, two sides their quarter, the centre its middle ninth
    doubled (half of the width and height).
    """
    text = words.casefold()
    sides = [name for pattern, name in _SIDES if re.search(rf"(?<![a-zà-ÿ])(?:{pattern})(?![a-zà-ÿ])", text)]
    rest = re.sub("|".join([*(pattern for pattern, _ in _SIDES), _CENTRE]), " ", text)
    centre = re.search(_CENTRE, text) is not None
    if not (sides or centre) or not re.fullmatch(_ONLY, rest) or re.fullmatch(r"\W*(?:the\s+)?(?:sky|ground)\W*", text):
        return None
    width, height = size
    left, right, top, bottom = 0.0, 1.0, 0.0, 1.0
    if centre and not sides:
        left, right, top, bottom = 0.25, 0.75, 0.25, 0.75
    for side in sides:
        left, right = (left, _HALF) if side == "left" else (_HALF, right) if side == "right" else (left, right)
        top, bottom = (top, _HALF) if side == "top" else (_HALF, bottom) if side == "bottom" else (top, bottom)
    mask = np.zeros((height, width), np.uint8)
    mask[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = 255
    return mask


def find_region(house: House, pixels: Pixels, words: str, cancellation: Cancellation | None = None) -> Pixels:
    """The mask (height, width; 255 inside) of what `words` name in `pixels` (height, width, 3).

    Raises `ModelMissingError` where a thing is named and no model that finds things is installed, and `ArgumentError`
    where it is not seen.
    """
    by_place = region_by_place((pixels.shape[1], pixels.shape[0]), words)
    if by_place is not None:
        return by_place
    with house.residency.lease(finder_spec(_finder(house))) as worker:
        mask: Pixels = worker.call("find", pixels, words, cancellation=cancellation)
    return mask


def finder_spec(folder: Path) -> WorkerSpec:
    """The worker that finds things by words."""
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return WorkerSpec(
        f"image regions {folder.name}",
        "tools.image.region_backend:RegionService",
        {"folder": str(folder)},
        cpu_bytes=600_000_000 + weights,
        priority=Priority.IMAGE,
    )


def _finder(house: House) -> Path:
    for name in FINDERS:
        if name in house.catalogue.entries and house.catalogue.installed(name):
            return house.catalogue.require(name)
        if name not in house.catalogue.entries and (house.paths.models / name / "config.json").is_file():
            return house.paths.models / name
    raise ModelMissingError(
        "No model that finds things in pictures is installed.",
        remedy=f"Get one with `hausgeist models pull {FINDERS[-1]}`, name a place (“left half”), or give a mask file.",
    )
