-- The finder's truth. Times are Unix seconds (UTC, fractional); boxes are pixels of the recording, x y from the top left.
CREATE TABLE cameras (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  source TEXT NOT NULL,               -- absolute path of a file or a folder, or an address without credentials
  start REAL,                         -- wall-clock start given by the owner, for a single file
  added REAL NOT NULL,
  kind TEXT NOT NULL DEFAULT 'recordings',  -- recordings, rtsp or frigate
  options TEXT NOT NULL DEFAULT '{}'  -- JSON: name_pattern, timezone, remote, events_only
);
CREATE TABLE zones (
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  polygon TEXT NOT NULL,              -- JSON [[x, y], …], pixels
  PRIMARY KEY (camera_id, name)
);
CREATE TABLE segments (
  id INTEGER PRIMARY KEY,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  start REAL NOT NULL,
  duration_s REAL NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  fps REAL NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ok', 'partial', 'broken')),
  problem TEXT,                       -- what is wrong with it, for people
  indexed REAL,                       -- when; NULL: not yet
  expired REAL,                       -- when its old rows were given up (retention); NULL: they are all there
  UNIQUE (camera_id, path)
);
CREATE TABLE stills (                 -- settled frames kept as JPEG under the finder's folder
  id INTEGER PRIMARY KEY,
  segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  time REAL NOT NULL,
  file TEXT NOT NULL,                 -- relative to the finder's folder
  scale REAL NOT NULL                 -- pixels of the JPEG for a pixel of the recording
);
CREATE INDEX stills_by_time ON stills (camera_id, time);
CREATE TABLE changes (                -- what differs between one settled frame and the next
  id INTEGER PRIMARY KEY,
  segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  time REAL NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('placed', 'removed', 'covered', 'uncovered')),
  x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
  score REAL NOT NULL,                -- 0 to 1
  before_still INTEGER REFERENCES stills(id) ON DELETE SET NULL,
  after_still INTEGER REFERENCES stills(id) ON DELETE SET NULL,
  person_id INTEGER REFERENCES people(id) ON DELETE SET NULL   -- who was near when it happened
);
CREATE INDEX changes_by_time ON changes (camera_id, time, x, y, w, h);
CREATE TABLE sightings (              -- a thing at rest in one spot, from when to when
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: vectors outside of here are keyed by it
  segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  first_seen REAL NOT NULL,
  last_seen REAL NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
  still_id INTEGER REFERENCES stills(id) ON DELETE SET NULL,   -- a still on which it is seen well
  placed_by INTEGER REFERENCES changes(id) ON DELETE SET NULL, -- NULL: it was there when the recording began
  ended_by INTEGER REFERENCES changes(id) ON DELETE SET NULL,  -- NULL: it is still there at the end
  origin TEXT NOT NULL CHECK (origin IN ('change', 'detector', 'region')),
  label TEXT,                         -- best detector or classifier label, English
  label_score REAL,
  colours TEXT NOT NULL DEFAULT '',   -- colour words, most first, separated by spaces
  crop BLOB                           -- JPEG of the box with a margin, at most 160 pixels
);
CREATE INDEX sightings_by_time ON sightings (camera_id, last_seen, first_seen, origin);
CREATE INDEX sightings_put_down ON sightings (camera_id, last_seen, first_seen)
  WHERE placed_by IS NOT NULL AND ended_by IS NULL;
CREATE TABLE people (                 -- a person followed within one camera
  id INTEGER PRIMARY KEY,
  segment_id INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,
  camera_id INTEGER NOT NULL REFERENCES cameras(id) ON DELETE CASCADE,
  first_seen REAL NOT NULL,
  last_seen REAL NOT NULL,
  path TEXT NOT NULL,                 -- JSON [[time, x, y, w, h], …]
  still_id INTEGER REFERENCES stills(id) ON DELETE SET NULL
);
CREATE INDEX people_by_time ON people (camera_id, last_seen, first_seen);
-- what a deletion has to look up
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
CREATE TABLE carries (                -- where a thing that a change took away was seen last, in a hand
  change_id INTEGER PRIMARY KEY REFERENCES changes(id) ON DELETE CASCADE,
  time REAL NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
  still_id INTEGER REFERENCES stills(id) ON DELETE SET NULL
);
CREATE INDEX carries_by_still ON carries (still_id);
CREATE TABLE items (                  -- things the owner has taught
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  aliases TEXT NOT NULL DEFAULT '[]', -- JSON: other names, in any language
  added REAL NOT NULL
);
CREATE TABLE item_photos (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
  file TEXT NOT NULL,                 -- JPEG, relative to the finder's folder
  origin TEXT NOT NULL,               -- where it is from, for people: a file's name, or a camera and a time
  added REAL NOT NULL,
  UNIQUE (item_id, file)
);
CREATE TABLE item_vectors (           -- made again from the photos wherever they are missing
  photo_id INTEGER NOT NULL REFERENCES item_photos(id) ON DELETE CASCADE,
  version TEXT NOT NULL,              -- of the vision models
  views INTEGER NOT NULL,
  vectors BLOB NOT NULL,              -- float32, little endian, views × dimensions
  PRIMARY KEY (photo_id, version)
);
-- the search keeps what it scans in files beside this database (tools/finder/answering/facts.py): ids to read again
CREATE TABLE stale (id INTEGER PRIMARY KEY);
-- (no INSERT OR IGNORE: a statement that fires a trigger, such as a foreign key's SET NULL, sets its own way of conflict)
CREATE TRIGGER sighting_made AFTER INSERT ON sightings BEGIN
  INSERT INTO stale SELECT new.id WHERE new.id NOT IN (SELECT id FROM stale); END;
CREATE TRIGGER sighting_altered AFTER UPDATE ON sightings BEGIN
  INSERT INTO stale SELECT new.id WHERE new.id NOT IN (SELECT id FROM stale); END;
CREATE TRIGGER sighting_gone AFTER DELETE ON sightings BEGIN
  INSERT INTO stale SELECT old.id WHERE old.id NOT IN (SELECT id FROM stale); END;
CREATE INDEX segments_by_start ON segments (camera_id, start, duration_s, status, indexed, expired);
-- what recordings cover (tools/finder/stretches.py), for the cameras in `counted`; made again wherever it is missing
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
