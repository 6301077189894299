"""A SQLite file of the program: connection, schema and its version, transactions, erasure.

Owns the file, not what is in it: facts are `memory.store`, conversations `memory.history`, documents have their own.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.errors import StorageError, storage_errors
from runtime.paths import ensure

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL,
    user TEXT NOT NULL,
    reply TEXT NOT NULL,
    tool_calls TEXT NOT NULL,
    time TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX turns_session ON turns (session, id);
CREATE TABLE facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    folded TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    turn INTEGER REFERENCES turns (id) ON DELETE SET NULL,
    time TEXT NOT NULL,
    at REAL NOT NULL,
    superseded_by INTEGER REFERENCES facts (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX facts_folded ON facts (folded) WHERE superseded_by IS NULL;
CREATE INDEX facts_at ON facts (at);
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TABLE pending (fact INTEGER PRIMARY KEY, removed INTEGER NOT NULL);
"""


class Database:
    """A connection that is opened at first use. Thread-safe: one statement or transaction at a time.

    `schema` are the statements that make a new file, among them a full-text table `words`; `version` is theirs.
    """

    def __init__(
        self, folder: Path, name: str = "memory.sqlite3", schema: str = _SCHEMA, version: int = SCHEMA_VERSION
    ) -> None:
        self.file = folder / name
        self._schema, self._version = schema, version
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._depth = 0

    @property
    def exists(self) -> bool:
        """Whether anything was ever stored."""
        return self._connection is not None or self.file.exists()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nested ones belong to the outermost. Raises `StorageError` naming the remedy."""
        with self._lock, self._errors():
            connection = self._open()
            if self._depth == 0:
                connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield connection
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from."""
        with self._lock, self._errors():
            yield self._open()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with storage_errors(self.file.parent):
                yield
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem):
                raise
            raise StorageError(
                f"The data in {self.file} is in use by another process.",
                remedy="Try again when that has ended its work.",
            ) from problem

    def erase_traces(self) -> None:
        """Make deleted words unreadable in the file: the word index is merged, the file and its log rewritten."""
        with self._lock, self._errors():
            connection = self._open()
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            ensure(self.file.parent)
            connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False, timeout=10)
            try:
                for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "secure_delete=ON"):
                    connection.execute(f"PRAGMA {pragma}")
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            connection.row_factory = sqlite3.Row
            self._connection = connection
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the schema in a new file; refuse one of a later program."""
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {self._schema} PRAGMA user_version = {self._version}; COMMIT;")
        elif version > self._version:
            raise StorageError(
                f"The data in {self.file} was written by a later version of the program (schema {version}).",
                remedy="Update hausgeist, or name another folder with HAUSGEIST_HOME.",
            )
