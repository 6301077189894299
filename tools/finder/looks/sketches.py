"""Small stand-ins for appearance vectors, which can be compared for hundreds of thousands of sightings at once.

A sketch holds the coefficients of a vector's features and palette in a basis that the house's own vectors span best
(principal directions, without centring, so that inner products stay what they are; Pearson 1901), one byte each. The
evidence of `tools.finder.answering.evidence` is computed on sketches as on whole vectors. The basis is found again
while the house is young, and kept from then on. Owns no vectors: what is lost is made again from them.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.errors import storage_errors
from runtime.paths import ensure, replacing
from tools.finder.looks.blocks import Blocks
from tools.finder.looks.layout import Parts, take_apart

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
FEATURES, COLOURS = 96, 24
"""Directions of the basis for features and for palettes; three quarters, and nearly all, of what they hold."""
SAMPLE = 3000
YOUNG = 50_000
"""A house in which so much was seen keeps its basis."""
GROWTH = 4
"""A younger one finds its basis again after it has grown by this factor."""
PART = 8192


@dataclass(frozen=True)
class Basis:
    """`features` [d, m] and `palettes` [216, k] have orthonormal columns; `steps` [m + k]: of one in a sketch."""

    features: Floats
    palettes: Floats
    steps: Floats
    fitted: int
    """How many sightings there were."""

    def reduce(self, parts: Parts) -> Parts:
        """Vectors or directions in the basis; their inner products are nearly the same there."""
        return replace(parts, features=parts.features @ self.features, palettes=parts.palettes @ self.palettes)

    def written(self, vectors: Floats) -> NDArray[np.int8]:
        """The sketches [n, m + k] of vectors [n, d + 216 + 15]; a row of zeros stays one."""
        small = self.reduce(take_apart(vectors))
        values = np.concatenate([small.features, small.palettes], 1) / self.steps
        return np.clip(np.round(values), -127, 127).astype(np.int8)

    def parts(self, sketches: NDArray[np.int8], shares: Floats) -> Parts:
        """Sketches as parts in the basis; `shares` [n, 15] are kept apart from them."""
        values = sketches.astype(np.float32)
        values *= self.steps
        cut = self.features.shape[1]
        return Parts(values[:, :cut], values[:, cut:], shares)


class Sketches:
    """The sketches under `folder`. Raises `StorageError` when its files cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def basis(self) -> Basis | None:
        """The basis in use; None while none was needed."""
        found = self._bases()
        if not found:
            return None
        with storage_errors(self._folder), np.load(found[-1], allow_pickle=False) as held:
            return Basis(held["features"], held["palettes"], held["steps"], int(held["fitted"]))

    def add(self, ids: Sequence[int], vectors: Floats) -> None:
        """Sketch the vectors of these ids, where a basis is in use."""
        with self._locked():
            basis = self.basis()
            if basis is not None:
                self._blocks(basis).write(ids, basis.written(vectors))

    def remove(self, ids: Sequence[int]) -> None:
        """Forget these ids."""
        basis = self.basis()
        if basis is None:
            self._clear(None)
        else:
            self._blocks(basis).erase(ids)

    def read(self, ids: Ids, basis: Basis) -> NDArray[np.int8]:
        """The sketches of ascending ids; rows of zeros where there is none."""
        return np.asarray(self._blocks(basis).read(ids), np.int8)

    def prepare(self, count: int, every: Callable[[], Ids], matrix: Callable[[Ids], Floats]) -> Basis:
        """The basis for a house of `count` sightings, found and sketched anew where it has grown out of the last one.

        `every` gives the ascending ids of all that have a vector, `matrix` their vectors.
        """
        with self._locked():
            basis = self.basis()
            if basis is not None and (basis.fitted >= YOUNG or count < GROWTH * basis.fitted):
                return basis
            ids = every()
            basis = fit(matrix(ids[:: 1 + len(ids) // SAMPLE]), count)
            for start in range(0, len(ids), PART):
                part = ids[start : start + PART]
                self._blocks(basis).write(part, basis.written(matrix(part)))
            with replacing(self._folder / f"basis-{basis.fitted:09d}.npz") as beside, beside.open("wb") as out:
                np.savez(out, features=basis.features, palettes=basis.palettes, steps=basis.steps, fitted=count)
            self._clear(basis)
        return basis

    def _clear(self, basis: Basis | None) -> None:
        """Remove bases and sketches that do not, or no longer, count."""
        for file in [*self._folder.glob("basis-*.npz"), *self._folder.glob("sketch-*.rows")]:
            if basis is None or f"-{basis.fitted:09d}" not in file.name:
                file.unlink(missing_ok=True)

    def _bases(self) -> list[Path]:
        return sorted(self._folder.glob("basis-*.npz"))

    def _blocks(self, basis: Basis) -> Blocks:
        return Blocks(self._folder, f"sketch-{basis.fitted:09d}", np.int8, len(basis.steps))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time writes: what is added while the basis changes is neither lost nor of the old one."""
        with storage_errors(self._folder), (ensure(self._folder) / "sketch.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def fit(vectors: Floats, count: int) -> Basis:
    """The basis of a house of `count` sightings, from a sample of its vectors [n, d + 216 + 15]."""
    parts = take_apart(vectors[vectors.any(1)])
    features = _directions(parts.features, FEATURES)
    palettes = _directions(parts.palettes, COLOURS)
    values = np.concatenate([parts.features @ features, parts.palettes @ palettes], 1)
    largest = np.abs(values).max(0) if len(values) else np.ones(values.shape[1])
    return Basis(features, palettes, np.maximum(largest * 1.2 / 127, 1e-6).astype(np.float32), count)


def _directions(rows: Floats, count: int) -> Floats:
    """The `count` orthonormal directions [d, count] that hold most of `rows` [n, d]."""
    _, vectors = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    return np.ascontiguousarray(vectors[:, ::-1][:, :count], np.float32)
