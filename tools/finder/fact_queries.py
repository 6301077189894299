"""What the search reads of sightings in bulk, and which of them it has to read again. Owns no files of its own.

Triggers note every sighting that was made, altered or deleted in the table `stale`; who keeps derived data of sightings
takes the ids from there, brings its data into line, and only then settles them, so that a kill in between repeats work
and loses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tools.finder.queries import StoreQueries, as_change, as_sighting
from tools.finder.records import Box, Change, Sighting, Still

_MARKS = 500


class FactQueries(StoreQueries):
    """The part of `FinderStore` that the search's own files are made from."""

    def stale(self, limit: int) -> list[int]:
        """Ids of sightings, present or gone, whose derived data is not up to date, ascending, at most `limit`."""
        return [row[0] for row in self._database.execute("SELECT id FROM stale ORDER BY id LIMIT ?", (limit,))]

    def settle(self, ids: Sequence[int]) -> None:
        """Derived data of these sightings is up to date."""
        with self._transaction():
            self._database.executemany("DELETE FROM stale WHERE id = ?", ((id_,) for id_ in ids))

    def forget_settled(self) -> None:
        """All sightings count as stale: their derived data is lost."""
        with self._transaction():
            self._database.execute("INSERT OR IGNORE INTO stale SELECT id FROM sightings")

    def facts(self, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Of those of `ids` that exist: id, camera_id, first_seen, last_seen, x, y, w, h, origin, label, label_score,
        colours, whether it has a crop, ended_by, the type of the change that placed it and of the one that ended it."""
        for start in range(0, len(ids), _MARKS):
            part = ids[start : start + _MARKS]
            marks = ",".join("?" * len(part))
            statement = (
                "SELECT s.id, s.camera_id, s.first_seen, s.last_seen, s.x, s.y, s.w, s.h, s.origin, s.label,"
                " s.label_score, s.colours, s.crop IS NOT NULL, s.ended_by, p.type, e.type FROM sightings s"
                " LEFT JOIN changes p ON p.id = s.placed_by LEFT JOIN changes e ON e.id = s.ended_by WHERE s.id IN"
            )
            yield from self._database.execute(f"{statement} ({marks})", part)

    def lying(self, camera_id: int, at: float, until: float, which: str) -> list[Sighting]:
        """Sightings that lay there at `at` and ended by `until` (Unix seconds), without their crops.

        `which` is a condition of ours on the table's columns.
        """
        where = f"camera_id = ? AND last_seen BETWEEN ? AND ? AND first_seen <= ? AND {which}"
        return self._bare(where, (camera_id, at - 3.0, until, at), "id")

    def put_down(self, camera_id: int, since: float, limit: int = 500) -> list[Sighting]:
        """Things put down from `since` on that nothing has ended, without their crops, the oldest first."""
        where = "camera_id = ? AND last_seen >= ? AND first_seen >= ? AND placed_by IS NOT NULL AND ended_by IS NULL"
        return self._bare(where, (camera_id, since, since), f"last_seen, id LIMIT {int(limit)}")

    def changes_over(self, camera_id: int, since: float, until: float, box: Box, limit: int = 50) -> list[Change]:
        """Changes in that time whose box meets `box`, the oldest first."""
        columns = "id, segment_id, camera_id, time, type, x, y, w, h, score, before_still, after_still, person_id"
        where = "camera_id = ? AND time BETWEEN ? AND ? AND x < ? AND y < ? AND x + w > ? AND y + h > ?"
        x, y, w, h = box
        values = [camera_id, since, until, x + w, y + h, x, y]
        return [as_change(row) for row in self._select(columns, "changes", where, values, f"time LIMIT {int(limit)}")]

    def of_change(self, change_id: int) -> list[Sighting]:
        """The sightings that a change began or ended, without their crops."""
        return self._bare("placed_by = ? OR ended_by = ?", (change_id, change_id), "id")

    def change_labels(self, camera_id: int | None = None) -> dict[int, str]:
        """The label of what was put down or taken, by the id of the change, where there is one."""
        where, values = ("camera_id = ? AND ", [camera_id]) if camera_id is not None else ("", [])
        where += "label IS NOT NULL AND (placed_by IS NOT NULL OR ended_by IS NOT NULL)"
        found: dict[int, str] = {}
        for placed, ended, label in self._select("placed_by, ended_by, label", "sightings", where, values, "id"):
            for change in (placed, ended):
                if change is not None:
                    found.setdefault(change, label)
        return found

    def still_at(self, camera_id: int, at: float | None, until: float | None = None) -> Still | None:
        """A camera's newest still; the newest from `at` to `until`, else the one nearest to `at`; None without any."""
        columns, where = "id, segment_id, camera_id, time, file, scale", "camera_id = ?"
        if at is None:
            rows = self._select(columns, "stills", where, [camera_id], "time DESC LIMIT 1")
            return Still(*rows[0]) if rows else None
        within = [camera_id, at, until if until is not None else at]
        rows = self._select(columns, "stills", f"{where} AND time >= ? AND time < ?", within, "time DESC LIMIT 1")
        if not rows:
            rows = self._select(columns, "stills", f"{where} AND time >= ?", [camera_id, at], "time LIMIT 1")
            rows += self._select(columns, "stills", f"{where} AND time < ?", [camera_id, at], "time DESC LIMIT 1")
        stills = [Still(*row) for row in rows]
        return min(stills, key=lambda still: abs(still.time - at), default=None)

    def _bare(self, where: str, values: tuple[Any, ...], order: str) -> list[Sighting]:
        columns = (
            "id, segment_id, camera_id, first_seen, last_seen, x, y, w, h, still_id, placed_by, ended_by,"
            " origin, label, label_score, colours, NULL"
        )
        return [as_sighting(row) for row in self._select(columns, "sightings", where, list(values), order)]
