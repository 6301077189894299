"""Typed questions to the finder's truth. Owns no writing (see `tools.finder.store`).

All times are Unix seconds UTC. `camera` is a camera's name in any case; `since` and `until` bound what
overlaps the span between them, both ends included.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runtime.errors import UnknownNameError
from runtime.sealed import Seal
from tools.finder.records import (
    Camera,
    CameraOptions,
    Carried,
    Change,
    Coverage,
    Person,
    Segment,
    Sighting,
    Still,
    Zone,
)
from tools.finder.stretches import StoreStretches, covered


class StoreQueries(StoreStretches):
    """The reading half of `FinderStore`."""

    def cameras(self) -> list[Camera]:
        """All cameras with their zones, by name."""
        zones: dict[int, list[Zone]] = {}
        for camera_id, name, polygon in self._database.execute(
            "SELECT camera_id, name, polygon FROM zones ORDER BY name"
        ):
            zones.setdefault(camera_id, []).append(Zone(name, tuple((x, y) for x, y in json.loads(polygon))))
        rows = self._database.execute("SELECT id, name, source, start, kind, options FROM cameras ORDER BY name")
        return [
            Camera(
                row[0], row[1], row[2], row[3], tuple(zones.get(row[0], ())), row[4],
                CameraOptions(**json.loads(row[5])), None if row[4] == "recordings" else str(self.held(row[0])),
            )
            for row in rows
        ]  # fmt: skip

    def held(self, camera_id: int) -> Path:
        """The folder for what we record or fetch of a camera."""
        return self.folder / "recordings" / str(camera_id)

    def camera(self, name: str) -> Camera:
        """The camera of that name. Raises `UnknownNameError`."""
        cameras = self.cameras()
        for camera in cameras:
            if camera.name.casefold() == name.casefold():
                return camera
        remedy = "Add one with `hausgeist cameras add NAME PATH`."
        raise UnknownNameError("camera", name, [camera.name for camera in cameras], remedy=remedy)

    def segments(self, camera: str | None = None) -> list[Segment]:
        """Recordings that were looked at, broken ones included, by start."""
        columns = "id, camera_id, path, start, duration_s, width, height, fps, status, problem, indexed"
        where, values = self._where(camera, None, None, "start", "start")
        return [Segment(*row) for row in self._select(columns, "segments", where, values, "start, path")]

    def indexed_files(self, camera_id: int) -> dict[str, tuple[int, int]]:
        """Size and modification time (nanoseconds) of each recording of a camera when it was indexed, by path."""
        where = "camera_id = ? AND indexed IS NOT NULL"
        rows = self._select("path, bytes, mtime_ns", "segments", where, [camera_id], "id")
        return {path: (bytes_, mtime_ns) for path, bytes_, mtime_ns in rows}

    def sightings(
        self, camera: str | None = None, since: float | None = None, until: float | None = None
    ) -> list[Sighting]:
        """Things at rest, the newest `last_seen` first."""
        columns = (
            "id, segment_id, camera_id, first_seen, last_seen, x, y, w, h, still_id, placed_by, ended_by,"
            " origin, label, label_score, colours, crop"
        )
        where, values = self._where(camera, since, until, "first_seen", "last_seen")
        seal = Seal.of(self.folder)
        return [
            as_sighting(row, seal)
            for row in self._select(columns, "sightings", where, values, "last_seen DESC, id DESC")
        ]

    def sightings_by_id(self, ids: list[int]) -> dict[int, Sighting]:
        """The sightings of these ids; ids that are not there are left out."""
        columns = (
            "id, segment_id, camera_id, first_seen, last_seen, x, y, w, h, still_id, placed_by, ended_by,"
            " origin, label, label_score, colours, crop"
        )
        found: dict[int, Sighting] = {}
        seal = Seal.of(self.folder)
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            marks = ",".join("?" * len(part))
            for row in self._select(columns, "sightings", f"id IN ({marks})", part, "id"):
                found[row[0]] = as_sighting(row, seal)
        return found

    def crop_ids(self) -> list[int]:
        """The ids of all sightings that have a crop, ascending."""
        return [row[0] for row in self._select("id", "sightings", "crop IS NOT NULL", [], "id")]

    def changes(
        self, camera: str | None = None, since: float | None = None, until: float | None = None
    ) -> list[Change]:
        """What was placed, removed, covered or uncovered, the oldest first."""
        columns = "id, segment_id, camera_id, time, type, x, y, w, h, score, before_still, after_still, person_id"
        where, values = self._where(camera, since, until, "time", "time")
        rows = self._select(columns, "changes", where, values, "time, id")
        return [as_change(row) for row in rows]

    def change(self, change_id: int) -> Change | None:
        """The change of that id, or None."""
        columns = "id, segment_id, camera_id, time, type, x, y, w, h, score, before_still, after_still, person_id"
        rows = self._select(columns, "changes", "id = ?", [change_id], "id")
        return as_change(rows[0]) if rows else None

    def carried(self, change_id: int) -> Carried | None:
        """Where the thing that a change took away was seen last in a hand, or None."""
        rows = self._select(
            "change_id, time, x, y, w, h, still_id", "carries", "change_id = ?", [change_id], "change_id"
        )
        return Carried(rows[0][0], rows[0][1], tuple(rows[0][2:6]), rows[0][6]) if rows else None

    def person(self, person_id: int) -> Person | None:
        """The person of that id, or None."""
        columns = "id, segment_id, camera_id, first_seen, last_seen, path, still_id"
        rows = self._select(columns, "people", "id = ?", [person_id], "id")
        return _person(rows[0]) if rows else None

    def sizes(self) -> dict[int, tuple[int, int]]:
        """Width and height, pixels, of each camera's newest usable recording, by camera id."""
        rows = self._database.execute(
            "SELECT camera_id, width, height FROM segments WHERE id IN (SELECT (SELECT id FROM segments s"
            " WHERE s.camera_id = c.id AND s.status != 'broken' ORDER BY s.start DESC LIMIT 1) FROM cameras c)"
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def newest_people(self, limit: int) -> list[Person]:
        """The last people who were followed on each camera, at most `limit` of each."""
        columns = "id, segment_id, camera_id, first_seen, last_seen, path, still_id"
        found = []
        for camera in self.cameras():
            order = f"last_seen DESC LIMIT {int(limit)}"
            rows = self._select(columns, "people", "camera_id = ?", [camera.id], order)
            found += [_person(row) for row in rows]
        return found

    def people(self, camera: str | None = None, since: float | None = None, until: float | None = None) -> list[Person]:
        """People who were followed, the newest `last_seen` first."""
        columns = "id, segment_id, camera_id, first_seen, last_seen, path, still_id"
        where, values = self._where(camera, since, until, "first_seen", "last_seen")
        rows = self._select(columns, "people", where, values, "last_seen DESC, id DESC")
        return [_person(row) for row in rows]

    def in_view(self, since: float | None = None, until: float | None = None) -> list[tuple[int, float, float]]:
        """When people were followed on any camera: its id, from when, until when; by camera and beginning."""
        where, values = self._where(None, since, until, "first_seen", "last_seen")
        return self._select("camera_id, first_seen, last_seen", "people", where, values, "camera_id, first_seen")

    def stills(
        self,
        camera: str | None = None,
        at: float | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
    ) -> list[Still]:
        """Settled frames: the nearest to `at` first, or by time where `at` is not given."""
        where, values = self._where(camera, since, until, "time", "time")
        rows = self._select("id, segment_id, camera_id, time, file, scale", "stills", where, values, "time, id")
        stills = [Still(*row) for row in rows]
        return stills if at is None else sorted(stills, key=lambda still: abs(still.time - at))

    def still(self, still_id: int) -> Still | None:
        """The still of that id, or None."""
        rows = self._select("id, segment_id, camera_id, time, file, scale", "stills", "id = ?", [still_id], "id")
        return Still(*rows[0]) if rows else None

    def newest_still(self, camera_id: int) -> int | None:
        """The id of a camera's newest settled frame."""
        statement = (
            "SELECT id FROM stills WHERE camera_id = ? AND NOT EXISTS"
            " (SELECT 1 FROM carries WHERE carries.still_id = stills.id) ORDER BY time DESC LIMIT 1"
        )
        row = self._database.execute(statement, (camera_id,)).fetchone()
        return int(row[0]) if row else None

    def still_path(self, still_id: int) -> Path:
        """The JPEG file of a still. Raises `UnknownNameError`."""
        still = self.still(still_id)
        if still is None:
            raise UnknownNameError("still", str(still_id), ())
        return self.folder / still.file

    def coverage(self, camera: str, since: float | None = None, until: float | None = None) -> Coverage:
        """What the camera's usable recordings cover between `since` and `until`.

        Recordings less than `stretches.JOIN_S` seconds apart count as one. Where `since` or `until` is given, the time
        from there to the first or last recording is a gap too.
        """
        wanted = self.camera(camera)
        return covered(wanted.name, self.stretches(wanted.id), since, until)

    def _where(
        self, camera: str | None, since: float | None, until: float | None, first: str, last: str
    ) -> tuple[str, list[Any]]:
        parts, values = ["1"], list[Any]()
        if camera is not None:
            parts.append("camera_id = ?")
            values.append(self.camera(camera).id)
        elif since is not None or until is not None:
            parts.append("camera_id IN (SELECT id FROM cameras)")  # the indices by time are by camera
        if since is not None:
            parts.append(f"{last} >= ?")
            values.append(since)
        if until is not None:
            parts.append(f"{first} <= ?")
            values.append(until)
        return " AND ".join(parts), values

    def _select(self, columns: str, table: str, where: str, values: list[Any], order: str) -> list[tuple[Any, ...]]:
        statement = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608 - names are ours
        return self._database.execute(statement, values).fetchall()


def as_sighting(row: tuple[Any, ...], seal: Seal = Seal()) -> Sighting:  # noqa: B008 - it never changes
    """A row of the table as a value; `seal` opens its crop where that is sealed."""
    crop = None if row[16] is None else seal.open(row[16])
    box, looks = (row[5], row[6], row[7], row[8]), (row[13], row[14], tuple(row[15].split()), crop)
    return Sighting(row[0], row[1], row[2], row[3], row[4], box, row[9], row[10], row[11], row[12], *looks)


def as_change(row: tuple[Any, ...]) -> Change:
    """A row of the table as a value."""
    return Change(row[0], row[1], row[2], row[3], row[4], (row[5], row[6], row[7], row[8]), *row[9:])


def _person(row: tuple[Any, ...]) -> Person:
    path = tuple(map(tuple, json.loads(row[5])))
    return Person(row[0], row[1], row[2], row[3], row[4], path, row[6])
