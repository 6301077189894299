"""What a vision backend says about a crop or a still, as values. Owns no model and no drawing of conclusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tools.finder.records import Box

CROP_MARGIN = 0.3
"""A crop shows this share of its box's longer side around the box, so that ground can be told from thing."""
CROP_PX = 160
"""Longest side of a stored crop, pixels."""


@dataclass(frozen=True)
class Description:
    """How one crop looks. `colours`: colour words, most first. `vector`: unit length, see `looks.layout`."""

    label: str | None
    label_score: float
    colours: tuple[str, ...]
    vector: tuple[float, ...]


@dataclass(frozen=True)
class Proposal:
    """A thing found on a still: `box` in pixels of that still; `crop` is a JPEG of it with `CROP_MARGIN`."""

    box: Box
    label: str | None
    label_score: float
    colours: tuple[str, ...]
    vector: tuple[float, ...]
    crop: bytes
    origin: Literal["detector", "region"] = "detector"


class Appearance(Protocol):
    """A vision backend. All pictures are JPEG bytes; nothing is kept between calls."""

    @property
    def version(self) -> str:
        """Name and version of the models: vectors of different versions are not compared."""

    def describe(self, crops: Sequence[bytes]) -> list[Description]:
        """One description for each crop, in order. A crop has `CROP_MARGIN` around its box."""

    def propose(self, still_jpeg: bytes) -> list[Proposal]:
        """The things seen on a still, best first."""

    def labels(self) -> tuple[list[str], NDArray[np.float32]]:
        """Labels, and for each the unit direction [n, d] in which a vector's features speak for it."""


@dataclass(frozen=True)
class TextLooks:
    """Texts in the space of crops: `vectors` [n, d] of unit length; a pair's logit is `scale * cosine + bias`."""

    vectors: NDArray[np.float32]
    scale: float
    bias: float


@dataclass(frozen=True)
class Verified:
    """Whether a thing is at a box: `score` 0 to 1, and the box (pixels of the still) as exactly as it was seen."""

    score: float
    box: Box


class WordsAndBoxes(Protocol):
    """What only the full backend can do."""

    def words(self, texts: Sequence[str]) -> TextLooks:
        """Texts as vectors in the space of the crops' features."""

    def verify(self, still_jpeg: bytes, boxes: Sequence[Box], text: str | None, photo: bytes | None) -> list[Verified]:
        """Look for the thing (by its photo, JPEG or PNG, else by `text`) around each box (pixels of the still)."""


def margin_box(box: Box, width: int, height: int, margin: float = CROP_MARGIN) -> tuple[int, int, int, int]:
    """The part (left, top, right, bottom), pixels, of a picture that a crop of `box` shows."""
    x, y, w, h = box
    pad = margin * max(w, h)
    left, top = max(0, round(x - pad)), max(0, round(y - pad))
    right, bottom = min(width, round(x + w + pad)), min(height, round(y + h + pad))
    return left, top, max(right, left + 1), max(bottom, top + 1)
