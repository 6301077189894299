"""What memory is made of, as plain values. Owns no storage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["told", "learned", "imported"]


@dataclass(frozen=True)
class Fact:
    """One record, in the words it was given in.

    `source` says where the words came from (a session, a file, the command line), `turn` the history turn; `kind`:
    told (remember), learned (from a turn) or imported. `superseded_by` is the id of the fact that replaced it.
    """

    id: int
    text: str
    time: datetime
    source: str
    kind: Kind = "told"
    turn: int | None = None
    superseded_by: int | None = None

    def as_json(self) -> dict[str, Any]:
        """id, text, time (ISO 8601 with offset), source, kind, turn, superseded_by."""
        return {
            "id": self.id,
            "text": self.text,
            "time": self.time.isoformat(),
            "source": self.source,
            "kind": self.kind,
            "turn": self.turn,
            "superseded_by": self.superseded_by,
        }


@dataclass(frozen=True)
class Hit:
    """A fact that answers a query. `score` orders hits (0 to 1); `similarity` is the cosine of its nearest passage;
    `words` is the share of the query's content words that stand in the fact (0 to 1); `excerpt` is the passage."""

    fact: Fact
    score: float
    similarity: float = 0.0
    words: float = 0.0
    excerpt: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fact's fields and score, similarity, words, excerpt."""
        return {
            **self.fact.as_json(),
            "score": round(self.score, 4),
            "similarity": round(self.similarity, 4),
            "words": round(self.words, 4),
            "excerpt": self.excerpt or self.fact.text,
        }


@dataclass(frozen=True)
class PastTurn:
    """One turn of a conversation: the user's words, the reply, and the tool calls as JSON objects."""

    id: int
    session: str
    user: str
    reply: str
    time: datetime
    tool_calls: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """id, session, user, reply, time, tool_calls."""
        return {
            "id": self.id,
            "session": self.session,
            "user": self.user,
            "reply": self.reply,
            "time": self.time.isoformat(),
            "tool_calls": self.tool_calls,
        }


@dataclass(frozen=True)
class SessionInfo:
    """A conversation: its name, its first and last turn, how many there are, and the words it began with."""

    name: str
    started: datetime
    updated: datetime
    turns: int
    title: str = ""

    def as_json(self) -> dict[str, Any]:
        """name, started, updated, turns, title."""
        started, updated = self.started.isoformat(), self.updated.isoformat()
        return {"name": self.name, "started": started, "updated": updated, "turns": self.turns, "title": self.title}
