"""From an older index to the present schema, step by step, in the caller's transaction. Owns no new databases.

`schema.sql` is the present schema; each step here makes what a database of the version before lacks. A step, once
released, never changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

SCHEMA_VERSION = 7

_TO_2 = """
ALTER TABLE cameras ADD COLUMN kind TEXT NOT NULL DEFAULT 'recordings';
ALTER TABLE cameras ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE segments ADD COLUMN expired REAL;
CREATE TABLE items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  aliases TEXT NOT NULL DEFAULT '[]',
  added REAL NOT NULL
);
CREATE TABLE item_photos (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
  file TEXT NOT NULL,
  origin TEXT NOT NULL,
  added REAL NOT NULL,
  UNIQUE (item_id, file)
);
CREATE TABLE item_vectors (
  photo_id INTEGER NOT NULL REFERENCES item_photos(id) ON DELETE CASCADE,
  version TEXT NOT NULL,
  views INTEGER NOT NULL,
  vectors BLOB NOT NULL,
  PRIMARY KEY (photo_id, version)
);
"""
_TO_3 = """
CREATE INDEX segments_by_start ON segments (camera_id, start, duration_s, status, indexed, expired);
CREATE TABLE stale (id INTEGER PRIMARY KEY);
CREATE TRIGGER sighting_made AFTER INSERT ON sightings BEGIN INSERT OR IGNORE INTO stale VALUES (new.id); END;
CREATE TRIGGER sighting_altered AFTER UPDATE ON sightings BEGIN INSERT OR IGNORE INTO stale VALUES (new.id); END;
CREATE TRIGGER sighting_gone AFTER DELETE ON sightings BEGIN INSERT OR IGNORE INTO stale VALUES (old.id); END;
INSERT INTO stale SELECT id FROM sightings;
"""
_TO_4 = """
DROP TRIGGER sighting_made;
DROP TRIGGER sighting_altered;
DROP TRIGGER sighting_gone;
CREATE TRIGGER sighting_made AFTER INSERT ON sightings BEGIN
  INSERT INTO stale SELECT new.id WHERE new.id NOT IN (SELECT id FROM stale); END;
CREATE TRIGGER sighting_altered AFTER UPDATE ON sightings BEGIN
  INSERT INTO stale SELECT new.id WHERE new.id NOT IN (SELECT id FROM stale); END;
CREATE TRIGGER sighting_gone AFTER DELETE ON sightings BEGIN
  INSERT INTO stale SELECT old.id WHERE old.id NOT IN (SELECT id FROM stale); END;
"""
_TO_5 = """
DROP INDEX IF EXISTS sightings_by_time;
CREATE INDEX sightings_by_time ON sightings (camera_id, last_seen, first_seen, origin);
CREATE INDEX sightings_put_down ON sightings (camera_id, last_seen, first_seen)
  WHERE placed_by IS NOT NULL AND ended_by IS NULL;
DROP INDEX IF EXISTS changes_by_time;
CREATE INDEX changes_by_time ON changes (camera_id, time, x, y, w, h);
DROP INDEX IF EXISTS people_by_time;
CREATE INDEX people_by_time ON people (camera_id, last_seen, first_seen);
"""
_TO_6 = """
CREATE TABLE carries (
  change_id INTEGER PRIMARY KEY REFERENCES changes(id) ON DELETE CASCADE,
  time REAL NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
  still_id INTEGER REFERENCES stills(id) ON DELETE SET NULL
);
CREATE INDEX carries_by_still ON carries (still_id);
"""
_TO_7 = """
CREATE TABLE stretches (
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  start REAL NOT NULL,
  end REAL NOT NULL,
  PRIMARY KEY (camera_id, start)
) WITHOUT ROWID;
CREATE TABLE counted (camera_id INTEGER PRIMARY KEY REFERENCES cameras(id) ON DELETE CASCADE);
CREATE TRIGGER segment_made AFTER INSERT ON segments BEGIN
  DELETE FROM counted WHERE camera_id = new.camera_id; END;
CREATE TRIGGER segment_altered AFTER UPDATE ON segments BEGIN
  DELETE FROM counted WHERE camera_id IN (old.camera_id, new.camera_id); END;
CREATE TRIGGER segment_gone AFTER DELETE ON segments BEGIN
  DELETE FROM counted WHERE camera_id = old.camera_id; END;
"""
_STEPS = {2: _TO_2, 3: _TO_3, 4: _TO_4, 5: _TO_5, 6: _TO_6, 7: _TO_7}
"""By the version that a step leads to."""


def migrate(database: sqlite3.Connection, version: int) -> None:
    """Bring a database of `version` (1 or more) to `SCHEMA_VERSION`, without setting it."""
    for step in range(version + 1, SCHEMA_VERSION + 1):
        for statement in statements(_STEPS[step]):
            database.execute(statement)


def statements(script: str) -> Iterator[str]:
    """The statements of a script in which each ends with a semicolon at the end of a line."""
    yield from (statement for statement in script.split(";\n") if statement.strip())
