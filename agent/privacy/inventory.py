"""What is stored: each kind with its count, its time, its size, its place, and until when. Owns no stores.

Reads SQLite files without changing them, and sizes of files. Loads no model. Sizes of a database count once, at the
first kind that it holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime.errors import storage_errors
from runtime.house import House

BEING = "you delete them"


@dataclass(frozen=True)
class Kept:
    """One kind of thing that is kept. `since` and `until` are the times of the first and the last of it."""

    kind: str
    count: int
    bytes: int
    where: str
    limit: str
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields; times as ISO 8601."""
        times = {"since": self.since, "until": self.until}
        return {**asdict(self), **{key: value.isoformat() if value else None for key, value in times.items()}}


def inventory(house: House) -> list[Kept]:
    """Every kind of thing that is kept, also those of which there is none. Raises `StorageError`."""
    return [*_memory(house), *_documents(house), *_finder(house), *_made(house), *_rest(house)]


def _memory(house: House) -> Iterator[Kept]:
    file, zone = house.paths.memory / "memory.sqlite3", house.now().tzinfo
    days = house.settings.privacy.history_days
    facts = _span(file, "SELECT count(*), min(at), max(at) FROM facts")
    turns = _span(file, "SELECT count(*), min(at), max(at) FROM turns")
    size = _size(house.paths.memory)
    yield _row("facts", facts, size, house.paths.memory, "you forget them", zone)
    yield _row("turns of conversations", turns, 0, house.paths.memory, f"{days:g} days" if days else BEING, zone)


def _documents(house: House) -> Iterator[Kept]:
    folder, zone = house.paths.data / "documents", house.now().tzinfo
    found = _span(folder / "documents.sqlite3", "SELECT count(*), min(read_at), max(read_at) FROM documents")
    yield _row("documents read", found, _size(folder), folder, "`hausgeist docs remove`", zone)


def _finder(house: House) -> Iterator[Kept]:
    folder, zone, limits = house.paths.finder, house.now().tzinfo, house.settings.finder
    file = folder / "finder.sqlite"
    index = f"{limits.index_days:g} days" if limits.index_days else "`hausgeist cameras remove`"
    frames = f"{limits.evidence_gb:g} GB" if limits.evidence_gb else index
    derived = _size(folder / "facts") + _size(folder / "vectors")
    sizes = {"cameras": _size(file), "sightings": derived, "stills": _size(folder / "stills")}
    kinds = {
        "cameras": ("cameras", "added", "added", "`hausgeist cameras remove`"),
        "sightings": ("sightings of things", "first_seen", "last_seen", index),
        "changes": ("changes", "time", "time", index),
        "people": ("ways of people", "first_seen", "last_seen", index),
        "stills": ("evidence frames", "time", "time", frames),
    }
    for table, (kind, first, last, limit) in kinds.items():
        found = _span(file, f"SELECT count(*), min({first}), max({last}) FROM {table}")  # noqa: S608 - names are ours
        yield _row(kind, found, sizes.get(table, 0), folder, limit, zone)
    taught = _span(file, "SELECT count(*), min(added), max(added) FROM item_photos")
    yield _row("photos of taught things", taught, _size(folder / "items"), folder, "`hausgeist items forget`", zone)
    days, gigabytes = limits.recordings_days, limits.recordings_gb
    own = " or ".join([f"{days:g} days"] * bool(days) + [f"{gigabytes:g} GB"] * bool(gigabytes)) or BEING
    yield _files("recordings made or fetched", folder / "recordings", own, zone)


def _made(house: House) -> Iterator[Kept]:
    zone, days = house.now().tzinfo, house.settings.privacy.outputs_days
    limit = f"{days:g} days" if days else BEING
    yield _files("pictures, speech and frames made for you", house.paths.outputs, limit, zone)
    journal = house.paths.data / "scripts" / "journal.sqlite3"
    runs = _span(
        journal, "SELECT count(*), unixepoch(min(started)), unixepoch(max(coalesce(ended, started))) FROM runs"
    )
    yield _row("runs of scripts", runs, _size(journal.parent), journal.parent, BEING, zone)


def _rest(house: House) -> Iterator[Kept]:
    data, zone = house.paths.data, house.now().tzinfo
    known = {"memory", "documents", "finder", "outputs", "scripts"}
    others = [path for path in data.iterdir() if path.name not in known] if data.is_dir() else []
    for path in sorted(others):
        yield _files(f"others: {path.name}", path, BEING, zone)
    yield _files("frames cut for the app", house.paths.cache / "filmstrip", "made again at need", zone)
    yield _files("settings, tokens (as hashes) and keys", house.paths.config, BEING, zone)
    yield _files("states of prompts (persona and tools)", house.paths.prefixes, "made again at need", zone)


def _span(file: Path, statement: str) -> tuple[int, float | None, float | None]:
    """Count and times, Unix seconds, of what a question to a database finds; nothing where there is no database."""
    if not file.is_file():
        return 0, None, None
    with storage_errors(file), closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
        database.execute("PRAGMA busy_timeout = 10000")
        row = database.execute(statement).fetchone()
    return int(row[0]), _seconds(row[1]), _seconds(row[2])


def _seconds(value: Any) -> float | None:
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return None if value is None else float(value)


def _files(kind: str, place: Path, limit: str, zone: Any) -> Kept:
    """A folder's files (or one file) as a kind: by when they were written."""
    states = [path.stat() for path in _below(place)]
    times = sorted(state.st_mtime for state in states)
    span = (len(states), times[0] if times else None, times[-1] if times else None)
    return _row(kind, span, sum(state.st_size for state in states), place, limit, zone)


def _row(
    kind: str, span: tuple[int, float | None, float | None], size: int, where: Path, limit: str, zone: Any
) -> Kept:
    moment: Callable[[float], datetime] = lambda at: datetime.fromtimestamp(at, UTC).astimezone(zone)  # noqa: E731
    since, until = (moment(at) if at is not None else None for at in span[1:])
    return Kept(kind, span[0], size, str(where), limit, since, until)


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in _below(place))


def _below(place: Path) -> Iterable[Path]:
    """The files under a folder, or the file itself with what SQLite keeps beside it."""
    if place.is_dir():
        return [path for path in place.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in place.parent.glob(f"{place.name}*") if path.is_file()] if place.parent.is_dir() else []
