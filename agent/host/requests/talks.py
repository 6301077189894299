"""Conversations: list, search, read, rename, rewind, delete, export. Owns no storage (see `memory.history`)."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from agent.host.job import Job
from runtime.errors import UsageError
from runtime.paths import ensure, replacing

EVERYTHING = 1_000_000
LONGEST_NAME = 36


def sessions(job: Job, query: str = "") -> list[dict[str, Any]]:
    """All conversations, the latest first; with `query` those that hold its words."""
    return [info.as_json() for info in job.desk.talks.sessions(query)]


def history(job: Job, session: str, limit: int = 50, before: int | None = None) -> list[dict[str, Any]]:
    """The last `limit` turns of a session before the turn of id `before`, oldest first."""
    turns = job.desk.talks.history(session, EVERYTHING if before is not None else limit)
    if before is not None:
        turns = [turn for turn in turns if turn.id < before]
    return [turn.as_json() for turn in turns[-limit:]]


def rename(job: Job, session: str, name: str) -> str:
    """Give a conversation another name; gives it back as it was stored."""
    clean = " ".join(name.split())
    job.desk.talks.rename_session(session, clean)
    return clean


def free_name(job: Job, text: str) -> str:
    """A name for a new conversation, from the first words of its first request, that no other one has."""
    words = "".join(c if c.isprintable() and c not in "/\\" else " " for c in text[:200]).split()
    base = ""
    for word in words:
        if len(base) + len(word) >= LONGEST_NAME:
            break
        base = f"{base} {word}".strip()
    base = base or (words[0][:LONGEST_NAME] if words else "talk")
    taken = {info.name for info in job.desk.talks.sessions()}
    names = itertools.chain([base], (f"{base} {number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken)


def delete_session(job: Job, session: str) -> int:
    """Remove a conversation; gives the number of its turns."""
    return job.desk.talks.delete_session(session)


def rewind(job: Job, session: str, turn: int) -> int:
    """Remove the turn of that id and all after it; gives how many."""
    return job.desk.talks.rewind(session, turn)


def export(job: Job, session: str, form: str = "md", file: str = "") -> str:
    """Write a conversation as Markdown ("md") or JSON ("json"); gives the file's path."""
    turns = [turn.as_json() for turn in job.desk.talks.history(session, EVERYTHING)]
    if not turns:
        raise UsageError(f"The conversation {session!r} has no turn yet.", remedy="Ask something first.")
    if form not in {"md", "json"}:
        raise UsageError(f"{form!r} is no form to export to.", remedy="Say md or json.")
    safe = "".join(c if c.isalnum() or c in "-_ " else "-" for c in session).strip() or "conversation"
    target = Path(file).expanduser() if file else ensure(job.house.paths.outputs) / f"{safe}.{form}"
    with replacing(target) as beside:
        beside.write_text(_text(session, turns, form), encoding="utf-8")
    return str(target)


def _text(session: str, turns: list[dict[str, Any]], form: str) -> str:
    if form == "json":
        return json.dumps({"session": session, "turns": turns}, ensure_ascii=False, indent=1) + "\n"
    parts = [f"# {session}\n"]
    for turn in turns:
        parts.append(f"## {turn['user']}\n\n*{turn['time']}*\n")
        parts += [f"- `{call['name']}` {json.dumps(call['args'], ensure_ascii=False)}: {call['status']}"
                  for call in turn["tool_calls"]]  # fmt: skip
        parts.append(f"\n{turn['reply']}\n")
    return "\n".join(parts)
