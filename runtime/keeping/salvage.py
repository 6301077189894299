"""Reads what can be read of a damaged SQLite file, row by row, around its broken pages. Owns no meaning of the rows.

The way is that of SQLite's own `.recover`, on the level of rows: each table is read by ascending row id until a page
cannot be read, then from its other end, and what lies between is halved again and again. A row whose number a flipped
bit changed gets its own back (`numbering`). A file whose first hundred bytes are broken gets those of a fresh one first
(SQLite, "Database File Format", 1.3).
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.errors import storage_errors
from runtime.keeping.numbering import LAST, PAGE, broken_pages, dropped, holes, ranges_of, true_numbers
from runtime.keeping.soundness import parts

_MAGIC = b"SQLite format 3\0"
_LEAF, _INNER = 0x0D, 0x05
MOST_HALVINGS = 4000
Row = tuple[Any, ...]


@dataclass
class Saved:
    """What came of one table. `gaps`: ranges (first, last) of row ids in which rows may be missing."""

    rows: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether every row of the table was read."""
        return not self.gaps


@dataclass(frozen=True)
class Table:
    """A table as a damaged file shows it: its columns, whether its rows have numbers, and the column that holds them
    ("" where none does)."""

    name: str
    columns: tuple[str, ...]
    numbered: bool
    number: str = ""


class Wreck:
    """A damaged database, opened on a copy so that the file itself stays as it is. Use as a context manager."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> Wreck:
        self._folder = tempfile.TemporaryDirectory(prefix="hausgeist-salvage-")
        copied = Path(self._folder.name) / "wreck"
        with storage_errors(self._file):
            for part in parts(self._file):
                if not part.name.endswith("-shm"):  # the log's index is made anew
                    shutil.copyfile(part, copied.with_name("wreck" + part.name[len(self._file.name) :]))
        mend_header(copied)
        self._copied = copied
        self._database = sqlite3.connect(copied, isolation_level=None)
        self._database.text_factory = lambda data: data.decode("utf-8", "replace")
        for wish in ("writable_schema = ON", "wal_checkpoint(TRUNCATE)"):  # a broken entry does not spoil the others
            with suppress(sqlite3.DatabaseError):
                self._database.execute(f"PRAGMA {wish}").fetchall()
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._folder.cleanup()

    @property
    def version(self) -> int | None:
        """The schema's version; None where even that cannot be read."""
        try:
            return int(self._database.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError:
            return None

    def table(self, name: str) -> Table | None:
        """The table of that name; None where the file does not show one."""
        try:
            told = self._database.execute(f"PRAGMA table_info({name})").fetchall()
            columns, keys = [row[1] for row in told], [row for row in told if row[5]]
            if not columns:
                return None
            self._database.execute(f"SELECT rowid FROM {name} LIMIT 0")  # noqa: S608 - a name of ours
        except sqlite3.OperationalError as problem:
            return Table(name, tuple(columns), False) if "rowid" in str(problem) else None
        except sqlite3.DatabaseError:
            return None
        number = keys[0][1] if len(keys) == 1 and str(keys[0][2]).upper() == "INTEGER" else ""
        return Table(name, tuple(columns), True, number)

    def rows(self, table: Table, columns: Sequence[str], saved: Saved) -> Iterator[Row]:
        """Every readable row of `table` once, as (row id, *columns); what was not readable is noted in `saved`."""
        names = ", ".join(f'"{column}"' for column in columns)
        if not table.numbered:
            yield from self._unnumbered(table, names, saved)
            return
        true = self._numbers(table)
        saved.gaps += dropped(true)
        numbers: list[int] = []
        for row in self._numbered(table, names, saved, numbers, true):
            if table.number in columns and row[0] != row[1 + columns.index(table.number)]:
                at = 1 + columns.index(table.number)
                row = (*row[:at], row[0], *row[at + 1 :])
            yield row
        numbers.sort()
        saved.gaps = joined([*saved.gaps, *holes(numbers, self._broken_ranges(table))])

    def _numbers(self, table: Table) -> list[int | None]:
        """The true numbers of the rows in the order of the file, as far as it can be read."""
        read: list[int] = []
        with suppress(sqlite3.DatabaseError):
            for row in self._database.execute(f"SELECT rowid FROM {table.name} NOT INDEXED"):  # noqa: S608 - ours
                read.append(row[0])
                if len(read) > self._copied.stat().st_size:  # pages that point at each other
                    break
        return true_numbers(read, self._given_out(table.name)) if table.number else list(read)

    def _given_out(self, table: str) -> int | None:
        """The highest number that was ever given to a row, where the table counts; else None."""
        with suppress(sqlite3.DatabaseError):
            row = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            return row[0] if row and isinstance(row[0], int) else None
        return None

    def _broken_ranges(self, table: Table) -> list[tuple[int, int]]:
        """The numbers of rows whose pages SQLite's own check finds wrong: some may be missing without an error."""
        with suppress(sqlite3.DatabaseError):
            root = self._database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table.name,)).fetchone()
            if root and isinstance(root[0], int):
                return ranges_of(self._copied.read_bytes(), root[0], broken_pages(self._database, table.name))
        return []

    def _numbered(
        self, table: Table, names: str, saved: Saved, numbers: list[int], true: Sequence[int | None]
    ) -> Iterator[Row]:
        waiting, halvings = [(-LAST, LAST)], 0
        broke: list[int] = []
        while waiting:
            first, last = waiting.pop()
            ascending = _Reading(self._database, table.name, names, first, last, "ASC")
            if (first, last) == (-LAST, LAST):
                ascending.true = true
            yield from _noting(ascending, numbers)
            if ascending.whole:
                continue
            first = max(first, ascending.reached + 1)
            broke.append(first)
            descending = _Reading(self._database, table.name, names, first, last, "DESC")
            yield from _noting(descending, numbers)
            last = min(last, descending.reached - 1)
            if descending.whole or first > last:
                continue
            broke.append(last)
            halvings += 1
            if first == last or halvings > MOST_HALVINGS:
                saved.gaps.append((first, last))
                continue
            middle = (first + last) // 2
            waiting += [(middle + 1, last), (first, middle)]
        saved.gaps = joined([*saved.gaps, *_unread(numbers, broke)])

    def _unnumbered(self, table: Table, names: str, saved: Saved) -> Iterator[Row]:
        """Rows of a table without row ids: from its beginning until a page cannot be read.

        A page that seems to end too early is seen by SQLite's own check only.
        """
        try:
            for row in self._database.execute(f"SELECT {names} FROM {table.name}"):  # noqa: S608 - names of ours
                yield (0, *row)
            checked = self._database.execute(f"PRAGMA integrity_check({table.name})").fetchone()
            whole = checked is not None and checked[0] == "ok"
        except sqlite3.DatabaseError:
            whole = False
        if not whole:
            saved.gaps.append((0, 0))


