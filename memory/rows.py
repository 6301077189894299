"""Reads rows of memory from JSON Lines. Owns no storage; names every bad row by its line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from memory.store import NewFact
from runtime.errors import ArgumentError, storage_errors

SHOWN = 10
LONGEST = 20_000


def read_jsonl(file: Path, now: datetime) -> list[NewFact]:
    """The rows of `file`, {"text", "time"?, "source"?} each; times without a zone are in that of `now`.

    Raises `ArgumentError` that lists the bad rows (the first ten) with what is wrong, or when the file cannot be read.
    """
    if not file.is_file():
        raise ArgumentError(f"There is no file {file}.", remedy="Check the path.")
    rows: list[NewFact] = []
    problems: list[str] = []
    with storage_errors(file):
        data = file.read_bytes()
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append(_row(line, now, file.name))
        except ValueError as problem:
            problems.append(f"line {number}: {problem}")
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise ArgumentError(
            f"{file} was not imported: {'; '.join(problems[:SHOWN])}{more}.",
            remedy='Each line is an object such as {"text": "…", "time": "2026-05-01T09:30:00+02:00", "source": "…"}.',
        )
    return rows


def _row(line: bytes, now: datetime, name: str) -> NewFact:
    try:
        row: Any = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except json.JSONDecodeError as problem:
        raise ValueError(f"is not JSON ({problem.msg} at column {problem.colno})") from None
    if not isinstance(row, dict):
        raise ValueError("is not an object")
    text, source = row.get("text"), row.get("source")
    if not isinstance(text, str) or not text.strip():
        raise ValueError('has no "text"')
    if len(text) > LONGEST:
        raise ValueError(f'"text" has more than {LONGEST} characters')
    if source is not None and not isinstance(source, str):
        raise ValueError('"source" is not a text')
    return NewFact(text.replace("\0", " ").strip(), _time(row.get("time"), now), source or name, "imported")


def _time(value: Any, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        time = datetime.fromisoformat(value)
        time = time.replace(tzinfo=now.tzinfo) if time.tzinfo is None else time
        time.timestamp()
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f'"time" is not ISO 8601: {value!r}') from None
    return time
