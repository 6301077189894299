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

    def sessions(self) -> list[SessionInfo]:
        """All conversations, the latest first."""
        if not self.database.exists:
            return []
        sql = "SELECT session, min(id) AS a, max(id) AS b, count(*) AS n FROM turns GROUP BY session ORDER BY b DESC"
        with self.database.reading() as connection:
            times = dict(connection.execute("SELECT id, time FROM turns").fetchall())
            rows = connection.execute(sql).fetchall()
        stamp = datetime.fromisoformat
        return [SessionInfo(row["session"], stamp(times[row["a"]]), stamp(times[row["b"]]), row["n"]) for row in rows]

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
