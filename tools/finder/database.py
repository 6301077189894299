"""The connection to the finder's database: opening, schema, transactions. Owns no questions and no rows.

Everything that reads or writes the truth stands on this class (`queries`, `fact_queries`, `keeping`, `taught.rows`,
`store`), each complete with what it inherits.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Self

from runtime.errors import StorageError, storage_errors
from runtime.paths import ensure
from tools.finder.migrations import SCHEMA_VERSION, migrate, statements
from tools.finder.stills import StillFiles

BUSY_S = 30.0
"""How long a statement waits for another process's transaction, seconds."""


class FinderDatabase:
    """`finder.sqlite` under `folder`, with the JPEG files of its stills; made where it is missing.

    Use as a context manager, from one thread at a time. Raises `StorageError` when the folder cannot be written, or the
    database is damaged or of a newer version.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.folder = ensure(folder)
        self._clock = clock
        with storage_errors(folder):
            self._database = sqlite3.connect(
                folder / "finder.sqlite", timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise
        self._still_files = StillFiles(self.folder, self._database)

    def _prepare(self) -> None:
        self._database.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA foreign_keys = ON")
        if self._version() == SCHEMA_VERSION:  # nothing to write: opening it costs a question no disk
            return
        with self._transaction():
            version = self._version()
            if version > SCHEMA_VERSION:
                raise StorageError(
                    f"The camera index under {self.folder} was made by a newer version of this program.",
                    remedy="Update the program, or move the folder aside and index again.",
                )
            if version == 0:
                for statement in statements((files("tools.finder") / "schema.sql").read_text(encoding="utf-8")):
                    self._database.execute(statement)
            else:
                migrate(self._database, version)
            self._database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with storage_errors(self.folder):
            self._database.execute("BEGIN IMMEDIATE")
            with self._begun():
                yield

    @contextlib.contextmanager
    def _begun(self) -> Iterator[None]:
        """The rest of a transaction that has begun: committed, or rolled back where it fails."""
        with storage_errors(self.folder):
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
