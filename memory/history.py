"""Conversations: sessions and their turns. Owns no facts and recalls nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from memory.database import Database
from memory.records import PastTurn, SessionInfo
from memory.store import fold
from memory.words import content_words
from runtime.errors import ArgumentError

TITLE = 60
"""Characters of a conversation's title at most."""
TOLD_AGAIN = 0.8
"""A turn tells a fact when it holds this share of the fact's content words."""


class History:
    """The turns in a `Database`. All methods raise `StorageError` for what the disk refuses."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def append(self, session: str, user: str, reply: str, calls: Sequence[dict[str, Any]], time: datetime) -> int:
        """Store a turn; gives its id."""
        aware = time.astimezone() if time.tzinfo is None else time
        row = (session, user, reply, json.dumps(list(calls), ensure_ascii=False, default=str))
        with self.database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO turns (session, user, reply, tool_calls, time, at) VALUES (?, ?, ?, ?, ?, ?)",
                (*row, aware.isoformat(), aware.timestamp()),
            )
        return int(cursor.lastrowid or 0)

    def turns(self, session: str, limit: int) -> list[PastTurn]:
        """The last `limit` turns of a session, oldest first."""
        if not self.database.exists:
            return []
        sql = "SELECT * FROM turns WHERE session = ? ORDER BY id DESC LIMIT ?"
        with self.database.reading() as connection:
            rows = connection.execute(sql, (session, limit)).fetchall()
        return [_turn(row) for row in reversed(rows)]

    def count(self, session: str) -> int:
        """How many turns a session has."""
        if not self.database.exists:
            return 0
        with self.database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM turns WHERE session = ?", (session,)).fetchone()[0])

    def between(self, since: datetime | None = None, until: datetime | None = None) -> list[PastTurn]:
        """The turns of all sessions in [since, until), oldest first."""
        if not self.database.exists:
            return []
        low = since.timestamp() if since else float("-inf")
        high = until.timestamp() if until else float("inf")
        with self.database.reading() as connection:
            rows = connection.execute("SELECT * FROM turns WHERE at >= ? AND at < ? ORDER BY at, id", (low, high))
            return [_turn(row) for row in rows.fetchall()]

    def sessions(self, query: str = "") -> list[SessionInfo]:
        """All conversations, the latest first; with `query` those whose name or turns hold its words."""
        if not self.database.exists:
            return []
        sql = (
            "SELECT t.session, count(*) AS n, f.time AS first, f.user AS title, l.time AS last FROM turns t"
            " JOIN (SELECT session, min(id) AS a, max(id) AS b FROM turns GROUP BY session) s ON s.session = t.session"
            " JOIN turns f ON f.id = s.a JOIN turns l ON l.id = s.b GROUP BY t.session ORDER BY s.b DESC"
        )
        with self.database.reading() as connection:
            rows = connection.execute(sql).fetchall()
        held = self._holding(query) if query.strip() else None
        stamp = datetime.fromisoformat
        return [
            SessionInfo(row["session"], stamp(row["first"]), stamp(row["last"]), row["n"], _title(row["title"]))
            for row in rows
            if held is None or row["session"] in held
        ]

    def _holding(self, query: str) -> set[str]:
        """Names of the conversations in which one turn, or the name, holds every word of `query` in any case."""
        words = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in query.split()]
        where = " AND ".join(["session || ' ' || user || ' ' || reply LIKE ? ESCAPE '\\'"] * len(words))
        with self.database.reading() as connection:
            sql = f"SELECT DISTINCT session FROM turns WHERE {where}"  # noqa: S608 - only marks are put in
            return {row[0] for row in connection.execute(sql, [f"%{word}%" for word in words])}

    def rename(self, session: str, name: str) -> None:
        """Give a conversation another name. Raises `ArgumentError` where that is empty or taken."""
        clean = " ".join(name.split())
        if not clean:
            raise ArgumentError("A conversation needs a name.", remedy="Write at least one character.")
        with self.database.transaction() as connection:
            if clean != session and connection.execute("SELECT 1 FROM turns WHERE session = ?", (clean,)).fetchone():
                raise ArgumentError(f"There is a conversation named {clean!r}.", remedy="Choose another name.")
            connection.execute("UPDATE turns SET session = ? WHERE session = ?", (clean, session))

    def rewind(self, session: str, turn: int) -> int:
        """Remove the turn of that id and all later ones of the session; gives how many."""
        with self.database.transaction() as connection:
            sql = "DELETE FROM turns WHERE session = ? AND id >= ?"
            return connection.execute(sql, (session, turn)).rowcount

    def delete_session(self, session: str) -> int:
        """Remove a conversation; gives the number of turns that were removed."""
        with self.database.transaction() as connection:
            return connection.execute("DELETE FROM turns WHERE session = ?", (session,)).rowcount

    def delete_tellings(self, texts: Sequence[str], turns: Sequence[int]) -> int:
        """Remove the turns of those ids, and all turns that tell one of `texts`; gives how many."""
        with self.database.transaction() as connection:
            rows = connection.execute("SELECT id, user, reply, tool_calls FROM turns").fetchall()
            told = {row["id"] for row in rows if tells(" ".join(tuple(row)[1:]), texts)} | set(turns)
            connection.executemany("DELETE FROM turns WHERE id = ?", [(turn,) for turn in told])
        return len(told)


def _title(text: str) -> str:
    """The first words of a conversation, on one line."""
    line = " ".join(text[:400].split())
    return line if len(line) <= TITLE else f"{line[: TITLE - 1]}…"


def tells(telling: str, texts: Sequence[str]) -> bool:
    """Whether `telling` holds one of `texts`, word for word or most of its content words."""
    folded, words = fold(telling), set(content_words(telling))
    for text in texts:
        wanted = content_words(text)
        held = sum(word in words for word in wanted)
        if fold(text) in folded or (len(wanted) >= 2 and held >= TOLD_AGAIN * len(wanted)):
            return True
    return False


def _turn(row: sqlite3.Row) -> PastTurn:
    time = datetime.fromisoformat(row["time"])
    return PastTurn(row["id"], row["session"], row["user"], row["reply"], time, json.loads(row["tool_calls"]))
