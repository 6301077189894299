"""The databases of the program, and which files are derived, secret or large. Owns no way of keeping them.

A new database takes part in backups, checks and repairs by standing here; `tests/test_keeping_stores.py` holds that
every table of every schema is named.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from agent.scripts import journal
from memory import database
from memory.words import index_words
from runtime.keeping.contents import Contents, Gaps, Store
from tools.documents.library_store import VERSION as LIBRARY_VERSION
from tools.documents.library_store import LibraryStore
from tools.finder.migrations import SCHEMA_VERSION as FINDER_VERSION
from tools.finder.store import FinderStore


def _make_memory(folder: Path) -> None:
    held = database.Database(folder)
    with held.transaction():
        pass
    held.close()


def _rebuild_memory(connection: sqlite3.Connection, gaps: Gaps) -> None:
    """Links to what was lost, the word index, and all vectors owed."""
    connection.execute("UPDATE facts SET turn = NULL WHERE turn NOT IN (SELECT id FROM turns)")
    # what replaced a fact is lost: it is valid again, but for one that another valid fact says word for word
    lost = "superseded_by NOT IN (SELECT id FROM facts)"
    connection.execute(f"UPDATE OR IGNORE facts SET superseded_by = NULL WHERE {lost}")  # noqa: S608 - ours
    connection.execute(f"DELETE FROM facts WHERE {lost}")  # noqa: S608 - ours
    connection.execute("DELETE FROM words")
    for number, text in connection.execute("SELECT id, text FROM facts").fetchall():
        connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, " ".join(index_words(text))))
    connection.execute("DELETE FROM pending")
    connection.execute("INSERT INTO pending SELECT id, 0 FROM facts")


def _make_library(folder: Path) -> None:
    held = LibraryStore(folder).database
    with held.transaction():
        pass
    held.close()


def _rebuild_library(connection: sqlite3.Connection, gaps: Gaps) -> None:
    """The word index, and all vectors owed; where passages are missing, documents are read again when next added."""
    if gaps:
        connection.execute("UPDATE documents SET sha256 = ''")
    connection.execute("DELETE FROM passages WHERE document NOT IN (SELECT id FROM documents)")
    connection.execute("DELETE FROM words")
    for number, heading, text in connection.execute("SELECT id, heading, text FROM passages").fetchall():
        words = " ".join(index_words(f"{heading} {text}"))
        connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, words))
    connection.execute("UPDATE passages SET embedded = 0")


def _make_journal(folder: Path) -> None:
    held = journal.Journal(folder)
    held.runs(limit=1)
    held.close()


def _rebuild_journal(connection: sqlite3.Connection, gaps: Gaps) -> None:
    """Links to what was lost."""
    connection.execute("DELETE FROM steps WHERE run NOT IN (SELECT id FROM runs)")
    connection.execute("UPDATE fired SET run = NULL WHERE run NOT IN (SELECT id FROM runs)")


def _make_finder(folder: Path) -> None:
    FinderStore(folder).close()


def _rebuild_finder(connection: sqlite3.Connection, gaps: Gaps) -> None:
    """Links to rows that were lost, recordings to be looked through again, and all columns of the search owed."""
    for table in ("zones", "segments", "stills", "changes", "sightings", "people"):
        connection.execute(f"DELETE FROM {table} WHERE camera_id NOT IN (SELECT id FROM cameras)")  # noqa: S608 - ours
    for table in ("stills", "changes", "sightings", "people"):
        connection.execute(f"DELETE FROM {table} WHERE segment_id NOT IN (SELECT id FROM segments)")  # noqa: S608
    connection.execute("DELETE FROM carries WHERE change_id NOT IN (SELECT id FROM changes)")
    connection.execute("DELETE FROM item_photos WHERE item_id NOT IN (SELECT id FROM items)")
    connection.execute("DELETE FROM item_vectors WHERE photo_id NOT IN (SELECT id FROM item_photos)")
    links = (
        ("changes", "before_still", "stills"), ("changes", "after_still", "stills"), ("changes", "person_id", "people"),
        ("sightings", "still_id", "stills"), ("sightings", "placed_by", "changes"),
        ("sightings", "ended_by", "changes"), ("people", "still_id", "stills"), ("carries", "still_id", "stills"),
    )  # fmt: skip
    for table, column, other in links:
        connection.execute(
            f"UPDATE {table} SET {column} = NULL WHERE {column} NOT IN (SELECT id FROM {other})"  # noqa: S608 - ours
        )
    for table in ("stills", "changes", "sightings", "people"):
        for first, last in gaps.get(table, ()):
            _index_again(connection, table, first, last)
    connection.execute("DELETE FROM stale")
    connection.execute("INSERT INTO stale SELECT id FROM sightings")


def _index_again(connection: sqlite3.Connection, table: str, first: int, last: int) -> None:
    """Have the recordings indexed again whose rows lay in a gap: rows of one recording were written together."""
    sql = f"SELECT segment_id FROM {table} WHERE id"  # noqa: S608 - ours
    before = connection.execute(f"{sql} < ? ORDER BY id DESC LIMIT 1", (first,)).fetchone()
    after = connection.execute(f"{sql} > ? ORDER BY id LIMIT 1", (last,)).fetchone()
    connection.execute(
        "UPDATE segments SET indexed = NULL WHERE expired IS NULL AND id BETWEEN ? AND ?",
        (before[0] if before else 0, after[0] if after else 2**62),
    )


MEMORY = Store(
    "memory",
    "memory/memory.sqlite3",
    database.SCHEMA_VERSION,
    ("meta", "turns", "facts"),
    _make_memory,
    _rebuild_memory,
)
LIBRARY = Store(
    "documents", "documents/documents.sqlite3", LIBRARY_VERSION, ("meta", "documents", "passages"), _make_library,
    _rebuild_library,
)  # fmt: skip
JOURNAL = Store(
    "scripts", "scripts/journal.sqlite3", journal.SCHEMA_VERSION, ("runs", "steps", "fired"), _make_journal,
    _rebuild_journal,
)  # fmt: skip
FINDER = Store(
    "cameras", "finder/finder.sqlite", FINDER_VERSION,
    (
        "cameras", "zones", "segments", "stills", "people", "changes", "carries", "sightings", "items", "item_photos",
        "item_vectors",
    ),
    _make_finder, _rebuild_finder,
)  # fmt: skip
CONTENTS = Contents(
    stores=(MEMORY, LIBRARY, JOURNAL, FINDER),
    derived=(
        "data/memory/chroma-*", "data/documents/vectors", "data/finder/vectors", "data/finder/facts",
        "data/finder/index.lock", "data/images/.lock", "data/quarantine", "data/backups.json", "data/.restored",
        "config/.restored",
    ),
    secret=("config/tokens.json", "config/pictures.key", "data/finder/credentials.json", "data/signing"),
    recordings=("data/finder/recordings",),
)  # fmt: skip
