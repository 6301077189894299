"""The finder's truth: transactions, idempotence, queries, and what a kill leaves behind."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.errors import StorageError, UnknownNameError, UsageError
from tools.finder.migrations import SCHEMA_VERSION
from tools.finder.records import Zone
from tools.finder.scan.drafts import ChangeDraft, PersonDraft, SegmentDraft, SegmentFile, SightingDraft, StillDraft
from tools.finder.store import FinderStore
from tools.finder.stretches import MANY


def draft(path: str = "/rec/a.mp4", start: float = 1000.0, still: bytes = b"one") -> SegmentDraft:
    """A segment with two stills, two changes, one stay and one person."""
    return SegmentDraft(
        SegmentFile(path, 10, 20, start, 60.0, 640, 360, 10.0),
        stills=[StillDraft(start + 1, still, 0.5), StillDraft(start + 30, b"two", 0.5)],
        changes=[
            ChangeDraft(start + 5, "placed", (1, 2, 3, 4), 0.9, 0, 1, 0),
            ChangeDraft(start + 40, "removed", (1, 2, 3, 4), 0.8, 1),
        ],
        sightings=[
            SightingDraft(
                start + 5, start + 40, (1, 2, 3, 4), "change", 1, 0, 1, "cup", 0.7, ("blue", "white"), b"crop"
            )
        ],
        people=[PersonDraft([(start + 3, 0, 0, 50, 90), (start + 6, 9, 0, 50, 90)], 0)],
    )


def count(store: FinderStore) -> tuple[int, ...]:
    rows = (store.segments(), store.stills(), store.changes(), store.sightings(), store.people())
    return (*(len(part) for part in rows), len(list(store.folder.glob("stills/*/*"))))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        zone = Zone("desk", ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)))
        camera = store.add_camera("study", "/rec", zones=[zone])
        store.write_segment(camera.id, draft())
        assert store.camera("STUDY").zones == (zone,)
        (sighting,) = store.sightings("study")
        placed, removed = store.changes("study")
        assert (sighting.placed_by, sighting.ended_by) == (placed.id, removed.id)
        assert sighting.box == (1, 2, 3, 4)
        assert sighting.colours == ("blue", "white")
        assert sighting.crop == b"crop"
        assert sighting.still_id is not None
        assert store.still_path(sighting.still_id).read_bytes() == b"two"
        assert placed.person_id == store.people()[0].id
        assert store.people()[0].path[1] == (1006, 9, 0, 50, 90)
        assert store.sightings_by_id([sighting.id, 999]) == {sighting.id: sighting}


def test_queries_are_bound_by_time_and_camera(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        first, second = store.add_camera("a", "/a"), store.add_camera("b", "/b")
        store.write_segment(first.id, draft(start=1000.0))
        store.write_segment(second.id, draft("/rec/b.mp4", start=5000.0))
        assert [s.camera_id for s in store.sightings()] == [second.id, first.id]
        assert [s.camera_id for s in store.sightings(since=1040.0, until=4000.0)] == [first.id]
        assert store.sightings("a", since=1040.5) == []
        assert [c.type for c in store.changes("b", until=5006.0)] == ["placed"]
        assert [s.time for s in store.stills("a", at=1029.0)] == [1030.0, 1001.0]
        with pytest.raises(UnknownNameError, match="No camera is named 'kitchen'"):
            store.sightings("kitchen")


def test_indexing_a_segment_again_replaces_its_rows_and_stills(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        camera = store.add_camera("a", "/a")
        ids, replaced = store.write_segment(camera.id, draft())
        assert replaced == []
        before = count(store)
        again, replaced = store.write_segment(camera.id, draft(still=b"other"))
        assert replaced == ids
        assert set(again).isdisjoint(ids)
        assert count(store) == before
        assert store.is_indexed(camera.id, "/rec/a.mp4", 10, 20)
        assert not store.is_indexed(camera.id, "/rec/a.mp4", 11, 20)


def test_a_failure_in_the_middle_leaves_nothing_of_the_segment(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        camera = store.add_camera("a", "/a")
        store.write_segment(camera.id, draft())
        before = count(store)
        bad = draft("/rec/b.mp4", still=b"orphan")
        bad.sightings = [replace(bad.sightings[0], origin="nonsense")]  # type: ignore[arg-type]
        with pytest.raises(sqlite3.IntegrityError):
            store.write_segment(camera.id, bad)
        assert count(store)[:5] == before[:5]
        with store.indexing():
            assert count(store) == before


def test_ids_of_sightings_are_never_given_twice(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        store.add_camera("a", "/a")
        ids, _ = store.write_segment(store.camera("a").id, draft())
        assert store.remove_camera("A") == ids
        assert count(store) == (0, 0, 0, 0, 0, 0)
        again, _ = store.write_segment(store.add_camera("a", "/a").id, draft())
        assert set(again).isdisjoint(ids)


def test_coverage_knows_gaps(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        camera = store.add_camera("a", "/a")
        for path, start in (("/1", 1000.0), ("/2", 1061.0), ("/3", 1500.0)):
            store.write_segment(camera.id, draft(path, start))
        whole = store.coverage("a")
        assert (whole.start, whole.end, whole.gaps) == (1000.0, 1560.0, ((1121.0, 1500.0),))
        part = store.coverage("a", 900.0, 1100.0)
        assert (part.start, part.end, part.gaps) == (1000.0, 1100.0, ((900.0, 1000.0),))
        assert store.coverage("a", 2000.0, 3000.0).gaps == ((2000.0, 3000.0),)
        broken = draft("/4", 1200.0)
        broken.file = replace(broken.file, status="broken", problem="cut off")
        store.write_segment(camera.id, broken)
        assert store.coverage("a") == whole


def test_what_many_recordings_cover_is_kept_until_one_of_them_changes(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store, FinderStore(tmp_path) as other:
        camera = store.add_camera("a", "/a")
        for number in range(MANY):
            store.write_segment(camera.id, SegmentDraft(draft(f"/{number}", 100.0 * number).file))

        def kept() -> int:
            return int(other._database.execute("SELECT count(*) FROM stretches, counted").fetchone()[0])

        whole = store.coverage("a")
        assert (whole.start, len(whole.gaps), kept()) == (0.0, MANY - 1, 0), "as many gaps as recordings: not worth it"
        for number in range(MANY):
            store.write_segment(camera.id, SegmentDraft(draft(f"/{number}", 59.0 * number).file))
        with other._transaction():  # another process writes: a question does not wait for it
            assert store.coverage("a").gaps == () and kept() == 0
        whole = store.coverage("a")
        assert kept() == 1
        assert store.coverage("a") == other.coverage("a") == whole
        assert store.coverage("a", 100.0, 200.0).start == 100.0
        store.write_segment(camera.id, draft("/later", 59.0 * MANY + 500.0))
        assert kept() == 0
        assert store.coverage("a").gaps == ((whole.end, 59.0 * MANY + 500.0),)
        assert kept() == 2
        store.expire(59.0 * MANY + 10.0, 1e6)
        assert store.coverage("a").gaps == ()
        store.remove_camera("a")
        assert kept() == 0


def test_one_process_indexes_at_a_time(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store, FinderStore(tmp_path) as other, store.indexing():
        with pytest.raises(UsageError, match="Another process"), other.indexing():
            pass
        with pytest.raises(UsageError, match="exists already"):
            other.add_camera("a", "/a")
            other.add_camera("A", "/b")


def test_a_damaged_or_newer_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "finder.sqlite").write_bytes(b"not a database at all" * 400)
    with pytest.raises(StorageError, match="damaged"):
        FinderStore(tmp_path / "bad")
    with FinderStore(tmp_path / "new"):
        pass
    with sqlite3.connect(tmp_path / "new" / "finder.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer version"):
        FinderStore(tmp_path / "new")


V1_CAMERAS = """
CREATE TABLE cameras (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, source TEXT NOT NULL,
  start REAL, added REAL NOT NULL);
