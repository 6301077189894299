"""The library's truth in SQLite: which files were read, and their passages with a word index. Owns no vectors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.database import Database
from memory.words import content_words, index_words
from tools.documents.passages import Cut

VERSION = 1
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    pages INTEGER,
    read_at REAL NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    page INTEGER,
    heading TEXT NOT NULL,
    text TEXT NOT NULL,
    embedded INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX passages_document ON passages (document);
CREATE INDEX passages_owed ON passages (id) WHERE embedded = 0;
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'porter unicode61 remove_diacritics 2');
"""


@dataclass(frozen=True)
class Known:
    """A document of the library. `read_at` is when it was read, seconds since 1970."""

    id: int
    path: Path
    title: str
    sha256: str
    pages: int | None
    read_at: float
    passages: int


@dataclass(frozen=True)
class Passage:
    """A passage with the place it stands at."""

    id: int
    path: Path
    title: str
    page: int | None
    heading: str
    text: str


class LibraryStore:
    """Documents and passages under `folder`. All methods raise `StorageError` for what the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder, "documents.sqlite3", SCHEMA, VERSION)

    def put(self, path: Path, title: str, sha256: str, pages: int | None, cuts: Sequence[Cut], now: float) -> list[int]:
        """Store a document anew in one transaction; gives the ids of the passages of its older state, now gone."""
        with self.database.transaction() as connection:
            gone = _delete(connection, str(path))
            row = (str(path), title, sha256, pages, now)
            sql = "INSERT INTO documents (path, title, sha256, pages, read_at) VALUES (?, ?, ?, ?, ?)"
            document = connection.execute(sql, row).lastrowid
            for part in cuts:
                sql = "INSERT INTO passages (document, page, heading, text) VALUES (?, ?, ?, ?)"
                passage = connection.execute(sql, (document, part.page, part.heading, part.text)).lastrowid
                indexed = " ".join(index_words(f"{part.heading} {part.text}"))
                connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (passage, indexed))
        return gone

    def remove(self, path: Path) -> list[int]:
        """Forget a document; gives the ids of its passages."""
        with self.database.transaction() as connection:
            return _delete(connection, str(path))

    def documents(self) -> list[Known]:
        """All documents by path."""
        if not self.database.exists:
            return []
        sql = (
            "SELECT documents.*, count(passages.id) AS n FROM documents "
            "LEFT JOIN passages ON passages.document = documents.id GROUP BY documents.id ORDER BY path"
        )
        with self.database.reading() as connection:
            return [
                Known(r["id"], Path(r["path"]), r["title"], r["sha256"], r["pages"], r["read_at"], r["n"])
                for r in connection.execute(sql)
            ]

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Passages by id; unknown ids are left out."""
        sql = (
            "SELECT passages.*, documents.path, documents.title FROM passages "
            "JOIN documents ON documents.id = passages.document "
            "WHERE passages.id IN (SELECT value FROM json_each(?))"
        )
        with self.database.reading() as connection:
            rows = connection.execute(sql, (json.dumps(list(ids)),)).fetchall()
        return {
            r["id"]: Passage(r["id"], Path(r["path"]), r["title"], r["page"], r["heading"], r["text"]) for r in rows
        }

    def ids(self) -> set[int]:
        """The ids of all passages."""
        with self.database.reading() as connection:
            return {int(row[0]) for row in connection.execute("SELECT id FROM passages")}

    def by_words(self, query: str, limit: int) -> dict[int, float]:
        """Ids of passages that share content words with `query`, by BM25 (larger is better)."""
        words = content_words(query)
        if not words:
            return {}
        expression = " OR ".join(f'"{word}"' for word in words)
        sql = "SELECT rowid, -bm25(words) FROM words WHERE words MATCH ? ORDER BY bm25(words) LIMIT ?"
        with self.database.reading() as connection:
            return {int(r[0]): float(r[1]) for r in connection.execute(sql, (expression, limit))}

    def owed(self) -> list[tuple[int, str]]:
        """(id, text with heading) of the passages that have no vector yet."""
        with self.database.reading() as connection:
            rows = connection.execute("SELECT id, heading, text FROM passages WHERE embedded = 0 ORDER BY id")
            return [(r["id"], f"{r['heading']}: {r['text']}" if r["heading"] else r["text"]) for r in rows]

    def embedded(self, ids: Sequence[int]) -> None:
        """Those passages have their vectors now."""
        with self.database.transaction() as connection:
            connection.executemany("UPDATE passages SET embedded = 1 WHERE id = ?", [(i,) for i in ids])

    def vectors_of(self, version: str) -> bool:
        """Whether the vectors are those of this embedder; if not, all become owed and it is theirs from now on."""
        with self.database.transaction() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone()
            if row and row["value"] == version:
                return True
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('embedder', ?)", (version,))
            connection.execute("UPDATE passages SET embedded = 0")
            return False


def _delete(connection: sqlite3.Connection, path: str) -> list[int]:
    sql = "SELECT passages.id FROM passages JOIN documents ON documents.id = document WHERE path = ?"
    gone = [int(row[0]) for row in connection.execute(sql, (path,))]
    connection.executemany("DELETE FROM words WHERE rowid = ?", [(passage,) for passage in gone])
    connection.execute("DELETE FROM documents WHERE path = ?", (path,))
    return gone
