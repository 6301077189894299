"""Writing the finder's truth: cameras, zones and what was found in recordings. Owns no image processing.

Everything of one segment is written in one transaction, so that killing the program at any moment loses and
doubles nothing: stills are written first, under a name made from their bytes, and a still that no row names
is removed when the next indexing begins.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from runtime.errors import UnknownNameError, UsageError, storage_errors
from runtime.sealed import Seal
from tools.finder.erasing import StoreErasing
from tools.finder.keeping import StoreKeeping
from tools.finder.records import Camera, CameraKind, CameraOptions, Zone
from tools.finder.scan.drafts import ChangeDraft, SegmentDraft, SegmentFile, SightingDraft
from tools.finder.taught.rows import StoreItems


class FinderStore(StoreKeeping, StoreItems, StoreErasing):
    """The index under `folder`; see `FinderDatabase`."""

    @contextlib.contextmanager
    def indexing(self) -> Iterator[None]:
        """Hold the right to index (one process at a time) and clear away stills that no row names.

        Raises `UsageError` when another process is indexing.
        """
        with storage_errors(self.folder), (self.folder / "index.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    "Another process is indexing these cameras.", remedy="Wait until it is done, or end it."
                ) from None
            self._still_files.remove_orphans()
            yield

    # --- cameras

    def add_camera(
        self,
        name: str,
        source: str,
        start: float | None = None,
        zones: Iterable[Zone] = (),
        *,
        kind: CameraKind = "recordings",
        options: CameraOptions | None = None,
    ) -> Camera:
        """Add a camera. Raises `UsageError` when the name is taken."""
        with self._transaction():
            self.check_free(name)
            self._database.execute(
                "INSERT INTO cameras (name, source, start, added, kind, options) VALUES (?, ?, ?, ?, ?, ?)",
                (name, source, start, self._clock(), kind, json.dumps(asdict(options or CameraOptions()))),
            )
        for zone in zones:
            self.set_zone(name, zone)
        return self.camera(name)

    def check_free(self, name: str) -> None:
        """Raise `UsageError` when a camera has that name."""
        taken = self._database.execute("SELECT source FROM cameras WHERE name = ?", (name,)).fetchone()
        if taken:
            raise UsageError(
                f"A camera named {name!r} exists already ({taken[0]}).",
                remedy=f"Choose another name, or remove it first: hausgeist cameras remove {name}.",
            )

    def set_zone(self, camera: str, zone: Zone) -> None:
        """Add or replace a camera's zone."""
        camera_id = self.camera(camera).id
        with self._transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO zones (camera_id, name, polygon) VALUES (?, ?, ?)",
                (camera_id, zone.name, json.dumps(zone.polygon)),
            )

    def remove_zone(self, camera: str, name: str) -> None:
        """Remove a camera's zone. Raises `UnknownNameError`."""
        wanted = self.camera(camera)
        with self._transaction():
            done = self._database.execute("DELETE FROM zones WHERE camera_id = ? AND name = ?", (wanted.id, name))
            if not done.rowcount:
                raise UnknownNameError("zone", name, [zone.name for zone in wanted.zones])

    def remove_camera(self, name: str) -> list[int]:
        """Remove a camera and all that was indexed of it. Returns the ids of its sightings."""
        camera_id = self.camera(name).id
        with self._transaction():
            rows = self._database.execute("SELECT id FROM sightings WHERE camera_id = ?", (camera_id,)).fetchall()
            stills = self._still_files.named("camera_id = ?", camera_id)
            self._database.execute("DELETE FROM cameras WHERE id = ?", (camera_id,))
        self._still_files.remove(stills)
        return [row[0] for row in rows]

    # --- segments

    def is_indexed(self, camera_id: int, path: str, bytes_: int, mtime_ns: int) -> bool:
        """Whether this very file (same size and modification time) was indexed."""
        row = self._database.execute(
            "SELECT bytes, mtime_ns, indexed FROM segments WHERE camera_id = ? AND path = ?",
            (camera_id, path),
        ).fetchone()
        return row is not None and row[2] is not None and (row[0], row[1]) == (bytes_, mtime_ns)

    def write_segment(self, camera_id: int, draft: SegmentDraft) -> tuple[list[int], list[int]]:
        """Write all that was found in a segment, in place of what was there of it, in one transaction.

        Returns the ids of the new sightings (in the order of `draft.sightings`) and of those they replace.
        """
        names = [self._still_files.keep(still.jpeg) for still in draft.stills]
        with self._transaction():
            old = self._database.execute(
                "SELECT id FROM segments WHERE camera_id = ? AND path = ?", (camera_id, draft.file.path)
            ).fetchone()
            old_id = old[0] if old else -1
            replaced = self._database.execute("SELECT id FROM sightings WHERE segment_id = ?", (old_id,)).fetchall()
            stale = self._still_files.named("segment_id = ?", old_id)
            self._database.execute("DELETE FROM segments WHERE id = ?", (old_id,))
            ids = self._insert(camera_id, draft, names)
        self._still_files.remove(stale)
        return ids, [row[0] for row in replaced]

    def _insert(self, camera_id: int, draft: SegmentDraft, names: list[str]) -> list[int]:
        segment = self._insert_segment(camera_id, draft.file)
        of = (segment, camera_id)
        stills = [
            self._add("stills", "segment_id, camera_id, time, file, scale", (*of, still.time, name, still.scale))
            for still, name in zip(draft.stills, names, strict=True)
        ]
        people = [
            self._add(
                "people",
                "segment_id, camera_id, first_seen, last_seen, path, still_id",
                (*of, p.path[0][0], p.path[-1][0], json.dumps(p.path), _at(stills, p.still)),
            )
            for p in draft.people
        ]
        changes = [self._insert_change(of, change, stills, people) for change in draft.changes]
        return [self._insert_sighting(of, sighting, stills, changes) for sighting in draft.sightings]

    def _insert_segment(self, camera_id: int, file: SegmentFile) -> int:
        f, columns = file, "camera_id, path, bytes, mtime_ns, start, duration_s, width, height, fps"
        columns += ", status, problem, indexed"
        values = (camera_id, f.path, f.bytes, f.mtime_ns, f.start, f.duration_s, f.width, f.height, f.fps)
        return self._add("segments", columns, (*values, f.status, f.problem, self._clock()))

    def _insert_change(self, of: tuple[int, int], change: ChangeDraft, stills: list[int], people: list[int]) -> int:
        columns = "segment_id, camera_id, time, type, x, y, w, h, score, before_still, after_still, person_id"
        before, after = _at(stills, change.before_still), _at(stills, change.after_still)
        values = (
            *of,
            change.time,
            change.type,
            *change.box,
            change.score,
            before,
            after,
            _at(people, change.person),
        )
        change_id = self._add("changes", columns, values)
        if change.carried is not None:
            seen = (change_id, change.carried.time, *change.carried.box, _at(stills, change.carried.still))
            self._add("carries", "change_id, time, x, y, w, h, still_id", seen)
        return change_id

    def _insert_sighting(
        self, of: tuple[int, int], sighting: SightingDraft, stills: list[int], changes: list[int]
    ) -> int:
        columns = (
            "segment_id, camera_id, first_seen, last_seen, x, y, w, h, still_id, placed_by, ended_by,"
            " origin, label, label_score, colours, crop"
        )
        s = sighting
        links = (_at(stills, s.still), _at(changes, s.placed_by), _at(changes, s.ended_by))
        crop = None if s.crop is None else Seal.of(self.folder).close(s.crop)
        looks = (s.label, s.label_score, " ".join(s.colours), crop)
        values = (*of, s.first_seen, s.last_seen, *s.box, *links, s.origin, *looks)
        return self._add("sightings", columns, values)

    def _add(self, table: str, columns: str, values: tuple[object, ...]) -> int:
        marks = ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names are ours
        return int(self._database.execute(statement, values).lastrowid or 0)


def _at(ids: list[int], position: int | None) -> int | None:
    return None if position is None else ids[position]
