"""Rows of fixed width in memory-mapped files, addressed by sighting id. Owns no meaning of the rows and no truth.

A row lies in the file of its block at a place that follows from its id alone, so nothing has to be looked up, a row
can be written again, and a search maps the files and reads only what it needs. A row of zeros is a row that is not
there. Files hold derived data: what is lost is made again from the truth.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.errors import storage_errors
from runtime.paths import ensure

ROWS = 1 << 16
"""Rows of a block; in the names of the files, since a row's place follows from it."""


class Blocks:
    """Rows of `dtype` (a structured type, or a plain one with `width` values a row) under `folder`."""

    def __init__(self, folder: Path, name: str, dtype: Any, width: int = 1) -> None:
        self._folder, self._name, self._width = folder, name, width
        self._dtype = np.dtype(dtype)

    def write(self, ids: Sequence[int] | NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Put `rows` [n] or [n, width] at `ids`. Raises `StorageError`."""
        places = np.asarray(ids, np.int64)
        values = np.ascontiguousarray(rows, self._dtype).reshape(len(places), -1)
        with storage_errors(self._folder):
            ensure(self._folder)
            for block in np.unique(places // ROWS).tolist():
                mine = np.flatnonzero(places // ROWS == block)
                mine = mine[np.argsort(places[mine], kind="stable")]
                self._write_block(int(block), places[mine] % ROWS, values[mine])

    def _write_block(self, block: int, places: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Write runs of neighbouring rows, each in one go."""
        file = self._file(block)
        size = values.shape[1] * self._dtype.itemsize
        with open(file, "r+b" if os.path.exists(file) else "w+b") as out:  # noqa: PTH110, PTH123 - asked thousands of times
            starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
            for start, end in zip(starts, [*starts[1:].tolist(), len(places)], strict=True):
                out.seek(int(places[start]) * size)
                out.write(values[start:end].tobytes())

    def erase(self, ids: Sequence[int] | NDArray[np.int64]) -> None:
        """Overwrite the rows of `ids` with zeros; ids without a row are no error."""
        places = np.asarray(ids, np.int64)
        known = {block: len(rows) for block, rows in self._maps()}
        held = places[[place % ROWS < known.get(place // ROWS, 0) for place in places.tolist()]]
        if len(held):
            self.write(held, np.zeros((len(held), self._width), self._dtype))

    def read(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[Any]:
        """The rows of `ids`, [n] or [n, width]; zeros where there is none. Ascending ids are read fastest."""
        places = np.asarray(ids, np.int64)
        if len(places) > 1 and not (places[1:] > places[:-1]).all():
            order, back = np.unique(places, return_inverse=True)
            return np.asarray(self.read(order)[back])
        found = np.zeros((len(places), self._width), self._dtype)
        start = 0
        while start < len(places):
            block = int(places[start]) // ROWS
            end = int(np.searchsorted(places, (block + 1) * ROWS))
            rows = self._map(block)
            if rows is not None:
                end_held = int(np.searchsorted(places[start:end], block * ROWS + len(rows))) + start
                mine = places[start:end_held] - block * ROWS
                dense = len(mine) > 0 and int(mine[-1] - mine[0]) == len(mine) - 1
                found[start:end_held] = rows[mine[0] : mine[-1] + 1] if dense else rows[mine]
            start = end
        return found if self._width > 1 else found.reshape(-1)

    def lengths(self) -> list[tuple[int, int]]:
        """The first id and the number of rows of each block that there is, by id."""
        return [(block * ROWS, len(rows)) for block, rows in self._maps()]

    def whole(self, lengths: Sequence[tuple[int, int]]) -> NDArray[Any]:
        """All rows of the blocks that start at these ids, so many of each, one after the other: read, not mapped."""
        found = np.zeros((sum(count for _, count in lengths), self._width), self._dtype)
        start = 0
        for first, count in lengths:
            file = self._file(first // ROWS)
            with storage_errors(self._folder):
                if os.path.exists(file):  # noqa: PTH110
                    rows = np.fromfile(file, self._dtype, count * self._width).reshape(-1, self._width)
                    found[start : start + len(rows)] = rows
            start += count
        return found if self._width > 1 else found.reshape(-1)

    def every(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """The first id and the rows, [n] or [n, width], of each block, by id; mapped, not read."""
        for block, rows in self._maps():
            yield block * ROWS, rows if self._width > 1 else rows.reshape(-1)

    def _maps(self) -> Iterator[tuple[int, NDArray[Any]]]:
        for file in sorted(self._folder.glob(f"{self._name}-{ROWS >> 10}k-*.rows")):
            block = int(file.stem.rpartition("-")[2])
            rows = self._map(block)
            if rows is not None:
                yield block, rows

    def _map(self, block: int) -> NDArray[Any] | None:
        with storage_errors(self._folder):
            try:
                handle = os.open(self._file(block), os.O_RDONLY)
            except FileNotFoundError:
                return None
            try:
                size = os.fstat(handle).st_size
                count = size // (self._width * self._dtype.itemsize)
                held = mmap.mmap(handle, size, access=mmap.ACCESS_READ) if count else None
            finally:
                os.close(handle)
        if held is None:
            return None
        return np.frombuffer(held, self._dtype, count * self._width).reshape(count, self._width)

    def _file(self, block: int) -> str:
        return f"{self._folder}/{self._name}-{ROWS >> 10}k-{block:06d}.rows"
