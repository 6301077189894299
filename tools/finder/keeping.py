"""What the index gives up when it grows too old or too large: rows and stills, in transactions. Owns no limits.

Of each thing the newest sighting, with its still, is given up last. A thing is told by what the index knows of its
looks and its place: camera, label, foremost colour, and the sixty-fourth of the picture in which it lies. That keeps
more than one sighting of a thing that was moved, and never fewer than one.
"""

from __future__ import annotations

from tools.finder.fact_queries import FactQueries

_NEWEST = """
SELECT id FROM (
  SELECT s.id AS id, row_number() OVER (
    PARTITION BY s.camera_id, coalesce(s.label, ''), substr(s.colours, 1, instr(s.colours || ' ', ' ') - 1),
      CAST((s.x + s.w / 2) * 8 / max(g.width, 1) AS INTEGER), CAST((s.y + s.h / 2) * 8 / max(g.height, 1) AS INTEGER)
    ORDER BY s.last_seen DESC, s.id DESC
  ) AS age FROM sightings s JOIN segments g ON g.id = s.segment_id
) WHERE age = 1
"""
_OLD = "SELECT id FROM segments WHERE start + duration_s < ?"


class StoreKeeping(FactQueries):
    """The part of `FinderStore` that gives up what is old."""

    def expire(self, before: float, now: float) -> list[int]:
        """Give up what was recorded before `before` (Unix seconds), but for the newest sighting of each thing.

        Recordings stay known, so that none is indexed again, and no longer count as covered. Returns the ids of the
        sightings that are gone.
        """
        with self._transaction():
            self._database.execute(f"CREATE TEMP TABLE kept AS {_NEWEST}")
            try:
                gone = self._drop_old(before)
                self._database.execute(
                    "UPDATE segments SET expired = ? WHERE expired IS NULL AND start + duration_s < ?", (now, before)
                )
                names = self._drop_stills(before)
            finally:
                self._database.execute("DROP TABLE IF EXISTS temp.kept")
        self._still_files.remove(names)
        return gone

    def _drop_old(self, before: float) -> list[int]:
        where = f"segment_id IN ({_OLD}) AND id NOT IN (SELECT id FROM kept)"  # noqa: S608 - ours
        rows = self._database.execute(f"SELECT id FROM sightings WHERE {where}", (before,))  # noqa: S608 - ours
        gone = [row[0] for row in rows.fetchall()]
        self._database.execute(f"DELETE FROM sightings WHERE {where}", (before,))  # noqa: S608 - ours
        self._database.execute(
            f"DELETE FROM changes WHERE segment_id IN ({_OLD}) AND id NOT IN"  # noqa: S608 - ours
            " (SELECT placed_by FROM sightings WHERE placed_by IS NOT NULL UNION"
            "  SELECT ended_by FROM sightings WHERE ended_by IS NOT NULL)",
            (before,),
        )
        self._database.execute(
            f"DELETE FROM people WHERE segment_id IN ({_OLD}) AND id NOT IN"  # noqa: S608 - ours
            " (SELECT person_id FROM changes WHERE person_id IS NOT NULL)",
            (before,),
        )
        return gone

    def _drop_stills(self, before: float) -> set[str]:
        where = (
            f"segment_id IN ({_OLD}) AND id NOT IN"  # noqa: S608 - ours
            " (SELECT still_id FROM sightings WHERE still_id IS NOT NULL)"
        )
        names = self._database.execute(f"SELECT file FROM stills WHERE {where}", (before,))  # noqa: S608 - ours
        found = {row[0] for row in names.fetchall()}
        self._database.execute(f"DELETE FROM stills WHERE {where}", (before,))  # noqa: S608 - ours
        return found

    def stills_to_give_up(self) -> list[tuple[int, str]]:
        """Id and file of every still in the order in which to give them up.

        First those on which no thing was seen last, then the others; each group the oldest first.
        """
        rows = self._database.execute(
            f"WITH kept AS ({_NEWEST}), shown AS"  # noqa: S608 - ours
            " (SELECT DISTINCT still_id AS id FROM sightings WHERE id IN kept AND still_id IS NOT NULL)"
            " SELECT id, file FROM stills ORDER BY id IN shown, time, id"
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def remove_stills(self, ids: list[int]) -> None:
        """Remove these stills and their files; sightings and changes stay, without them."""
        names: set[str] = set()
        with self._transaction():
            for still_id in ids:
                names |= self._still_files.named("id = ?", still_id)
                self._database.execute("DELETE FROM stills WHERE id = ?", (still_id,))
        self._still_files.remove(names)

    def still_bytes(self) -> dict[str, int]:
        """Size of each kept still, by its name in the index."""
        return self._still_files.sizes()

    def emptied(self, camera_id: int) -> list[str]:
        """Paths of recordings that were broken or of which all was given up: nothing of them is in the index."""
        rows = self._database.execute(
            "SELECT path FROM segments WHERE camera_id = ? AND (status = 'broken' OR expired IS NOT NULL)"
            " AND id NOT IN (SELECT segment_id FROM sightings) ORDER BY path",
            (camera_id,),
        )
        return [row[0] for row in rows.fetchall()]

    def forget_recordings(self, camera_id: int, paths: list[str]) -> None:
        """Drop what says that these recordings were looked at."""
        with self._transaction():
            for path in paths:
                self._database.execute("DELETE FROM segments WHERE camera_id = ? AND path = ?", (camera_id, path))