CREATE TABLE zones (camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE, name TEXT NOT NULL,
  polygon TEXT NOT NULL, PRIMARY KEY (camera_id, name));
CREATE TABLE segments (id INTEGER PRIMARY KEY, camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  path TEXT NOT NULL, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, start REAL NOT NULL, duration_s REAL NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, fps REAL NOT NULL, status TEXT NOT NULL, problem TEXT, indexed REAL,
  UNIQUE (camera_id, path));
CREATE TABLE stills (id INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE, time REAL NOT NULL, file TEXT NOT NULL,
  scale REAL NOT NULL);
CREATE INDEX stills_by_time ON stills (camera_id, time);
CREATE TABLE changes (id INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE, time REAL NOT NULL, type TEXT NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL, score REAL NOT NULL,
  before_still INTEGER REFERENCES stills(id) ON DELETE SET NULL,
  after_still INTEGER REFERENCES stills(id) ON DELETE SET NULL,
  person_id INTEGER REFERENCES people(id) ON DELETE SET NULL);
CREATE INDEX changes_by_time ON changes (camera_id, time);
CREATE TABLE sightings (id INTEGER PRIMARY KEY AUTOINCREMENT,
  segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE, first_seen REAL NOT NULL,
  last_seen REAL NOT NULL, x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
  still_id INTEGER REFERENCES stills(id) ON DELETE SET NULL,
  placed_by INTEGER REFERENCES changes(id) ON DELETE SET NULL,
  ended_by INTEGER REFERENCES changes(id) ON DELETE SET NULL, origin TEXT NOT NULL, label TEXT, label_score REAL,
  colours TEXT NOT NULL DEFAULT '', crop BLOB);
