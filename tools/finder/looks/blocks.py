"""Rows of fixed width in memory-mapped files, addressed by sighting id. Owns no meaning of the rows and no truth.

A row lies in the file of its block at a place that follows from its id alone, so nothing has to be looked up, a row
can be written again, and a search maps the files and reads only what it needs. A row of zeros is a row that is not
there. Files hold derived data: what is lost is made again from the truth.

Whole files and rows far apart are read: a page of a mapping costs a fault, and rows far apart cost one each. Where some
of the rows of a file are wanted, it is mapped, so that the others are not copied.
"""

from __future__ import annotations

import mmap
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from runtime.errors import storage_errors
from runtime.paths import ensure

T = TypeVar("T")

ROWS = 1 << 16
"""Rows of a block; in the names of the files, since a row's place follows from it."""
MOST_THREADS = 4
MANY_BYTES = 8 << 20
"""Reads of so much are shared among threads."""
APART = 16 << 10
"""Rows that lie this many bytes apart on average are read one by one: a call costs about what so many bytes do."""


class Blocks:
    """Rows of `dtype` (a structured type, or a plain one with `width` values a row) under `folder`."""

    def __init__(self, folder: Path, name: str, dtype: Any, width: int = 1) -> None:
        self._folder, self._name, self._width = folder, name, width
        self._dtype = np.dtype(dtype)

    def write(self, ids: Sequence[int] | NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Put `rows` [n] or [n, width] at `ids`. Raises `StorageError`."""
        places = np.asarray(ids, np.int64)
        if not len(places):
            return
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
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)  # never cut: others may have it mapped
        with os.fdopen(handle, "r+b") as out:
            starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
            for start, end in zip(starts, [*starts[1:].tolist(), len(places)], strict=True):
                out.seek(int(places[start]) * size)
                out.write(values[start:end].tobytes())

    def erase(self, ids: Sequence[int] | NDArray[np.int64]) -> None:
        """Overwrite the rows of `ids` with zeros; ids without a row are no error."""
        places = np.asarray(ids, np.int64)
        if not len(places):
            return
        known = {first // ROWS: count for first, count in self.lengths()}
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
        parts, start = list[tuple[int, int, int]](), 0
        while start < len(places):
            block = int(places[start]) // ROWS
            end = int(np.searchsorted(places, (block + 1) * ROWS))
            parts.append((block, start, end))
            start = end

        def read(part: tuple[int, int, int]) -> None:
            block, start, end = part
            self._read_block(block, places[start:end] - block * ROWS, found[start:end])

        side_by_side(read, parts, worth=found.nbytes >= MANY_BYTES)
        return found if self._width > 1 else found.reshape(-1)

    def _read_block(self, block: int, places: NDArray[np.int64], found: NDArray[Any]) -> None:
        """Fill `found` with the rows at these places of a block: few far apart each by itself, others out of a map."""
        first, spanned, size = int(places[0]), int(places[-1] - places[0]) + 1, self._row_bytes
        with self._opened(block) as handle:
            if handle is None:
                return
            if spanned == len(places):
                _fill(handle, found, first * size)
            elif spanned * size > len(places) * APART:
                raw = found.reshape(-1).view(np.uint8).data
                for number, place in enumerate(places.tolist()):
                    os.preadv(handle, [raw[number * size : (number + 1) * size]], place * size)
            else:
                self._pick(handle, places, found)

    def _pick(self, handle: int, places: NDArray[np.int64], found: NDArray[Any]) -> None:
        """Fill `found` with the rows at these places of an open block through a mapping: what lies between them is not
        copied, and the system maps what is near a place with it."""
        count = os.fstat(handle).st_size // self._row_bytes
        held = int(np.searchsorted(places, count))
        if held:
            mapped = mmap.mmap(handle, count * self._row_bytes, access=mmap.ACCESS_READ)
            rows = np.frombuffer(mapped, self._dtype, count * self._width).reshape(count, self._width)
            np.take(rows, places[:held], 0, out=found[:held], mode="clip")

    def lengths(self) -> list[tuple[int, int]]:
        """The first id and the number of rows of each block that there is, by id."""
        sizes = [(block, os.stat(self._file(block)).st_size) for block in self._known()]  # noqa: PTH116
        return [(block * ROWS, size // self._row_bytes) for block, size in sizes]

    def whole(self, lengths: Sequence[tuple[int, int]], found: NDArray[Any] | None = None) -> NDArray[Any]:
        """All rows of the blocks that start at these ids, so many of each, one after the other: read, not mapped.

        `found`: an array for them, of this type and as many rows and values.
        """
        ends = np.cumsum([0, *(count for _, count in lengths)]).tolist()
        if found is None:
            found = np.empty((ends[-1], self._width), self._dtype)
        rows = found.reshape(ends[-1], self._width)

        def read(number: int) -> None:
            self._fill_from(lengths[number][0], rows[ends[number] : ends[number + 1]])

        side_by_side(read, range(len(lengths)), worth=rows.nbytes >= MANY_BYTES)
        return rows if self._width > 1 else rows.reshape(-1)

    def run(self, first: int, count: int) -> NDArray[Any]:
        """The rows of `count` ids from `first` on, [n] or [n, width]; zeros where there is none."""
        starts = [first, *range((first // ROWS + 1) * ROWS, first + count, ROWS)]
        rows = np.empty((count, self._width), self._dtype)

        def read(start: int) -> None:
            end = min((start // ROWS + 1) * ROWS, first + count)
            self._fill_from(start, rows[start - first : end - first])

        side_by_side(read, starts, worth=rows.nbytes >= MANY_BYTES)
        return rows if self._width > 1 else rows.reshape(-1)

    def _fill_from(self, first: int, rows: NDArray[Any]) -> None:
        """Read the rows of the ids from `first` on, which lie in one block, into `rows` (contiguous)."""
        with self._opened(first // ROWS) as handle:
            got = 0 if handle is None else _fill(handle, rows, first % ROWS * self._row_bytes)
        rows.reshape(-1).view(np.uint8)[got:] = 0

    def every(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """The first id and the rows, [n] or [n, width], of each block, by id; mapped, not read."""
        for block, rows in self._maps():
            yield block * ROWS, rows if self._width > 1 else rows.reshape(-1)

    def _maps(self) -> Iterator[tuple[int, NDArray[Any]]]:
        for block in self._known():
            rows = self._map(block)
            if rows is not None:
                yield block, rows

    def _known(self) -> list[int]:
        """The numbers of the blocks that there are, ascending."""
        start, end = f"{self._name}-{ROWS >> 10}k-", ".rows"
        if not self._folder.is_dir():
            return []
        names = [name for name in os.listdir(self._folder) if name.startswith(start) and name.endswith(end)]  # noqa: PTH208
        return sorted(int(name[len(start) : -len(end)]) for name in names)

    def _map(self, block: int) -> NDArray[Any] | None:
        with self._opened(block) as handle:
            if handle is None:
                return None
            size = os.fstat(handle).st_size
            count = size // self._row_bytes
            held = mmap.mmap(handle, size, access=mmap.ACCESS_READ) if count else None
        if held is None:
            return None
        return np.frombuffer(held, self._dtype, count * self._width).reshape(count, self._width)

    @contextmanager
    def _opened(self, block: int) -> Iterator[int | None]:
        """The file of a block, open for reading; None where there is none. Raises `StorageError`."""
        with storage_errors(self._folder):
            try:
                handle = os.open(self._file(block), os.O_RDONLY)
            except FileNotFoundError:
                yield None
                return
            try:
                yield handle
            finally:
                os.close(handle)

    @property
    def _row_bytes(self) -> int:
        return int(self._width * self._dtype.itemsize)

    def _file(self, block: int) -> str:
        return f"{self._folder}/{self._name}-{ROWS >> 10}k-{block:06d}.rows"


def side_by_side(work: Callable[[T], None], parts: Sequence[T], *, worth: bool = True) -> None:
    """Do `work` for each of the parts, some at a time where that is `worth` it: NumPy and the system let others run."""
    if len(parts) < 2 or not worth:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(min(MOST_THREADS, len(parts), os.cpu_count() or 1)) as threads:
        deque(threads.map(work, parts), maxlen=0)


def _fill(handle: int, rows: NDArray[Any], offset: int) -> int:
    """Read a file from `offset` on into `rows` (contiguous), as far as it goes: how many bytes that was."""
    raw, done = rows.reshape(-1).view(np.uint8).data, 0
    while done < len(raw):
        got = os.preadv(handle, [raw[done:]], offset + done)
        if got == 0:
            break
        done += got
    return done
