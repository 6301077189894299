"""Indexes a scene in a house of its own and asks the finder for each thing. Owns neither scenes nor marks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from benchmarks.scenes.score import Answer
from memory.embedder import Embedder
from runtime.errors import MediaError
from runtime.house import House
from tools.finder.answering.search import FindQuery, search
from tools.finder.cameras import add_camera
from tools.finder.index import index_cameras, open_store
from tools.finder.records import Zone

Way = Literal["words", "photo"]


@dataclass(frozen=True)
class Asked:
    """The answers of one scene by way of asking, and what it took: seconds of work for one of footage."""

    answers: dict[Way, list[Answer]]
    footage_s: float
    index_s: float
    ask_s: float


def open_house(home: Path, truth: dict[str, Any], backend: str) -> House:
    """A house of its own for a scene, whose clock stands at the end of the recordings."""
    end = datetime.fromisoformat(truth["start"]) + timedelta(seconds=float(truth["duration_s"]))
    house = House.open(
        {**os.environ, "HAUSGEIST_HOME": str(home)}, [f"finder.backend={backend}", "finder.timezone=UTC"]
    )
    house.clock = lambda: end
    return house


def ask_scene(
    folder: Path, truth: dict[str, Any], home: Path, backend: str, tell: Callable[[str], None] = lambda text: None
) -> Asked:
    """Index the recordings of `folder` under `home`, then ask for every present and absent thing in both ways."""
    with open_house(home, truth, backend) as house:
        began = time.perf_counter()
        footage = index_scene(house, folder, truth, tell)
        indexed = time.perf_counter()
        rows = [(n, i["description"], i["photo"]) for n, i in truth["items"].items()]
        rows += [(i["item"], i["description"], i["photo"]) for i in truth["absent_items"]]
        embedder = Embedder(house)
        answers: dict[Way, list[Answer]] = {"words": [], "photo": []}
        for item, words, photo in rows:
            tell(f"{folder.name}: {item}")
            answers["words"].append(ask(house, embedder, truth, item, FindQuery(words)))
            answers["photo"].append(ask(house, embedder, truth, item, FindQuery("", photo=folder / photo)))
        return Asked(answers, footage, indexed - began, time.perf_counter() - indexed)


def index_scene(house: House, folder: Path, truth: dict[str, Any], tell: Callable[[str], None]) -> float:
    """Add the cameras with their zones and index them; seconds of footage. Raises `MediaError` for a broken one."""
    start = datetime.fromisoformat(truth["start"]).timestamp()
    with open_store(house) as store:
        for name, row in truth["cameras"].items():
            zones = [Zone(zone, tuple((x, y) for x, y in polygon)) for zone, polygon in row["zones"].items()]
            add_camera(store, name, folder / row["video"], start=start, zones=zones)
        report = index_cameras(house, store, progress=lambda done: tell(f"{folder.name}: {done.message}"))
    if report.broken:
        raise MediaError(f"{report.broken[0][0]}: {report.broken[0][1]}")
    return report.footage_s


def ask(house: House, embedder: Embedder, truth: dict[str, Any], item: str, query: FindQuery) -> Answer:
    """The newest sighting of one answer, in the terms of the truth."""
    found = search(house, embedder, query).as_json()
    if not found["found"]:
        return Answer(item, False)
    newest = found["sightings"][0]
    start = datetime.fromisoformat(truth["start"])
    seconds = (datetime.fromisoformat(newest["last_seen"]) - start).total_seconds()
    box = tuple(float(value) for value in newest["box"])
    return Answer(
        item, True, newest["camera"], seconds, box, newest["zone"], newest["state"], float(newest["score"] or 0.0)
    )
