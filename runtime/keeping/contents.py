"""What there is to keep: the databases, what is derived from them, what is secret. Owns the terms, not the lists.

The rooms above know which databases they have (`agent.keeping.stores`); patterns are those of `fnmatch`, of names such
as `data/finder/credentials.json`.
"""

from __future__ import annotations

import fnmatch
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.paths import Paths

_TEMPORARY = re.compile(r"\..+-[a-z0-9_]{8}(\.[^.]*)?")
"""Names that `runtime.paths.replacing` gives to files that are being written."""
_MAGIC = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")

Gaps = Mapping[str, Sequence[tuple[int, int]]]
"""By table, ranges (first, last) of row ids in which rows may be missing; tables that are whole are not in it."""


@dataclass(frozen=True)
class Store:
    """A database. `place` is its file under the data folder; `tables` are those to be saved, parents before children;
    `make` makes an empty one of the present `version` in a folder; `rebuild` makes again in it what follows from the
    tables (word indexes, marks of what is owed), and is told in which ranges of row ids rows may be missing."""

    name: str
    place: str
    version: int
    tables: tuple[str, ...]
    make: Callable[[Path], None]
    rebuild: Callable[[sqlite3.Connection, Gaps], None]

    def file(self, paths: Paths) -> Path:
        """Where it lies in this house."""
        return paths.data / self.place


@dataclass(frozen=True)
class Contents:
    """All that a house keeps."""

    stores: tuple[Store, ...]
    derived: tuple[str, ...]
    """What can be made again, or is of no use elsewhere."""
    secret: tuple[str, ...]
    """Passwords, tokens and keys."""
    recordings: tuple[str, ...]
    """What was recorded from live cameras: large."""


@dataclass(frozen=True)
class Found:
    """A file of the house by its name in a backup. `kind`: "file", "database", "secret" or "recording"."""

    name: str
    file: Path
    kind: str


def roots(paths: Paths) -> dict[str, Path]:
    """The folders that are kept, by the first part of their names in a backup."""
    return {"data": paths.data, "config": paths.config}


def walk(paths: Paths, contents: Contents) -> Iterator[Found]:
    """Every file to be kept, databases first: a picture is written before the row that names it. Links are left out."""
    files = [found for root, folder in roots(paths).items() for found in _files(root, folder, contents)]
    yield from (found for found in files if found.kind == "database")
    yield from (found for found in files if found.kind != "database")


def _files(root: str, folder: Path, contents: Contents) -> Iterator[Found]:
    known = {f"data/{store.place}" for store in contents.stores}
    for file in sorted(folder.rglob("*")):
        name = f"{root}/{file.relative_to(folder).as_posix()}"
        if file.is_symlink() or not file.is_file() or matches(name, contents.derived) or temporary(file):
            continue
        main = name.rpartition("-")[0]
        if name.endswith(_BESIDE) and (main in known or is_database(file.with_name(main.rpartition("/")[2]))):
            continue
        if matches(name, contents.secret):
            yield Found(name, file, "secret")
        elif matches(name, contents.recordings):
            yield Found(name, file, "recording")
        else:
            yield Found(name, file, "database" if name in known or is_database(file) else "file")


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name, or a folder above it, is one of the patterns."""
    parts = name.split("/")
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(fnmatch.fnmatchcase(one, pattern) for one in above for pattern in patterns)


def temporary(file: Path) -> bool:
    """Whether a file is one that is just being written, or was when the program was killed."""
    return _TEMPORARY.fullmatch(file.name) is not None


def is_database(file: Path) -> bool:
    """Whether a file is a SQLite database."""
    try:
        with file.open("rb") as stream:
            return stream.read(16) == _MAGIC
    except OSError:
        return False
