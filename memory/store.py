"""Facts as truth: the SQLite table, its word index, and which vectors are still owed. Owns no vectors.

The word index ranks by BM25 (Robertson & Zaragoza 2009), as SQLite's FTS5 implements it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from memory.database import Database
from memory.records import Fact, Kind
from memory.succession import slot_of
from memory.words import content_words, index_words

CHUNK = 500
RANK_AT_MOST = 10_000
"""Facts that a search by words ranks at most, but for a search whose rarest word more facts hold."""
_FINAL = (".", "!", "。", "！", " ")


@dataclass(frozen=True)
class NewFact:
    """A fact to be stored."""

    text: str
    time: datetime
    source: str
    kind: Kind = "told"
    turn: int | None = None


class FactStore:
    """The facts in a `Database`. All methods raise `StorageError` for what the disk refuses."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, rows: Iterable[NewFact], *, replaces: int | None = None) -> list[tuple[Fact, bool]]:
        """Store facts in one transaction; gives each with whether it is new (an equal text is not stored twice).

        A new fact that was told or learned supersedes older ones about the same slot (see `memory.succession`).
        """
        with self.database.transaction() as connection:
            result = [_insert(connection, row) for row in rows]
            for fact, new in result:
                if new and fact.kind != "imported":
                    _succeed(connection, fact)
            if replaces is not None and result and result[-1][0].id != replaces:
                newer = result[-1][0].id
                connection.execute("UPDATE facts SET superseded_by = ? WHERE id = ?", (newer, replaces))
        return result

    @property
    def empty(self) -> bool:
        """Whether no fact is valid now; quick however many there are."""
        if not self.database.exists:
            return True
        with self.database.reading() as connection:
            return connection.execute("SELECT 1 FROM facts WHERE superseded_by IS NULL LIMIT 1").fetchone() is None

    def count(self) -> int:
        """Facts that are valid now; does not make a database where there is none."""
        if not self.database.exists:
            return 0
        with self.database.reading() as connection:
            row = connection.execute("SELECT count(*) FROM facts WHERE superseded_by IS NULL").fetchone()
        return int(row[0])

    def all(self, *, superseded: bool = False) -> list[Fact]:
        """All facts, oldest first."""
        if not self.database.exists:
            return []
        sql = "SELECT * FROM facts WHERE ? OR superseded_by IS NULL ORDER BY at, id"
        with self.database.reading() as connection:
            return [_fact(row) for row in connection.execute(sql, (superseded,))]

    def ids(self) -> set[int]:
        """The ids of all facts, superseded ones too: each has its vectors."""
        with self.database.reading() as connection:
            return {int(row[0]) for row in connection.execute("SELECT id FROM facts")}

    def get(self, ids: Sequence[int]) -> dict[int, Fact]:
        """Valid facts by id; unknown and superseded ones are left out."""
        found: dict[int, Fact] = {}
        with self.database.reading() as connection:
            for start in range(0, len(ids), CHUNK):
                wanted = json.dumps(list(ids[start : start + CHUNK]))
                sql = "SELECT * FROM facts WHERE id IN (SELECT value FROM json_each(?)) AND superseded_by IS NULL"
                found.update((row["id"], _fact(row)) for row in connection.execute(sql, (wanted,)))
        return found

    def by_words(self, query: str, limit: int) -> list[tuple[int, float]]:
        """Ids of valid facts that share content words with `query`, best BM25 first (larger is better).

        Of many facts, words that very many hold are left out where rarer ones are there: they tell little (BM25 weighs
        a word by its rarity), and ranking all that hold them would take most of the time.
        """
        words = content_words(query)
        if not words:
            return []
        with self.database.reading() as connection:
            telling = _telling(connection, words)
            sql = "SELECT rowid, -rank AS score FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
            rows = connection.execute(sql, (_any_of(telling), 2 * limit)).fetchall()
        valid = self.get([int(row[0]) for row in rows])
        return [(int(row[0]), float(row[1])) for row in rows if row[0] in valid][:limit]

    def within(self, start: datetime, end: datetime, limit: int) -> list[int]:
        """Ids of valid facts whose time lies in the interval, newest first."""
        sql = "SELECT id FROM facts WHERE at >= ? AND at < ? AND superseded_by IS NULL ORDER BY at DESC LIMIT ?"
        with self.database.reading() as connection:
            rows = connection.execute(sql, (start.timestamp(), end.timestamp(), limit))
            return [int(row[0]) for row in rows]

    def superseded_by(self, ids: Sequence[int]) -> list[Fact]:
        """The facts that were replaced by these, directly or through others."""
        found: dict[int, Fact] = {}
        waiting = list(ids)
        with self.database.reading() as connection:
            while waiting:
                older = connection.execute("SELECT * FROM facts WHERE superseded_by = ?", (waiting.pop(),)).fetchall()
                fresh = [_fact(row) for row in older if row["id"] not in found]
                found.update((fact.id, fact) for fact in fresh)
                waiting += [fact.id for fact in fresh]
        return list(found.values())

    def delete(self, ids: Sequence[int]) -> None:
        """Remove facts, their index words and their links; their vectors become owed for removal."""
        with self.database.transaction() as connection:
            for fact in ids:
                connection.execute("DELETE FROM facts WHERE id = ?", (fact,))
                connection.execute("DELETE FROM words WHERE rowid = ?", (fact,))
                connection.execute("INSERT OR REPLACE INTO pending VALUES (?, 1)", (fact,))

    def pending(self) -> tuple[list[Fact], list[int]]:
        """Facts whose vectors are owed, and ids whose vectors are to be removed."""
        with self.database.reading() as connection:
            # CROSS JOIN keeps the order of the tables: few are pending, and all facts would be gone through otherwise
            sql = (
                "SELECT facts.* FROM pending CROSS JOIN facts ON facts.id = pending.fact "
                "WHERE removed = 0 ORDER BY pending.fact"
            )
            owed = [_fact(row) for row in connection.execute(sql)]
            gone = [int(row[0]) for row in connection.execute("SELECT fact FROM pending WHERE removed = 1")]
        return owed, gone

    def owe(self, ids: Iterable[int]) -> None:
        """Mark facts as lacking their vectors."""
        with self.database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO pending VALUES (?, 0)", [(fact,) for fact in ids])

    def settled(self, ids: Iterable[int]) -> None:
        """The vectors of these facts are as they should be."""
        with self.database.transaction() as connection:
            connection.executemany("DELETE FROM pending WHERE fact = ?", [(fact,) for fact in ids])

    def meta(self, key: str) -> str | None:
        """A value that the store keeps about itself."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set_meta(self, key: str, value: str) -> None:
        """Keep a value about the store itself."""
        with self.database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def _telling(connection: sqlite3.Connection, words: list[str]) -> list[str]:
    """The words to rank by: all of them among few facts; among many the rarest, as long as few facts hold them."""
    newest = connection.execute("SELECT max(id) FROM facts").fetchone()[0] or 0
    if newest <= RANK_AT_MOST:
        return words
    sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    held = {word: connection.execute(sql, (f'"{word}"', RANK_AT_MOST)).fetchone()[0] for word in words}
    kept: list[str] = []
    for word in sorted(words, key=lambda word: held[word]):
        if sum(held[other] for other in kept) + held[word] <= RANK_AT_MOST or not kept:
            kept.append(word)
    return [word for word in kept if held[word]] or kept[:1]


def fold(text: str) -> str:
    """The form in which equal facts are equal: case, spaces and the final stop do not matter."""
    return " ".join(text.casefold().split()).rstrip("".join(_FINAL))


def _insert(connection: sqlite3.Connection, row: NewFact) -> tuple[Fact, bool]:
    folded = fold(row.text)
    known = connection.execute("SELECT * FROM facts WHERE folded = ? AND superseded_by IS NULL", (folded,)).fetchone()
    if known is not None:
        return _fact(known), False
    time = row.time.astimezone() if row.time.tzinfo is None else row.time
    cursor = connection.execute(
        "INSERT INTO facts (text, folded, source, kind, turn, time, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.text, folded, row.source, row.kind, row.turn, time.isoformat(), time.timestamp()),
    )
    fact = int(cursor.lastrowid or 0)
    connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (fact, " ".join(index_words(row.text))))
    connection.execute("INSERT OR REPLACE INTO pending VALUES (?, 0)", (fact,))
    return Fact(fact, row.text, time, row.source, row.kind, row.turn), True


def _succeed(connection: sqlite3.Connection, fact: Fact) -> None:
    """Mark the older valid facts about the same slot as superseded by `fact`."""
    slot = slot_of(fact.text)
    if slot is None:
        return
    expression = (" AND " if slot.every else " OR ").join(f'"{word}"' for word in slot.words)
    sql = (
        "SELECT facts.id, facts.text FROM words JOIN facts ON facts.id = words.rowid WHERE words MATCH ?"
        " AND facts.superseded_by IS NULL AND facts.at <= ? AND facts.id != ? ORDER BY words.rowid DESC LIMIT ?"
    )
    rows = connection.execute(sql, (expression, fact.time.timestamp(), fact.id, CHUNK)).fetchall()
    same = [row["id"] for row in rows if (older := slot_of(row["text"])) and older.key == slot.key]
    connection.executemany("UPDATE facts SET superseded_by = ? WHERE id = ?", [(fact.id, older) for older in same])


def _fact(row: sqlite3.Row) -> Fact:
    return Fact(
        row["id"],
        row["text"],
        datetime.fromisoformat(row["time"]),
        row["source"],
        row["kind"],
        row["turn"],
        row["superseded_by"],
    )
