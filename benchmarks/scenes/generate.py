"""Makes the folder of a scene from its style and seed: recordings, photos, truth. Reuses a folder that is whole.

A scene is `table` (one close camera) or `room` (two or three rooms with one wide camera each). The same seed gives the
same scene with the same libraries.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.scenes.build import box, height_of, place
from benchmarks.scenes.film import FPS, Film
from benchmarks.scenes.kinds import Thing
from benchmarks.scenes.layouts import Layout, table_top, whole_room
from benchmarks.scenes.nuisance import Nuisances, disturb
from benchmarks.scenes.paints import grained
from benchmarks.scenes.plan import Plan, plan, radius_of
from benchmarks.scenes.raster import Lamp
from benchmarks.scenes.stage import Light, Stage
from benchmarks.scenes.truth import Truth
from tools.finder.sample_home.shapes import Array, Vector
from tools.finder.sample_home.trace import Camera
from tools.finder.sample_home.video_backend import write_video

VERSION = 5
"""To be raised whenever the same seed gives another scene."""
ROOMS = ("kitchen", "living room", "study", "bedroom")
PHOTO_SIDE = 320


def scene(folder: Path, style: str, seed: int, tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """The truth of the scene in `folder`, which is made where it is not whole."""
    try:
        truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        if truth["version"] == VERSION and all((folder / c["video"]).exists() for c in truth["cameras"].values()):
            return truth
    except (FileNotFoundError, KeyError, ValueError):
        pass
    return _make(folder, style, seed, tell)


def _make(folder: Path, style: str, seed: int, tell: Callable[[str], None]) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 0 if style == "table" else 1])
    folder.mkdir(parents=True, exist_ok=True)
    stages = {camera: Stage(layout) for camera, layout in _layouts(style, rng).items()}
    made = plan(style, {c: s.layout for c, s in stages.items()}, lambda c, point: _sees(stages[c], point), rng)
    nuisances = {camera: disturb(made.duration_s, rng) for camera in stages}
    return write_scene(folder, made, stages, nuisances, seed, rng, tell)


def write_scene(
    folder: Path,
    made: Plan,
    stages: dict[str, Stage],
    nuisances: dict[str, Nuisances],
    seed: int,
    rng: np.random.Generator,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Film a plan: recordings, photos and `truth.json` in `folder`; the truth. `stages` is emptied."""
    films = []
    for camera in list(stages):
        tell(f"{folder.name}: {camera}")
        film = Film(camera, stages.pop(camera), made, nuisances[camera])
        frames = (cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in film.frames())
        write_video(folder / f"{camera}.mp4", frames, FPS, 2 * FPS, preset="superfast")
        for state in film.states:
            state.pictures.clear()
        films.append(film)
    for thing in [*(made.things[n] for n in made.fates), *(thing for thing, _ in made.absent)]:
        cv2.imwrite(str(folder / f"{thing.name}.png"), photo(thing, rng))
    start = datetime(2026, 4, 1, 8, 0, tzinfo=UTC) + timedelta(days=seed % 90, minutes=int(rng.integers(0, 600)))
    truth = {"version": VERSION, **Truth(made, films, nuisances).as_json(folder.name, seed, start.isoformat())}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return truth


def _layouts(style: str, rng: np.random.Generator) -> dict[str, Layout]:
    names = rng.permutation(ROOMS).tolist()
    if style == "table":
        return {f"{names[0].split()[0]}_cam": table_top(rng, names[0])}
    count = 2 if rng.random() < 0.6 else 3
    return {f"{name.split()[0]}_cam": whole_room(rng, name) for name in names[:count]}


def _sees(stage: Stage, point: Vector) -> bool:
    """Whether nothing of the room hides a point, well within the picture."""
    view = stage.view
    x, y = view.project(point)
    if not (0.04 * view.width < x < 0.96 * view.width and 0.05 * view.height < y < 0.95 * view.height):
        return False
    near = stage.depth[max(0, int(y) - 2) : int(y) + 3, max(0, int(x) - 2) : int(x) + 3]
    return bool(near.size) and float(near.min()) > float(np.linalg.norm(np.subtract(point, view.eye))) - 0.06


def photo(thing: Thing, rng: np.random.Generator) -> Array:
    """A photo of a thing on plain ground, from another side and distance, (320, 320, 3) BGR."""
    reach = max(radius_of(thing), height_of(thing.parts) * 0.7)
    level = int(rng.integers(170, 248))
    ground = grained((level, level, min(255, level + int(rng.integers(-12, 6)))), 0.02, 5)
    around, up = float(rng.uniform(0, 6.28)), float(rng.uniform(0.65, 1.15))
    away = reach * 6
    target: Vector = (0.0, height_of(thing.parts) * 0.4, 0.0)
    flat = away * math.cos(up)
    eye = (flat * math.sin(around), away * math.sin(up), flat * math.cos(around))
    focal = PHOTO_SIDE * away * float(rng.uniform(0.34, 0.44)) / reach
    view = Camera(eye, target, focal, PHOTO_SIDE, PHOTO_SIDE)
    lamp = Camera((reach * 4, reach * 9, reach * 2), target, 900 * 9 * 0.3, 900, 900)
    floor = box((0, -0.05, 0), (40 * reach + 2, 0.1, 40 * reach + 2), ground)
    lamps = [Lamp(lamp, 0.8 * (1 + 0.22 * (10 * reach) ** 2))]
    stage = Stage(Layout("photo", view, [floor], [], [], lamps, (0, 0), (0, 0), (0, 0, 1, 1)))
    stage.show({thing.name: place(thing.parts, (0.0, 0.0, 0.0), float(rng.uniform(0, 6.28)), thing.name)})
    return np.asarray((np.clip(stage.picture(Light(0.45, (1.0,))), 0, 1) * 255).astype(np.uint8))
