"""Tells what is wrong with a SQLite file, and copies a sound one while others use it. Owns no repair.

SQLite keeps no checksums: structure is checked (`PRAGMA integrity_check`, foreign keys, the word index), a bit that
flipped inside a text is not seen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from runtime.errors import StorageError, storage_errors

SUFFIXES = ("", "-wal", "-shm", "-journal")
"""What a database consists of: the file, its log, the log's index, and the journal of another mode."""
MOST_PROBLEMS = 5
PAGES_AT_ONCE = 256


def parts(file: Path) -> list[Path]:
    """The files of the database `file` that are there."""
    return [part for suffix in SUFFIXES if (part := file.with_name(file.name + suffix)).exists()]


def problems(file: Path, *, quick: bool = False) -> list[str]:
    """What is wrong with the database, a line each; empty for a sound one. Changes nothing but an unfinished log.

    `quick` leaves out the comparison of indexes with their tables. Raises `StorageError` where the disk refuses, or
    the database is in use by another process for long.
    """
    try:
        with closing(sqlite3.connect(file, timeout=10)) as database:
            kind = "quick_check" if quick else "integrity_check"
            found = [str(row[0]) for row in database.execute(f"PRAGMA {kind}({MOST_PROBLEMS})") if row[0] != "ok"]
            if not found and not quick:
                found = [f"{row[0]}: row {row[1]} names a {row[2]} that is not there" for row in _orphans(database)]
                found += _word_index(database)
            return found
    except sqlite3.DatabaseError as problem:
        with storage_errors(file):
            if isinstance(problem, sqlite3.OperationalError) and any(
                w in str(problem) for w in ("disk", "open", "lock")
            ):
                raise StorageError(f"The database {file} cannot be looked at: {problem}.") from problem
        return [str(problem)]
    except UnicodeDecodeError:  # what SQLite says of broken text may quote it
        return ["broken text"]


def _orphans(database: sqlite3.Connection) -> list[tuple[str, int, str]]:
    return database.execute("PRAGMA foreign_key_check").fetchmany(MOST_PROBLEMS)


def _word_index(database: sqlite3.Connection) -> list[str]:
    """Problems of full-text tables: each is asked to compare itself with its text."""
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'")]
    found = []
    for name in names:
        try:
            database.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")  # noqa: S608 - a name of ours
        except sqlite3.DatabaseError as problem:
            if "readonly" not in str(problem):
                found.append(f"the word index {name}: {problem}")
    database.rollback()
    return found


def version_of(file: Path) -> int:
    """The schema's version (`user_version`). Raises `StorageError` for what is no readable database."""
    with storage_errors(file), closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def copy(file: Path, target: Path, tell: Callable[[int], None] | None = None) -> None:
    """Copy a database as it is at one moment to `target`, while others may write to it (SQLite's backup API).

    `tell` gets the number of pages that are left. Raises `StorageError`.
    """

    def progress(_: int, left: int, __: int) -> None:
        if tell is not None:
            tell(left)

    with (
        storage_errors(file),
        closing(sqlite3.connect(file, timeout=30)) as source,
        closing(sqlite3.connect(target)) as copied,
    ):
        source.backup(copied, pages=PAGES_AT_ONCE, progress=progress, sleep=0.01)
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