class _Reading:
    """Rows of one range in one direction, until a page cannot be read; `reached` is the last row id that was."""

    def __init__(self, database: sqlite3.Connection, table: str, names: str, first: int, last: int, way: str) -> None:
        self._database, self._first, self._last, self._up = database, first, last, way == "ASC"
        self._sql = f"SELECT rowid, {names} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid {way}"  # noqa: S608
        self.reached = first - 1 if self._up else last + 1
        self.whole = False
        self.true: Sequence[int | None] = ()
        """The numbers of the first rows, where they are known; None: that row is left out."""

    def __iter__(self) -> Iterator[Row]:
        try:
            for place, row in enumerate(self._database.execute(self._sql, (self._first, self._last))):
                number = self.true[place] if place < len(self.true) else row[0]
                if number is None:
                    continue
                onward = number > self.reached if self._up else number < self.reached
                if not onward:  # pages that point at each other in a circle
                    return
                self.reached = number
                yield (number, *row[1:])
            self.whole = True
        except sqlite3.DatabaseError:
            return


def _noting(reading: _Reading, numbers: list[int]) -> Iterator[Row]:
    for row in reading:
        numbers.append(row[0])
        yield row


def _unread(numbers: list[int], broke: list[int]) -> Iterator[tuple[int, int]]:
    """For each row id at which reading broke off, the range around it of ids that no row was read for.

    A page of which a part is zeros seems to end there: what it held is missing without a second error.
    """
    numbers.sort()
    for number in broke:
        at = bisect_left(numbers, number)
        if at == len(numbers) or numbers[at] != number:
            yield (
                numbers[at - 1] + 1 if at else -LAST,
                numbers[at] - 1 if at < len(numbers) else LAST,
            )


def joined(gaps: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same ranges in order, neighbours made one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(gaps):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def mend_header(file: Path) -> bool:
    """Give a file whose first hundred bytes are broken those of a fresh database; tells whether that was done.

    Only for files with pages of SQLite's usual size, as all of ours are, and with an intact root of the schema.
    """
    with file.open("r+b") as wreck:
        head = wreck.read(101)
        told = int.from_bytes(head[16:18], "big")
        if len(head) < 101 or (head[:16] == _MAGIC and told == PAGE) or head[100] not in (_LEAF, _INNER):
            return False
        with tempfile.TemporaryDirectory(prefix="hausgeist-salvage-") as folder:
            fresh = Path(folder) / "fresh"
            with closing(sqlite3.connect(fresh)) as database:
                database.executescript(f"PRAGMA page_size = {PAGE}; CREATE TABLE t (x); DROP TABLE t;")
            mended = bytearray(fresh.read_bytes()[:100])
        mended[28:32] = (file.stat().st_size // PAGE).to_bytes(4, "big")
        mended[32:40] = bytes(8)  # no free pages are known
        wreck.seek(0)
        wreck.write(mended)
    return True
