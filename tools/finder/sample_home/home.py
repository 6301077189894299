"""The sample home on disk: made once, reused while it is whole. Owns no pictures and no story."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime.errors import ToolUnavailableError
from runtime.paths import ensure, replacing
from tools.finder.records import Zone

VERSION = 1
"""To be raised with every change of the rooms or the story: an older home on disk is then made anew."""


@dataclass(frozen=True)
class SampleCamera:
    """One camera of the sample home, as `hausgeist cameras add` takes it."""

    name: str
    path: Path
    start: datetime
    zones: tuple[Zone, ...]


@dataclass(frozen=True)
class SampleHome:
    """The recordings, when they start, and what truly happened (see examples/sample_home/README.md)."""

    folder: Path
    start: datetime
    cameras: tuple[SampleCamera, ...]
    truth: dict[str, Any]


def ensure_sample_home(folder: Path, progress: Callable[[float], None] = lambda share: None) -> SampleHome:
    """The sample home in `folder`, made when it is not there whole; `progress` gets the share done, 0 to 1.

    Making it takes about half a minute on two cores. Raises `ToolUnavailableError` where the extra `camera` is not
    installed, and `StorageError`.
    """
    home = _read(folder)
    if home is None:
        _make(ensure(folder), progress)
        home = _read(folder)
    assert home is not None
    progress(1.0)
    return home


def _read(folder: Path) -> SampleHome | None:
    """The home in `folder`; None where a file is missing, of another size, or of another version."""
    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        start = datetime.fromisoformat(truth["start"])
        if truth["version"] != VERSION:
            return None
        cameras = []
        for name, row in truth["cameras"].items():
            path = folder / row["video"]
            if path.stat().st_size != row["bytes"]:
                return None
            zones = tuple(Zone(place, tuple((x, y) for x, y in polygon)) for place, polygon in row["zones"].items())
            cameras.append(SampleCamera(name, path, start, zones))
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError, ValueError):
        return None
    return SampleHome(folder, start, tuple(cameras), truth)


def _make(folder: Path, progress: Callable[[float], None]) -> None:
    try:
        from tools.finder.sample_home.film import Film
        from tools.finder.sample_home.truth import truth
        from tools.finder.sample_home.video_backend import write_video
    except ImportError as problem:
        raise ToolUnavailableError(
            f"The sample home cannot be made: {problem}.", remedy="Install the extra: pip install 'hausgeist[camera]'."
        ) from problem
    from tools.finder.sample_home.story import DURATION_S, FPS, SCENES

    done = [0.0] * len(SCENES)

    def film(index: int) -> Film:
        made = Film(SCENES[index])
        total = round(DURATION_S * FPS)

        def frames() -> Any:
            for number, frame in enumerate(made.frames()):
                yield frame
                done[index] = 0.4 + 0.6 * (number + 1) / total
                if number % FPS == 0:
                    progress(sum(done) / len(done))

        write_video(folder / f"{made.scene.camera}.mp4", frames(), FPS, 2 * FPS)
        return made

    with ThreadPoolExecutor(len(SCENES)) as pool:
        films = list(pool.map(film, range(len(SCENES))))
    whole = {"version": VERSION, **truth(films)}
    for row in whole["cameras"].values():
        row["bytes"] = (folder / row["video"]).stat().st_size
    with replacing(folder / "truth.json") as beside:
        beside.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
