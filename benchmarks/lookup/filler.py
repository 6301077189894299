"""Fills a house's index with made-up sightings through the same tables and files as a real one. Owns no looks."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.lookup import world
from benchmarks.lookup.world import EPOCH, Seen, World
from runtime.house import House
from tools.finder.answering.facts import Facts
from tools.finder.looks.appearance import current_version, open_appearance
from tools.finder.looks.labels import label_directions
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Zone
from tools.finder.store import FinderStore

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PER_RECORDING = 50
RECORDING_S = 300.0
CAMERAS = ("kitchen", "living room", "hallway", "study")
HELD = 20_000
ZONE = Zone("table", ((0.0, 200.0), (960.0, 200.0), (960.0, 540.0), (0.0, 540.0)))


class Filler:
    """Makes recordings with what was seen on them, from a seed, until there are as many sightings as wanted."""

    def __init__(self, house: House, store: FinderStore) -> None:
        self._store, self._vectors = store, Vectors(house, current_version(house))
        self._rng = np.random.default_rng(11)
        self._crop = self._jpeg(48, 40)
        self._still = store._still_files.keep(self._jpeg(960, 540))
        with open_appearance(house) as appearance:
            self._world = World(11, label_directions(self._vectors.folder, lambda: appearance))

    def fill_to(self, size: int) -> None:
        """Add sightings until there are `size`."""
        database = self._store._database
        self._refuse_others(database.execute("SELECT count(*) FROM sightings").fetchone()[0])
        known = {camera.name for camera in self._store.cameras()}
        for name in CAMERAS:
            if name not in known:
                self._store.add_camera(name, f"/recordings/{name}", zones=[ZONE])
        cameras = [camera.id for camera in self._store.cameras()]
        there = database.execute("SELECT count(*) FROM sightings").fetchone()[0]
        while there < size:
            count = min(HELD, size - there)
            self._add(there, count, cameras)
            there += count

    def _refuse_others(self, there: int) -> None:
        """Go on only from a house that this very code filled: another version's looks have other statistics, which
        tells nothing of the search of today."""
        made = sha256(b"".join(Path(file).read_bytes() for file in (__file__, world.__file__))).hexdigest()
        mark = self._store.folder / "filled-by"
        if there and (not mark.exists() or mark.read_text(encoding="ascii") != made):
            raise SystemExit(f"{self._store.folder} was filled by another version of this benchmark: remove it.")
        mark.write_text(made, encoding="ascii")

    def _add(self, there: int, count: int, cameras: list[int]) -> None:
        rng, database = self._rng, self._store._database
        first = database.execute("SELECT coalesce(max(id), 0) FROM sightings").fetchone()[0] + 1
        segment = there // PER_RECORDING + 1
        made = range(segment, segment + -(-count // PER_RECORDING))
        end = NOW.timestamp() - 86400 * 400
        start = {one: end + (one // len(cameras)) * RECORDING_S for one in made}
        sizes = [min(PER_RECORDING, count - n * PER_RECORDING) for n in range(len(made))]
        seen = [
            self._world.seen(s % len(cameras), s // len(cameras), size, rng)
            for s, size in zip(made, sizes, strict=True)
        ]
        with self._store._transaction():
            database.executemany(
                "INSERT OR IGNORE INTO segments (id, camera_id, path, bytes, mtime_ns, start, duration_s, width,"
                " height, fps, status, indexed) VALUES (?,?,?,1,1,?,?,960,540,10,'ok',1)",
                [(s, cameras[s % len(cameras)], f"/recordings/{s}.mp4", start[s], RECORDING_S) for s in made],
            )
            database.executemany(
                "INSERT OR IGNORE INTO stills (id, segment_id, camera_id, time, file, scale) VALUES (?,?,?,?,?,1)",
                [(s, s, cameras[s % len(cameras)], start[s] + 5, self._still) for s in made],
            )
            path = json.dumps([[0.0, 100, 100, 80, 220]] * 5)
            database.executemany(
                "INSERT OR IGNORE INTO people (id, segment_id, camera_id, first_seen, last_seen, path, still_id)"
                " VALUES (?,?,?,?,?,?,?)",
                [(s, s, cameras[s % len(cameras)], start[s] + 30, start[s] + 60, path, s) for s in made],
            )
            self._add_changes(made, start, cameras)
            rows = list[tuple[object, ...]]()
            for s, shown in zip(made, seen, strict=True):
                rows += self._sightings(first + len(rows), s, start[s], cameras[s % len(cameras)], shown)
            database.executemany(
                "INSERT INTO sightings (id, segment_id, camera_id, first_seen, last_seen, x, y, w, h, still_id,"
                " placed_by, ended_by, origin, colours, crop) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                rows,
            )
        things = np.concatenate([np.concatenate([shown.things, shown.parts]) for shown in seen])
        epochs = np.repeat([s // len(cameras) // EPOCH for s in made], sizes)
        ids = range(first, first + count)
        self._vectors.add(ids, self._world.vectors(things, epochs, rng))
        Facts(self._store.folder / "facts").outlines.add(ids, [self._crop] * count)

    def _sightings(self, first: int, s: int, start: float, camera: int, shown: Seen) -> list[tuple[object, ...]]:
        """The rows of one recording."""
        rows: list[tuple[object, ...]] = []
        for n, thing in enumerate([*shown.things.tolist(), *shown.parts.tolist()]):
            placed = s * 10 + n % 5 if shown.came[n] else None
            ended = s * 10 + 5 + n % 5 if shown.left[n] else None
            times = (start + (30.0 if placed else 0.0), start + (270.0 if ended else RECORDING_S))
            box = [round(float(value), 1) for value in shown.boxes[n]]
            origin = "change" if placed else "region"
            rows.append((first + n, s, camera, *times, *box, s, placed, ended, origin, self._world.colours[thing],
                         self._crop))  # fmt: skip
        return rows

    def _add_changes(self, made: range, start: dict[int, float], cameras: list[int]) -> None:
        rows = []
        for s in made:
            for n in range(10):
                kind = "placed" if n < 5 else "removed"
                rows.append((s * 10 + n, s, cameras[s % len(cameras)], start[s] + 30 * n, kind, 100, 100, 30, 30, s, s))
        self._store._database.executemany(
            "INSERT OR IGNORE INTO changes (id, segment_id, camera_id, time, type, x, y, w, h, score, before_still,"
            " person_id) VALUES (?,?,?,?,?,?,?,?,?,0.9,?,?)",
            rows,
        )

    def _jpeg(self, width: int, height: int) -> bytes:
        ramp = np.linspace(60, 190, width * height * 3).reshape(height, width, 3)
        out = io.BytesIO()
        Image.fromarray((ramp + self._rng.normal(0, 4, ramp.shape)).clip(0, 255).astype(np.uint8)).save(out, "JPEG")
        return out.getvalue()
