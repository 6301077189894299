"""The journal of runs: what was begun and what is done, so that a run goes on after a crash. Owns no steps.

One SQLite file (WAL, synchronous=FULL) holds every run, every step of it, and what triggers have fired. A step is
written down twice: as begun before it works, and as done, with its result, after. What a finished step leaves outside
the journal is put in place after it is written down as done, and again at a resumption (see `agent.scripts.staging`).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from runtime.errors import StorageError, UnknownNameError, storage_errors
from runtime.paths import ensure

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    source TEXT NOT NULL,
    inputs TEXT NOT NULL,
    event TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'denied', 'doubtful')),
    started TEXT NOT NULL,
    ended TEXT,
    error TEXT
);
CREATE INDEX runs_file ON runs (file, started);
CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'done')),
    effect TEXT NOT NULL DEFAULT '',
    result TEXT,
    PRIMARY KEY (run, path)
) WITHOUT ROWID;
CREATE TABLE fired (
    file TEXT NOT NULL,
    trigger TEXT NOT NULL,
    event TEXT NOT NULL,
    run TEXT REFERENCES runs (id) ON DELETE SET NULL,
    PRIMARY KEY (file, trigger, event)
) WITHOUT ROWID;
"""
Status = Literal["running", "done", "failed", "denied", "doubtful"]


@dataclass(frozen=True)
class Run:
    """One run of a script. `source` is the script's text as it was started; `event` is what triggered it."""

    id: str
    file: str
    source: str
    inputs: dict[str, Any]
    event: dict[str, Any]
    status: Status
    started: datetime
    ended: datetime | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For lists; without the source."""
        return {
            "id": self.id, "file": self.file, "status": self.status, "started": self.started.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None, "error": self.error, "event": self.event,
        }  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What is known of a step: `effect` names the call that may have happened if it was begun and is not done."""

    state: Literal["begun", "done"]
    effect: str
    result: Any