CREATE INDEX sightings_by_time ON sightings (camera_id, last_seen);
CREATE TABLE people (id INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE, first_seen REAL NOT NULL,
  last_seen REAL NOT NULL, path TEXT NOT NULL, still_id INTEGER REFERENCES stills(id) ON DELETE SET NULL);
CREATE INDEX people_by_time ON people (camera_id, last_seen);
CREATE INDEX stills_by_segment ON stills (segment_id);
CREATE INDEX changes_by_segment ON changes (segment_id);
CREATE INDEX sightings_by_segment ON sightings (segment_id);
CREATE INDEX people_by_segment ON people (segment_id);
CREATE INDEX changes_by_before ON changes (before_still);
CREATE INDEX changes_by_after ON changes (after_still);
CREATE INDEX changes_by_person ON changes (person_id);
CREATE INDEX sightings_by_still ON sightings (still_id);
CREATE INDEX sightings_by_placed ON sightings (placed_by);
CREATE INDEX sightings_by_ended ON sightings (ended_by);
CREATE INDEX people_by_still ON people (still_id);
INSERT INTO cameras VALUES (1, 'study', '/rec', NULL, 1.0);
INSERT INTO zones VALUES (1, 'desk', '[[0, 0], [9, 0], [9, 9]]');
INSERT INTO segments VALUES (1, 1, '/rec/a.mp4', 10, 20, 1000.0, 60.0, 640, 360, 10.0, 'ok', NULL, 5.0);
INSERT INTO sightings VALUES (7, 1, 1, 1000.0, 1060.0, 1, 2, 3, 4, NULL, NULL, NULL, 'region', NULL, NULL, '', NULL);
PRAGMA user_version = 1;
"""


def test_an_index_of_the_first_version_is_brought_to_the_present_one(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "finder.sqlite") as database:
        database.executescript(V1_CAMERAS)
    database.close()
    for _ in range(2):  # and a second opening changes nothing more
        with FinderStore(tmp_path) as store:
            camera = store.camera("study")
            assert (camera.kind, camera.place, camera.zones[0].name) == ("recordings", Path("/rec"), "desk")
            assert store.is_indexed(1, "/rec/a.mp4", 10, 20)
            assert store.coverage("study").end == 1060.0
            assert store.stale(10) == [7]
    with sqlite3.connect(tmp_path / "finder.sqlite") as database:
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        brought = _indices(database)
    with FinderStore(tmp_path / "new"), sqlite3.connect(tmp_path / "new" / "finder.sqlite") as database:
        assert brought == _indices(database)


def _indices(database: sqlite3.Connection) -> dict[str, str]:
    """The tables, triggers and indices of a database; of the indices also what they are of."""
    found = database.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    return {f"{kind} {name}": " ".join(sql.split()) if kind == "index" else "" for kind, name, sql in found}


def test_zones_are_set_again_and_removed(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        store.add_camera("study", "/rec", zones=[Zone("desk", ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)))])
        store.set_zone("study", Zone("desk", ((1.0, 1.0), (5.0, 1.0), (5.0, 5.0))))
        assert store.camera("study").zones == (Zone("desk", ((1.0, 1.0), (5.0, 1.0), (5.0, 5.0))),)
        with pytest.raises(UnknownNameError, match="No zone is named 'dsk'"):
            store.remove_zone("study", "dsk")
        store.remove_zone("study", "desk")
        assert store.camera("study").zones == ()
