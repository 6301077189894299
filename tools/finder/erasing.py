"""What of the index an owner wants gone: by camera, time, kind of thing, or all ways of people. Owns no files' bytes.

Rows go, with the stills that show what they tell of; the recordings stay known, so that none is indexed again, and no
longer count as covered where all of them is gone. `erase_traces` then makes the deleted rows unreadable in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.errors import storage_errors
from runtime.sealed import MARK, Seal
from tools.finder.database import FinderDatabase


@dataclass(frozen=True)
class Footage:
    """What to look for: `words` are a thing's name (each must be its label or a colour of it); None: everything.

    `since` and `until` are Unix seconds; what overlaps the span between them counts. `people`: only ways of people,
    with the stills that show them.
    """

    camera: str | None = None
    since: float | None = None
    until: float | None = None
    words: tuple[str, ...] | None = None
    people: bool = False


@dataclass
class Seen:
    """Ids of rows, by table, and the names of still files that only they need."""

    sightings: list[int] = field(default_factory=list)
    stills: list[int] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    """Recordings of which nothing is left."""
    files: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether a row is among them."""
        return bool(self.sightings or self.stills or self.changes or self.people)


class StoreErasing(FinderDatabase):
    """The part of `FinderStore` that lets go for good."""

    def seen(self, wanted: Footage) -> Seen:
        """What the index holds of it. Raises `UnknownNameError` for a camera that is not there."""
        if wanted.words is not None:
            return self._seen_things(wanted)
        found = Seen(people=self._ids("people", wanted, "first_seen", "last_seen"))
        if wanted.people:
            rows = self._marked("SELECT still_id FROM people WHERE still_id IS NOT NULL AND id IN ({})", found.people)
            found.stills = sorted({row[0] for row in rows})
            found.files = self._only_theirs(found.stills)
            return found
        found.sightings = self._ids("sightings", wanted, "first_seen", "last_seen")
        found.stills = self._ids("stills", wanted, "time", "time")
        found.changes = self._ids("changes", wanted, "time", "time")
        where, values = self._bounds(wanted, "start", "start + duration_s", within=True)
        rows = self._database.execute(f"SELECT id FROM segments WHERE {where}", values).fetchall()  # noqa: S608 - ours
        found.segments = [row[0] for row in rows]
        found.files = self._only_theirs(found.stills)
        return found

    def erase(self, found: Seen) -> list[int]:
        """Delete these rows and still files. Returns the ids of the sightings that are gone."""
        with self._transaction():
            for table in ("sightings", "changes", "people", "stills"):
                self._each(f"DELETE FROM {table} WHERE id = ?", getattr(found, table))  # noqa: S608 - names are ours
            now = self._clock()
            self._database.executemany(
                "UPDATE segments SET expired = ? WHERE id = ?", [(now, segment) for segment in found.segments]
            )
        self._still_files.remove(found.files)
        return found.sightings

    def reseal_crops(self) -> int:
        """Bring the small pictures of things to the folder's seal; gives how many were changed."""
        seal, changed = Seal.of(self.folder), 0
        with self._transaction():
            rows = self._database.execute("SELECT id FROM sightings WHERE crop IS NOT NULL").fetchall()
            for (sighting,) in rows:
                crop = self._database.execute("SELECT crop FROM sightings WHERE id = ?", (sighting,)).fetchone()[0]
                if crop.startswith(MARK) is not seal.active:
                    fresh = seal.close(crop) if seal.active else seal.open(crop)
                    self._database.execute("UPDATE sightings SET crop = ? WHERE id = ?", (fresh, sighting))
                    changed += 1
        return changed

    def erase_traces(self) -> None:
        """Make deleted rows unreadable: the database file is written anew, and its log emptied."""
        with storage_errors(self.folder):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._database.execute("VACUUM")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _seen_things(self, wanted: Footage) -> Seen:
        assert wanted.words is not None
        where, values = self._bounds(wanted, "first_seen", "last_seen")
        rows = self._database.execute(
            f"SELECT id, label, colours, still_id, placed_by, ended_by FROM sightings WHERE {where}",  # noqa: S608 - ours
            values,
        ).fetchall()
        words = set(wanted.words)
        held = [row for row in rows if words <= {*(row[1] or "").casefold().split(), *row[2].casefold().split()}]
        found = Seen(sightings=[row[0] for row in held])
        found.changes = sorted({change for row in held for change in row[4:] if change is not None})
        named = "SELECT before_still, after_still FROM changes WHERE id IN ({})"
        stills = {row[3] for row in held} | {still for row in self._marked(named, found.changes) for still in row}
        found.stills = sorted(still for still in stills if still is not None)
        found.files = self._only_theirs(found.stills)
        return found

    def _only_theirs(self, stills: Sequence[int]) -> list[str]:
        """Files of these stills that no other still shares (equal pictures are kept once)."""
        theirs = {row[0] for row in self._marked("SELECT file FROM stills WHERE id IN ({})", stills)}
        gone = set(stills)
        kept = {row[1] for row in self._database.execute("SELECT id, file FROM stills") if row[0] not in gone}
        return sorted(theirs - kept)

    def _ids(self, table: str, wanted: Footage, first: str, last: str) -> list[int]:
        where, values = self._bounds(wanted, first, last)
        rows = self._database.execute(f"SELECT id FROM {table} WHERE {where}", values)  # noqa: S608 - names are ours
        return [row[0] for row in rows]

    def _bounds(self, wanted: Footage, first: str, last: str, *, within: bool = False) -> tuple[str, list[Any]]:
        parts, values = ["1"], list[Any]()
        if wanted.camera is not None:
            parts.append("camera_id = (SELECT id FROM cameras WHERE name = ?)")
            values.append(wanted.camera)
        if wanted.since is not None:
            parts.append(f"{first if within else last} >= ?")
            values.append(wanted.since)
        if wanted.until is not None:
            parts.append(f"{last if within else first} <= ?")
            values.append(wanted.until)
        return " AND ".join(parts), values

    def _marked(self, statement: str, ids: Sequence[int]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            rows += self._database.execute(statement.format(",".join("?" * len(part))), list(part)).fetchall()
        return rows

    def _each(self, statement: str, ids: Sequence[int]) -> None:
        self._database.executemany(statement, [(one,) for one in ids])
