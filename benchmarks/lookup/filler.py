"""Fills a house's index with made-up sightings through the same tables and files as a real one. Owns no questions."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import numpy as np
from PIL import Image

from runtime.house import House
from tools.finder.looks.appearance import current_version
from tools.finder.looks.colours import NAMES, look
from tools.finder.looks.layout import join, take_apart
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Zone
from tools.finder.store import FinderStore

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PER_RECORDING = 50
RECORDING_S = 300.0
CAMERAS = ("kitchen", "living room", "hallway", "study")
ZONE = Zone("table", ((0.0, 200.0), (960.0, 200.0), (960.0, 540.0), (0.0, 540.0)))
COLOURS = {"red": (200, 30, 40), "blue": (40, 90, 220), "green": (40, 150, 60), "black": (25, 25, 28),
           "brown": (120, 75, 40), "yellow": (235, 205, 40), "pink": (250, 150, 195), "grey": (120, 120, 122),
           "beige": (225, 205, 170), "purple": (110, 50, 160)}  # fmt: skip
KINDS = ("mug", "wallet", "book", "keys", "bottle", "phone", "glasses case", "scissors", "remote control", "box")
PROTOTYPES = 400
FEATURES = 1280


class Filler:
    """Makes recordings with what was seen on them, from a seed, until there are as many sightings as wanted."""

    def __init__(self, house: House, store: FinderStore) -> None:
        self._store, self._vectors = store, Vectors(house, current_version(house))
        self._rng = np.random.default_rng(11)
        self._crop = self._jpeg(48, 40)
        self._still = store._still_files.keep(self._jpeg(960, 540))
        self._draw_prototypes()

    def fill_to(self, size: int) -> None:
        """Add sightings until there are `size`."""
        database = self._store._database
        known = {camera.name for camera in self._store.cameras()}
        for name in CAMERAS:
            if name not in known:
                self._store.add_camera(name, f"/recordings/{name}", zones=[ZONE])
        cameras = [camera.id for camera in self._store.cameras()]
        there = database.execute("SELECT count(*) FROM sightings").fetchone()[0]
        while there < size:
            count = min(20_000, size - there)
            self._add(there, count, cameras)
            there += count

    def _add(self, there: int, count: int, cameras: list[int]) -> None:
        rng, database = self._rng, self._store._database
        first = database.execute("SELECT coalesce(max(id), 0) FROM sightings").fetchone()[0] + 1
        segment = there // PER_RECORDING + 1
        made = range(segment, segment + -(-count // PER_RECORDING))
        end = NOW.timestamp() - 86400 * 400
        start = {one: end + (one // len(cameras)) * RECORDING_S for one in made}
        things = rng.integers(0, PROTOTYPES, count)
        boxes = np.stack([rng.uniform(0, 900, count), rng.uniform(150, 480, count), rng.uniform(10, 60, count),
                          rng.uniform(8, 50, count)], 1).round(1)  # fmt: skip
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
            rows = []
            for n in range(count):
                s = segment + n // PER_RECORDING
                placed, over = (s * 10 + n % 5, s * 10 + 5 + n % 5) if n % 5 == 0 else (None, None)
                colour = self._words[things[n]]
                rows.append((first + n, s, cameras[s % len(cameras)], start[s] + n % 40, start[s] + 60 + n % 240,
                             *boxes[n].tolist(), s, placed, over if n % 10 == 0 else None,
                             "change" if placed else "region", colour, self._crop))  # fmt: skip
            database.executemany(
                "INSERT INTO sightings (id, segment_id, camera_id, first_seen, last_seen, x, y, w, h, still_id,"
                " placed_by, ended_by, origin, colours, crop) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                rows,
            )
        noise = rng.standard_normal((count, FEATURES), dtype=np.float32) * np.float32(0.6 / FEATURES**0.5)
        vectors = self._prototypes[things]
        vectors[:, :FEATURES] += noise
        self._vectors.add(range(first, first + count), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

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

    def _draw_prototypes(self) -> None:
        """Looks of `PROTOTYPES` things: most in the colours of furniture, some in each of the others."""
        rng = self._rng
        shades = list(COLOURS)
        usual = [shades.index(name) for name in ("grey", "beige", "brown")]
        features = np.abs(rng.standard_normal((PROTOTYPES, FEATURES))).astype(np.float32)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        self._words, made = [], []
        for n in range(PROTOTYPES):
            name = shades[n % len(shades) if n % 4 == 0 else usual[n % 3]]
            ground = np.full((64, 64, 3), 150, np.uint8)
            ground[12:52, 12:52] = COLOURS[name]
            noisy = ground + rng.normal(0, 5, ground.shape)
            made.append(join(features[n], look(np.clip(noisy, 0, 255).astype(np.uint8))))
            self._words.append(name)
        self._prototypes = np.array(made, np.float32)
        assert take_apart(self._prototypes).shares.shape[1] == len(NAMES)

    def _jpeg(self, width: int, height: int) -> bytes:
        ramp = np.linspace(60, 190, width * height * 3).reshape(height, width, 3)
        out = io.BytesIO()
        Image.fromarray((ramp + self._rng.normal(0, 4, ramp.shape)).clip(0, 255).astype(np.uint8)).save(out, "JPEG")
        return out.getvalue()