class Journal:
    """The journal under `folder`; opened at first use. Thread-safe; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "journal.sqlite3"
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    # Runs -------------------------------------------------------------------------------------------------------

    def start(self, run: Run, fired: tuple[str, str] | None = None) -> bool:
        """Write a new run down, with the trigger and event that fired it; False where that event has fired before."""
        values = (run.id, run.file, run.source, _dump(run.inputs), _dump(run.event), run.started.isoformat())
        with self._transaction() as database:
            if fired is not None and self._has_fired(database, run.file, *fired):
                return False
            database.execute(
                "INSERT INTO runs (id, file, source, inputs, event, status, started) VALUES (?,?,?,?,?,'running',?)",
                values,
            )
            if fired is not None:
                database.execute("INSERT INTO fired VALUES (?, ?, ?, ?)", (run.file, *fired, run.id))
        return True

    def end(self, run: str, status: Status, now: datetime, error: str | None = None) -> None:
        """Write down how a run ended."""
        with self._transaction() as database:
            ended = None if status == "running" else now.isoformat()
            database.execute("UPDATE runs SET status=?, ended=?, error=? WHERE id=?", (status, ended, error, run))

    def run(self, run: str) -> Run:
        """The run of that id. Raises `UnknownNameError`."""
        with self._reading() as database:
            row = database.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
            known = [r["id"] for r in database.execute("SELECT id FROM runs ORDER BY started DESC LIMIT 5")]
        if row is None:
            raise UnknownNameError("run", run, known, remedy="See `hausgeist run --list`.")
        return _run(row)

    def runs(self, file: str | None = None, limit: int = 50) -> list[Run]:
        """The newest runs (of one script), the latest first."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT * FROM runs WHERE ? IS NULL OR file = ? ORDER BY started DESC, id DESC LIMIT ?",
                (file, file, limit),
            ).fetchall()
        return [_run(row) for row in rows]

    def erase(self, runs: Sequence[str]) -> None:
        """Delete these runs with their steps for good; that their triggers have fired stays known."""
        with self._transaction() as database:
            database.executemany("DELETE FROM runs WHERE id = ?", [(run,) for run in runs])
        with self._reading() as database:
            for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                database.execute(statement)

    def unfinished(self, file: str | None = None) -> list[Run]:
        """Runs that were cut or are still running, the oldest first."""
        return [run for run in reversed(self.runs(file, 1000)) if run.status == "running"]

    # Steps ------------------------------------------------------------------------------------------------------

    def entry(self, run: str, path: str) -> Entry | None:
        """What is known of a step."""
        with self._reading() as database:
            row = database.execute("SELECT * FROM steps WHERE run = ? AND path = ?", (run, path)).fetchone()
        if row is None:
            return None
        return Entry(row["state"], row["effect"], None if row["result"] is None else json.loads(row["result"]))

    def entries(self, run: str) -> dict[str, Entry]:
        """All steps of a run by their path."""
        with self._reading() as database:
            paths = [row["path"] for row in database.execute("SELECT path FROM steps WHERE run=?", (run,))]
        return {path: entry for path in paths if (entry := self.entry(run, path)) is not None}

    def begin(self, run: str, path: str, effect: str = "") -> None:
        """Write down that a step begins; `effect` names a call that must not happen twice."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO steps (run, path, state, effect) VALUES (?, ?, 'begun', ?)"
                " ON CONFLICT (run, path) DO UPDATE SET state='begun', effect=excluded.effect, result=NULL",
                (run, path, effect),
            )

    def finish(self, run: str, path: str, result: Any) -> None:
        """Write down that a step is done, and its result (JSON)."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO steps (run, path, state, result) VALUES (?, ?, 'done', ?)"
                " ON CONFLICT (run, path) DO UPDATE SET state='done', result=excluded.result",
                (run, path, _dump(result)),
            )

    def forget(self, run: str, path: str) -> None:
        """Forget that a step was begun, so that it is run again."""
        with self._transaction() as database:
            database.execute("DELETE FROM steps WHERE run=? AND path=?", (run, path))

    # Triggers ---------------------------------------------------------------------------------------------------

    def has_fired(self, file: str, trigger: str, event: str) -> bool:
        """Whether an event of a trigger was taken already."""
        with self._reading() as database:
            return self._has_fired(database, file, trigger, event)

    def mark(self, file: str, trigger: str, events: list[str]) -> None:
        """Take events without a run: those that were there before the trigger was."""
        with self._transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO fired VALUES (?, ?, ?, NULL)", [(file, trigger, event) for event in events]
            )

    def last_fired(self, file: str, trigger: str) -> str | None:
        """The largest event of a trigger (of a schedule: its latest due time)."""
        with self._reading() as database:
            row = database.execute(
                "SELECT max(event) AS event FROM fired WHERE file=? AND trigger=?", (file, trigger)
            ).fetchone()
        event: str | None = row["event"]
        return event

    def take_back(self, file: str, trigger: str, now: str) -> None:
        """Forget the events of a schedule that lie after `now`: the clock was wrong when they were taken."""
        with self._transaction() as database:
            database.execute("DELETE FROM fired WHERE file=? AND trigger=? AND event>?", (file, trigger, now))
            database.execute("INSERT OR IGNORE INTO fired VALUES (?, ?, ?, NULL)", (file, trigger, now))

    @staticmethod
    def _has_fired(database: sqlite3.Connection, file: str, trigger: str, event: str) -> bool:
        question = "SELECT 1 FROM fired WHERE file=? AND trigger=? AND event=?"
        return database.execute(question, (file, trigger, event)).fetchone() is not None

    # The file ---------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, storage_errors(self.folder):
            yield self._open()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, storage_errors(self.folder):
            database = self._open()
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            finally:
                if database.in_transaction:
                    database.execute("ROLLBACK")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            ensure(self.folder)
            connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False, timeout=30)
            connection.row_factory = sqlite3.Row
            try:
                for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
                    connection.execute(f"PRAGMA {pragma}")
                _prepare(connection, self.file)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        connection.execute("ROLLBACK")
        raise StorageError(
            f"The journal {file} was written by a later version of the program (schema {version}).",
            remedy="Update hausgeist, or move the file aside: runs that were cut are then forgotten.",
        )
    if version == 0:
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _run(row: sqlite3.Row) -> Run:
    ended = datetime.fromisoformat(row["ended"]) if row["ended"] else None
    inputs, event = json.loads(row["inputs"]), json.loads(row["event"])
    started = datetime.fromisoformat(row["started"])
    return Run(row["id"], row["file"], row["source"], inputs, event, row["status"], started, ended, row["error"])


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
