"""Appearance vectors of sightings, in Chroma, by model version. Owns no truth: what is missing is made again.

The collection lies under the finder's folder. A vector of a sighting that is gone is never returned, since callers ask
by the ids that the truth has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.errors import HausgeistError, StorageError
from runtime.house import House
from runtime.paths import ensure
from tools.finder.looks.appearance_types import Appearance
from tools.finder.records import Sighting

Floats = NDArray[np.float32]
BATCH = 64


class Vectors:
    """The vectors of one house and model version. Raises `StorageError` when Chroma's files cannot be used."""

    def __init__(self, house: House, version: str) -> None:
        from tools.finder.looks.vectors_backend import ChromaVectors

        folder = ensure(house.paths.finder / "vectors")
        try:
            self._chroma = ChromaVectors(folder, version)
        except HausgeistError:
            raise
        except Exception as problem:
            remedy = "Move that folder aside: it is made again from the index at the next search."
            raise StorageError(f"The vectors under {folder} cannot be opened: {problem}.", remedy=remedy) from problem

    def add(self, ids: Sequence[int], vectors: Sequence[Sequence[float]]) -> None:
        """Keep a vector for each sighting id; what was there of that id is replaced."""
        if ids:
            self._chroma.add(ids, np.asarray(vectors, np.float32))

    def remove(self, ids: Sequence[int]) -> None:
        """Forget these sightings."""
        if ids:
            self._chroma.remove(ids)

    def nearest(self, vector: Sequence[float], count: int) -> list[tuple[int, float]]:
        """Sighting ids nearest to `vector`, with the cosine, best first."""
        return self._chroma.nearest(np.asarray(vector, np.float32), count)

    def of(
        self,
        sightings: Sequence[Sighting],
        describe: Callable[[], Appearance] | None = None,
    ) -> dict[int, Floats]:
        """The vectors of these sightings by id; missing ones are made from their crops where `describe` is given."""
        found = self._chroma.get([s.id for s in sightings]) if sightings else {}
        missing = [s for s in sightings if s.id not in found and s.crop]
        if missing and describe is not None:
            appearance = describe()
            for start in range(0, len(missing), BATCH):
                part = missing[start : start + BATCH]
                made = appearance.describe([s.crop for s in part if s.crop])
                self.add([s.id for s in part], [one.vector for one in made])
                found.update({s.id: np.asarray(one.vector, np.float32) for s, one in zip(part, made, strict=True)})
        return found
