"""Appearance vectors of sightings, by model version, in memory-mapped blocks. Owns no truth.

Files of rows lie side by side: the vector in half precision, the colour shares (bytes), and, in a house where much was
seen, a sketch (`tools.finder.looks.sketches`). What is missing is made again from the stored crops; a sighting that is
gone is never returned, since callers ask by the ids that the truth has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.house import House
from tools.finder.looks.appearance_types import Appearance
from tools.finder.looks.blocks import Blocks
from tools.finder.looks.colours import NAMES
from tools.finder.looks.layout import shares_of
from tools.finder.looks.sketches import Basis, Sketches
from tools.finder.records import Sighting

Floats = NDArray[np.float32]
BATCH = 64
PART = 16384
SHADES = len(NAMES) + 1


class Vectors:
    """The vectors of one house and model version, in `folder`. Raises `StorageError` when its files cannot be used."""

    def __init__(self, house: House, version: str) -> None:
        name = "".join(c if c.isalnum() else "-" for c in version).strip("-")[:64]
        self.folder = house.paths.finder / "vectors" / name
        self._shares = Blocks(self.folder, "shades", np.uint8, SHADES)
        self.sketches = Sketches(self.folder)

    def add(self, ids: Sequence[int], vectors: Sequence[Sequence[float]] | Floats) -> None:
        """Keep a vector for each sighting id; what was there of that id is replaced."""
        if len(ids) == 0:
            return
        matrix = np.asarray(vectors, np.float32)
        shares = np.round(shares_of(matrix) * 255).astype(np.uint8)
        self._shares.write(ids, np.concatenate([shares, np.ones((len(shares), 1), np.uint8)], 1))
        self._whole(matrix.shape[1]).write(ids, matrix.astype(np.float16))
        self.sketches.add(ids, matrix)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget these sightings."""
        width = self.width
        if len(ids) and width is not None:
            for blocks in (self._whole(width), self._shares):
                blocks.erase(ids)
            self.sketches.remove(ids)

    @property
    def width(self) -> int | None:
        """Dimensions of the vectors; None while there is none."""
        named = sorted(self.folder.glob("vector*-*.rows"))
        return int(named[0].name.removeprefix("vector").split("-")[0]) if named else None

    def matrix(self, ids: Sequence[int] | NDArray[np.int64]) -> Floats:
        """The vectors [n, d] of these ids; rows of zeros where there is none."""
        width = self.width
        if width is None:
            return np.zeros((len(ids), 0), np.float32)
        return _single(self._whole(width).read(ids))

    def shares(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The colour shares, 0 to 255, [n, 16], of these ids; the last column is 1 where there is a vector."""
        return np.asarray(self._shares.read(ids), np.uint8)

    def shares_from(self, first: int, count: int) -> NDArray[np.uint8]:
        """`shares` of `count` ids from `first` on."""
        return np.asarray(self._shares.run(first, count), np.uint8)

    def basis(self) -> Basis:
        """The basis of the sketches of all vectors, made where it is not there yet."""
        return self.sketches.prepare(self.count, self._ids, self.matrix)

    @property
    def count(self) -> int:
        """Rows there is room for: as many as the highest id that has a vector, about."""
        return sum(rows for _, rows in self._shares.lengths())

    def _ids(self) -> NDArray[np.int64]:
        """Of all that have a vector, ascending."""
        found = [first + np.flatnonzero(rows[:, -1]) for first, rows in self._shares.every()]
        return np.concatenate(found).astype(np.int64) if found else np.zeros(0, np.int64)

    def nearest(self, vector: Sequence[float], count: int) -> list[tuple[int, float]]:
        """Sighting ids nearest to `vector`, with the cosine, best first; all there are are compared."""
        query, found = np.asarray(vector, np.float32), list[tuple[float, int]]()
        ids = self._ids()
        for start in range(0, len(ids), PART):
            part = ids[start : start + PART]
            likeness = self.matrix(part) @ query
            best = np.argsort(-likeness, kind="stable")[:count]
            found = sorted([*found, *((-float(likeness[i]), int(part[i])) for i in best)])[:count]
        return [(id_, -value) for value, id_ in found]

    def of(self, sightings: Sequence[Sighting], describe: Callable[[], Appearance] | None = None) -> dict[int, Floats]:
        """The vectors of these sightings by id; missing ones are made from their crops where `describe` is given."""
        matrix = self.matrix([s.id for s in sightings])
        found = {s.id: row for s, row in zip(sightings, matrix, strict=True) if row.any()}
        missing = [s for s in sightings if s.id not in found and s.crop]
        if missing and describe is not None:
            appearance = describe()
            for start in range(0, len(missing), BATCH):
                part = missing[start : start + BATCH]
                made = appearance.describe([s.crop for s in part if s.crop])
                self.add([s.id for s in part], [one.vector for one in made])
                found.update({s.id: np.asarray(one.vector, np.float32) for s, one in zip(part, made, strict=True)})
        return found

    def _whole(self, width: int) -> Blocks:
        return Blocks(self.folder, f"vector{width}", np.float16, width)


def forget(house: House, ids: Sequence[int]) -> None:
    """Forget these sightings in the vectors of every version. Raises `StorageError`."""
    folder = house.paths.finder / "vectors"
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        if one.is_dir():
            Vectors(house, one.name).remove(ids)


def _single(half: NDArray[np.float16]) -> Floats:
    """Half precision as single, of finite numbers: several times faster than NumPy's conversion.

    The bits are those of a number whose exponent is too small by the difference of the biases, 127 - 15.
    """
    bits = half.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x70002000)  # the sign was stretched over the exponent's highest bits
    found = bits.view(np.float32)
    found *= np.float32(2.0**112)
    return found
