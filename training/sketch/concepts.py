"""What can be drawn: the pictures of an emoji font with their names in five languages. Owns no wording of requests.

Pictures: Noto Color Emoji (Google, SIL Open Font Licence 1.1 / Apache-2.0), Debian's package `fonts-noto-color-emoji`.
Names and keywords: Unicode CLDR annotations (Unicode Licence v3), the npm package `cldr-annotations-full`.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

LANGUAGES = ("en", "zh", "de", "es", "fr")
GLYPH = 128
"""Pixels of a side of a picture as it is kept."""
_BITMAP_SIZE = 109
"""The one size, in pixels per em, at which the font has its bitmaps."""
_RUDE = "\N{REVERSED HAND WITH MIDDLE FINGER EXTENDED}"
_SHARED_BY_AT_MOST = 3
"""A keyword that more concepts have ("animal") names none of them."""


@dataclass(frozen=True)
class Concept:
    """One thing that can be drawn: its character, and by language its name first and then its own keywords."""

    character: str
    names: dict[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        """Its English name."""
        return self.names["en"][0]


@dataclass(frozen=True)
class Drawn:
    """All concepts and their pictures, uint8 RGBA [n, GLYPH, GLYPH, 4], in one order."""

    concepts: tuple[Concept, ...]
    pictures: NDArray[np.uint8]


def load(font: Path, annotations: Path) -> Drawn:
    """Read the font and CLDR's folder `annotations` (with `en/annotations.json` and so on).

    Flags, digits, letters and skin tones and one rude gesture are left out, and what the font cannot draw in colour.
    """
    tables = {language: _table(annotations / language / "annotations.json") for language in LANGUAGES}
    characters = [character for character in tables["en"] if _is_thing(character)]
    shared = {language: _counts(tables[language], characters) for language in LANGUAGES}
    drawer = ImageFont.truetype(str(font), _BITMAP_SIZE)
    concepts, pictures = [], []
    for character in characters:
        if any(not tables[language].get(character, {}).get("tts") for language in LANGUAGES):
            continue
        picture = _picture(drawer, character)
        if picture is None:
            continue
        names = {language: _names(tables[language][character], shared[language]) for language in LANGUAGES}
        concepts.append(Concept(character, names))
        pictures.append(picture)
    return Drawn(tuple(concepts), np.stack(pictures))


def _table(file: Path) -> dict[str, dict[str, list[str]]]:
    rows: dict[str, dict[str, list[str]]] = json.loads(file.read_text(encoding="utf-8"))["annotations"]["annotations"]
    return rows


def _is_thing(character: str) -> bool:
    """Whether it is one symbol of its own: no letter, digit, flag, tag, skin tone or sequence."""
    plain = character.replace("\ufe0f", "")
    if len(plain) != 1 or ord(plain) < 0x203C or plain == _RUDE:
        return False
    modifier, regional = 0x1F3FB <= ord(plain) <= 0x1F3FF, 0x1F1E6 <= ord(plain) <= 0x1F1FF
    return unicodedata.category(plain) == "So" and not modifier and not regional


def _counts(table: dict[str, dict[str, list[str]]], characters: list[str]) -> Counter[str]:
    return Counter(
        word.casefold() for character in characters for word in set(table.get(character, {}).get("default", []))
    )


def _names(row: dict[str, list[str]], shared: Counter[str]) -> tuple[str, ...]:
    own = [word for word in row.get("default", []) if shared[word.casefold()] <= _SHARED_BY_AT_MOST]
    return tuple(dict.fromkeys([row["tts"][0], *own]))


def _picture(drawer: ImageFont.FreeTypeFont, character: str) -> NDArray[np.uint8] | None:
    """The picture of a character in the middle of a square; None where the font has none, or none in colour."""
    canvas = Image.new("RGBA", (136, 136))
    ImageDraw.Draw(canvas).text((0, 4), character, font=drawer, embedded_color=True)
    box = canvas.getbbox()
    if box is None or box[2] - box[0] < 24 or box[3] - box[1] < 24:
        return None
    shape = canvas.crop(box)
    scale = GLYPH / max(shape.size)
    shape = shape.resize((round(shape.width * scale), round(shape.height * scale)), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (GLYPH, GLYPH))
    square.paste(shape, ((GLYPH - shape.width) // 2, (GLYPH - shape.height) // 2))
    return np.asarray(square, np.uint8)
