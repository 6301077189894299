"""The outlines of sightings, kept in rows beside the other columns of a search. Owns no making of them and no truth.

An outline takes a millisecond and a half, which a search cannot spend on each crop that it looks at closely: indexing
writes them, and what is missing (an index of an older version) is made and kept when it is first asked for. A row tells
of which crop it is, so a crop that was replaced has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.blocks import Blocks
from tools.finder.looks.photo_cache import kept_for_photo

if TYPE_CHECKING:
    from tools.finder.looks.outline_backend import Outline

VERSION = 1
"""Raise it whenever `outline_backend.outline` says something else of the same crop."""
ROW = np.dtype([("crop", "<u4"), ("pixels", "<i4"), ("length", "<f8"), ("fill", "<f8")])
"""`crop`: the CRC-32 of its bytes; `pixels`: 0 where the crop shows no outline."""

Crop = bytes | None


class OutlineRows:
    """The rows under `folder`. Raises `StorageError` when its files cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._rows, self._photos = Blocks(folder, f"outline{VERSION}", ROW), folder / f"outlines{VERSION}"

    def add(self, ids: Sequence[int], crops: Sequence[Crop]) -> None:
        """Keep the outlines of the crops of these sightings."""
        self.of(ids, crops)

    def of(self, ids: Sequence[int], crops: Sequence[Crop]) -> list[Outline | None]:
        """The outlines of these sightings with these crops, in their order; None where there is none."""
        held = self._rows.read(ids)
        marks = np.array([crc32(crop) if crop else 0 for crop in crops], np.uint32)
        missing = [place for place in np.flatnonzero(held["crop"] != marks).tolist() if crops[place]]
        if missing:
            made: dict[bytes, tuple[int, float, float]] = {}
            for place in missing:
                crop = crops[place] or b""
                if crop not in made:
                    made[crop] = _values(crop)
                held[place] = (marks[place], *made[crop])
            self._rows.write([ids[place] for place in missing], held[missing])
        return [_outline(row) if crop else None for row, crop in zip(held, crops, strict=True)]

    def of_photo(self, data: bytes) -> Outline | None:
        """`outline_backend.photo_outline` of a photo, made once. Raises `MediaError`."""
        from tools.finder.looks.outline_backend import photo_outline

        def make() -> NDArray[np.void]:
            return np.array([(0, *_numbers(photo_outline(data)))], ROW)

        return _outline(kept_for_photo(data, self._photos, make)[0])

    def erase(self, ids: Sequence[int]) -> None:
        """Forget these sightings."""
        self._rows.erase(ids)


def _values(crop: bytes) -> tuple[int, float, float]:
    from tools.finder.looks.outline_backend import outline

    return _numbers(outline(crop))


def _numbers(found: Outline | None) -> tuple[int, float, float]:
    return (0, 0.0, 0.0) if found is None else (found.pixels, found.length, found.fill)


def _outline(row: NDArray[np.void]) -> Outline | None:
    from tools.finder.looks.outline_backend import Outline

    pixels = int(row["pixels"])
    return Outline(float(row["length"]), float(row["fill"]), pixels) if pixels else None
