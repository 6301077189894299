"""Indexing on a Ray cluster of two workers on this machine: the same index, also when a worker is killed."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from runtime.house import House
from tools.finder.cameras import add_camera
from tools.finder.index import IndexReport, index_cameras, scan_spec
from tools.finder.store import FinderStore

from .footage import put, record, table

START = 1_772_400_000.0


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three recordings in which a thing appears, at different times."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'hausgeist[cluster]'")
    folder = tmp_path_factory.mktemp("films")

    def film(number: int) -> Path:
        def draw(t: float) -> Any:
            scene = table(number)
            if t > 3 + number:
                put(scene, (60 + 90 * number, 120, 60, 60), (40, 60 + 60 * number, 200))
            return scene

        return record(folder / f"{number}.mp4", 11, draw)

    return [film(number) for number in range(3)]


@pytest.fixture
def stores(films: list[Path], tmp_path: Path) -> Iterator[tuple[FinderStore, FinderStore]]:
    with FinderStore(tmp_path / "one") as one, FinderStore(tmp_path / "two") as two:
        for store in (one, two):
            for number, film in enumerate(films):
                add_camera(store, f"camera{number}", film, start=START + 60 * number)
        yield one, two


def content(store: FinderStore) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the index, without the time at which it was written."""
    tables = {}
    with sqlite3.connect(store.folder / "finder.sqlite") as database:
        for name in ("segments", "stills", "changes", "sightings", "people"):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})") if row[1] != "indexed"]
            tables[name] = database.execute(f"SELECT {', '.join(columns)} FROM {name} ORDER BY id").fetchall()
    return tables


def on_ray(house: House, store: FinderStore) -> IndexReport:
    from tools.finder.scan.ray_backend import RayScans

    with RayScans(scan_spec(house).kwargs, workers=2) as scans:
        return index_cameras(house, store, appearance=False, elsewhere=scans)


def test_the_index_is_the_same(house: House, stores: tuple[FinderStore, FinderStore]) -> None:
    one, two = stores
    alone = index_cameras(house, one, appearance=False)
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        """End the first Ray worker that is seen at a recording."""
        while not done.is_set() and not killed:
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.cmdline()[:1] == ["ray::_scan"]:
                        process.kill()
                        killed.append(process.pid)
                        return
                except psutil.Error:
                    continue
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        cluster = on_ray(house, two)
    finally:
        done.set()
        killer.join()
    assert killed, "no Ray worker was seen at work"
    assert (alone.indexed, alone.broken) == (cluster.indexed, cluster.broken) == (3, [])
    assert content(one) == content(two) and content(one)["changes"]
