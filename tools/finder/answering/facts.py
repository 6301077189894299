"""The columns of sightings that a search scans, in memory-mapped blocks beside the database. Owns no vectors.

SQLite holds the truth; reading a million of its rows takes seconds, scanning the same facts in these files some
milliseconds. `catch_up` brings the files into line with the truth, by the ids that the database's triggers noted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from runtime.paths import ensure, replacing
from tools.finder.answering.within import FURNITURE, inside
from tools.finder.looks.blocks import Blocks
from tools.finder.looks.outline_rows import OutlineRows
from tools.finder.records import Sighting
from tools.finder.store import FinderStore

FACT = np.dtype(
    [("id", "<i8"), ("first", "<f8"), ("last", "<f8"), ("box", "<f4", 4), ("score", "<f4"), ("label", "<u4"),
     ("camera", "<u2"), ("flags", "u1"), ("ended", "<i8"), ("length", "u1"), ("aspect", "u1"), ("cell", "<u2"),
     ("sure", "u1"), ("within", "u1")]
)  # fmt: skip
PLACED, TAKEN, COVERED, CHANGE, DETECTOR, DARK, CROP, ENDED = (1 << bit for bit in range(8))
"""Flags: it was put there; it was taken away; it was covered; found by a change; by the detector; dark; has a crop; a
change ended it (one that has expired as well)."""
BATCH = 20_000
LAYOUT = "6"
SCANNED = ("camera", "label", "flags", "length", "aspect", "cell", "sure", "within")
"""The columns that a first look at all sightings needs."""
COLUMNS = (*SCANNED, "last")
"""The facts that are kept by columns as well as by rows."""
STEPS = 16.0
"""Steps of `length` and `aspect` for a natural logarithm."""
CELL_PX = 16
"""Sides of the squares of a picture, 256 a row, of which `cell` has the one that the lower part of a box lies in."""
AROUND, BESIDE = 512, 256
"""As many ids before and after one are looked at for what it lies within, and as many may lie within it."""


class Forgets(Protocol):
    """Other derived data of sightings: `tools.finder.looks.vectors.Vectors`."""

    def remove(self, ids: Sequence[int]) -> None:
        """Forget these sightings."""


@dataclass(frozen=True)
class Table:
    """Facts of sightings as columns, by ascending id; `shares` [n, 16]: of the colours, 0 to 255, and at the
    end 1 where there is a vector."""

    rows: Mapping[str, NDArray[Any]]
    """The fields of `FACT`, each [n] (`box` [n, 4])."""
    shares: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.rows["id"])

    @classmethod
    def of(cls, facts: NDArray[Any], shares: NDArray[np.uint8]) -> Table:
        """From rows of `FACT`."""
        return cls({name: np.ascontiguousarray(facts[name]) for name in FACT.names or ()}, shares)

    def flag(self, flags: int) -> NDArray[np.bool_]:
        """Which have one of these flags."""
        return np.asarray((self.rows["flags"] & flags) != 0)

    def labelled(self, labels: Iterable[str]) -> NDArray[np.bool_]:
        """Which are called by one of these labels."""
        return np.isin(self.rows["label"], [code(label) for label in labels])

    def take(self, places: NDArray[Any]) -> Table:
        """The rows at these places (indices or a mask)."""
        return Table({name: column[places] for name, column in self.rows.items()}, self.shares[places])


def code(label: str | None) -> int:
    """A label as a number: its CRC-32, 0 for none. Two of some thousand labels hardly ever share one."""
    return crc32(label.casefold().encode()) if label else 0


def fact_of(sighting: Sighting, placed: str | None = None, ended: str | None = None) -> tuple[Any, ...]:
    """A row of `FACT`; `placed` and `ended`: the types of the changes that began and ended the stay."""
    s, colours = sighting, " ".join(sighting.colours)
    looks = (s.origin, s.label, s.label_score, colours, s.crop is not None)
    changes = (s.ended_by, placed or s.placed_by, ended or s.ended_by)
    return _fact((s.id, s.camera_id, s.first_seen, s.last_seen, *s.box, *looks, *changes))


def _fact(row: tuple[Any, ...]) -> tuple[Any, ...]:
    id_, camera, first, last, x, y, w, h, origin, label, score, colours, crop, end, placed, ended = row
    flags = (PLACED if placed else 0) | (CHANGE if origin == "change" else 0) | (CROP if crop else 0)
    flags |= (DETECTOR if origin == "detector" else 0) | (DARK if "dark" in colours.split() else 0)
    flags |= 0 if not ended else ENDED | (COVERED if ended == "covered" else TAKEN)
    length, aspect = max(w, h, 1.0), max(w, h, 1.0) / max(1.0, min(w, h))
    bins = tuple(min(255, round(STEPS * math.log(value))) for value in (length, aspect))
    cell = [min(255, max(0, int(at / CELL_PX))) for at in (x + w / 2, y + 0.85 * h)]
    small = (*bins, cell[1] * 256 + cell[0], round(255 * min(1.0, max(0.0, score or 0.0))), 0)
    return (id_, first, last, (x, y, w, h), score or 0.0, code(label), camera, flags, end or 0, *small)


class Facts:
    """The files under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole = Blocks(folder, "fact", FACT)
        self._columns = {name: Blocks(folder, name, FACT[name]) for name in COLUMNS}
        self.outlines = OutlineRows(folder)

    def catch_up(self, store: FinderStore, others: Sequence[Forgets] = ()) -> int:
        """Bring the files into line with the truth; `others` forget what is gone. Returns how many rows were read."""
        mark = self._folder / "layout"
        if not mark.exists() or mark.read_text(encoding="ascii") != LAYOUT:
            for file in self._folder.glob("*.rows"):
                file.unlink()
            store.forget_settled()
            with replacing(ensure(self._folder) / "layout") as beside:
                beside.write_text(LAYOUT, encoding="ascii")
        done = 0
        while ids := store.stale(BATCH):
            rows = [_fact(row) for row in store.facts(ids)]
            if rows:
                self.keep(np.array(rows, FACT))
            gone = sorted(set(ids) - {row[0] for row in rows})
            for blocks in (self._whole, *self._columns.values()):
                blocks.erase(gone)
            self.outlines.erase(gone)
            for other in others:
                other.remove(gone)
            self._settle_within(np.array(ids, np.int64))
            store.settle(ids)
            done += len(ids)
        return done

    def keep(self, rows: NDArray[Any]) -> None:
        """Write rows of `FACT`, in place of those of their ids."""
        self._whole.write(rows["id"], rows)
        for name, column in self._columns.items():
            column.write(rows["id"], rows[name])

    def _settle_within(self, ids: NDArray[np.int64]) -> None:
        """Find anew what lies within what, for these ids and those of the same recordings, which lie beside them."""
        for first, last in _runs(ids, 2 * AROUND):
            near = np.arange(max(1, first - AROUND), last + AROUND + 1)
            rows = self._whole.read(near)
            rows = rows[rows["camera"] != 0]
            table = Table.of(rows, np.zeros((len(rows), 1), np.uint8))
            lies = inside(table.rows, table.flag(PLACED), table.flag(TAKEN), table.labelled(FURNITURE))
            changed = (rows["within"] != lies) & (rows["id"] >= first - BESIDE) & (rows["id"] <= last + BESIDE)
            rows["within"] = lies
            for blocks, values in ((self._whole, rows), (self._columns["within"], rows["within"])):
                blocks.write(rows["id"][changed], values[changed])

    def scan(self, camera: int | None = None, since: float | None = None) -> dict[str, NDArray[Any]]:
        """The `SCANNED` columns and the ids of all sightings, by id; of one camera; of those seen since a time."""
        lengths = self._columns["camera"].lengths()
        found = self._columns_of(lengths)
        found["id"] = _ids(lengths)
        kept = found["camera"] != 0 if camera is None else found["camera"] == camera
        if since is not None:
            kept &= self._columns["last"].whole(lengths) >= since
        count = int(np.count_nonzero(kept))
        first, end = (int(kept.argmax()), len(kept) - int(kept[::-1].argmax())) if count else (0, 0)
        held = slice(first, end) if end - first == count else np.flatnonzero(kept)  # no gaps: nothing is copied
        return {name: column[held] for name, column in found.items()}

    def _columns_of(self, lengths: Sequence[tuple[int, int]]) -> dict[str, NDArray[Any]]:
        """The `SCANNED` columns of all rows of these blocks, in one piece of memory: the system gives a large one by
        large pages, many smaller ones by thousands of small pages, which take longer than reading them."""
        count, at = sum(rows for _, rows in lengths), 0
        room, found = (
            np.empty(count * sum(FACT[name].itemsize for name in SCANNED), np.uint8),
            dict[str, NDArray[Any]](),
        )
        for name in sorted(SCANNED, key=lambda name: -FACT[name].itemsize):
            end = at + count * FACT[name].itemsize
            found[name] = self._columns[name].whole(lengths, room[at:end].view(FACT[name]))
            at = end
        return found

    def last_seen(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """When these sightings were seen last; `ids` ascend."""
        return np.asarray(self._columns["last"].read(ids), np.float64)

    def rows(self, ids: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """All columns of these sightings; `ids` ascend."""
        rows = self._whole.read(ids)
        return {name: np.ascontiguousarray(rows[name]) for name in FACT.names or ()}


def _ids(lengths: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Of all rows of these blocks."""
    if lengths and lengths[-1][0] - lengths[0][0] == sum(count for _, count in lengths[:-1]):  # none is missing
        return np.arange(lengths[0][0], sum(lengths[-1]))
    return np.concatenate([np.arange(first, first + count) for first, count in lengths] or [np.zeros(0, np.int64)])


def _runs(ids: NDArray[np.int64], apart: int) -> list[tuple[int, int]]:
    """The first and last of each run of ascending ids that have at most `apart` between them."""
    ends = np.flatnonzero(np.diff(ids) > apart)
    starts = [0, *(ends + 1).tolist()]
    return [(int(ids[a]), int(ids[b])) for a, b in zip(starts, [*ends.tolist(), len(ids) - 1], strict=True)]
