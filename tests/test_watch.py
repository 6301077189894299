"""A watch of a folder that grows: what is complete is looked through, what fails is told, and it ends cleanly."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.house import House
from runtime.worker import Cancellation
from tools.finder.cameras import add_camera
from tools.finder.sources.messages import Backoff
from tools.finder.store import FinderStore
from tools.finder.watching.events import WatchEvent
from tools.finder.watching.pace import Pacer, TreeTime
from tools.finder.watching.watch import Watch

from .footage import HEIGHT, WIDTH, record


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = np.full((HEIGHT, WIDTH, 3), 150.0, np.float32)
    return record(tmp_path_factory.mktemp("clip") / "a.mp4", 4.0, lambda t: scene, fps=5, keyframe_s=1.0)


@pytest.fixture
def quick(environment: dict[str, str]) -> Iterator[House]:
    """A house that looks every moment, without labels."""
    with House.open({**environment, "HAUSGEIST_MODELS": environment["HAUSGEIST_HOME"]}) as house:
        finder = house.settings.finder.model_copy(update={"watch_every_s": 0.1, "watch_cpu_share": 1.0})
        house.settings = house.settings.model_copy(update={"finder": finder})
        yield house


class Running:
    """A watch in a thread; its events as they come."""

    def __init__(self, house: House, names: list[str] | None) -> None:
        self.events: list[WatchEvent] = []
        self.cancellation = Cancellation()
        self.failure: BaseException | None = None
        self._arguments = (house, names)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        house, names = self._arguments
        try:
            with FinderStore(house.paths.finder) as store:
                Watch(house, store, names, self.events.append, self.cancellation, appearance=False).run()
        except BaseException as failure:
            self.failure = failure

    def wait_for(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 120
        while not done():
            assert self._thread.is_alive(), (what, self.failure, self.events)
            assert time.monotonic() < deadline, (what, self.events)
            time.sleep(0.05)

    def named(self, kind: str, camera: str | None = None) -> list[dict[str, Any]]:
        return [e.as_json() for e in list(self.events) if e.kind == kind and (camera is None or e.camera == camera)]

    def stop(self) -> None:
        self.cancellation.cancel()
        self._thread.join(60)
        assert not self._thread.is_alive()


@contextmanager
def running(house: House, names: list[str] | None = None) -> Iterator[Running]:
    watch = Running(house, names)
    try:
        yield watch
    finally:
        watch.stop()


def put(folder: Path, name: str, clip: Path) -> Path:
    """A recording that was complete a while ago."""
    file = folder / name
    file.write_bytes(clip.read_bytes())
    os.utime(file, (time.time() - 3600, time.time() - 3600))
    return file


def test_a_growing_folder_is_looked_through_as_its_recordings_are_completed(
    quick: House, clip: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "yard"
    folder.mkdir()
    put(folder, "2026-03-02_08-00-00.mp4", clip)
    with FinderStore(quick.paths.finder) as store:
        add_camera(store, "yard", folder)
    with running(quick) as watch:
        watch.wait_for(lambda: len(watch.named("indexed")) == 1, "the first")
        data = clip.read_bytes()
        growing = folder / "2026-03-02_08-00-04.mp4"
        with growing.open("wb") as writer:
            writer.write(data[: len(data) // 2])
            writer.flush()
            put(folder, "2026-03-02_08-00-08.mp4", clip)
            watch.wait_for(lambda: len(watch.named("indexed")) == 2, "the third")
            assert [Path(e["path"]).name for e in watch.named("indexed")][-1] == "2026-03-02_08-00-08.mp4"
            assert watch.named("problem") == []
            writer.write(data[len(data) // 2 :])
        os.utime(growing, (time.time() - 3600, time.time() - 3600))
        watch.wait_for(lambda: len(watch.named("indexed")) == 3, "the second")
    assert watch.failure is None
    assert [watch.events[0].kind, watch.events[-1].kind] == ["started", "stopped"]
    assert all(event.words for event in watch.events)
    with FinderStore(quick.paths.finder) as store:
        covered = store.coverage("yard")
        assert (covered.gaps, round((covered.end or 0) - (covered.start or 0))) == ((), 12)


def test_one_cameras_trouble_stops_no_other(quick: House, clip: Path, tmp_path: Path) -> None:
    good, away = tmp_path / "good", tmp_path / "away"
    for folder in (good, away):
        folder.mkdir()
        put(folder, "2026-03-02_08-00-00.mp4", clip)
    with FinderStore(quick.paths.finder) as store:
        add_camera(store, "away", away)
        add_camera(store, "good", good)
    away.rename(tmp_path / "elsewhere")
    (good / "2026-03-02_09-00-00.mp4").write_bytes(b"no video")
    os.utime(good / "2026-03-02_09-00-00.mp4", (1.0, 1.0))
    with running(quick) as watch:
        watch.wait_for(lambda: len(watch.named("indexed", "good")) == 1, "the good one")
        watch.wait_for(lambda: bool(watch.named("problem", "good")), "the broken recording")
        assert "is not there" in watch.named("problem", "away")[0]["problem"]
        (tmp_path / "elsewhere").rename(away)
        watch.wait_for(lambda: bool(watch.named("well", "away")), "well again")
        assert len(watch.named("indexed", "away")) == 1
        assert len(watch.named("problem", "away")) == 1  # told once, not every round
    assert watch.failure is None


def test_cameras_come_and_go_while_it_runs(quick: House, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "yard"
    folder.mkdir()
    put(folder, "2026-03-02_08-00-00.mp4", clip)
    with FinderStore(quick.paths.finder) as store:
        with running(quick) as watch:
            watch.wait_for(lambda: bool(watch.named("started")), "started")
            add_camera(store, "yard", folder)
            watch.wait_for(lambda: bool(watch.named("indexed", "yard")), "the new camera")
            store.remove_camera("yard")
            with running(quick, []) as second:
                second.wait_for(lambda: bool(second.named("started")), "a second watch, of none")
        assert watch.failure is None
        assert second.failure is None


class Clocks:
    """Time and processor time that only work and sleep move."""

    def __init__(self) -> None:
        self.now = self.spent = 0.0

    def work(self, seconds: float, cores: float = 1.0) -> None:
        self.now += seconds
        self.spent += seconds * cores

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("share", "cores", "busy"), [(0.25, 2, 2.0), (0.5, 2, 1.0), (0.1, 8, 3.0), (1.0, 2, 2.0)])
def test_work_is_paced_to_its_share(share: float, cores: int, busy: float) -> None:
    clocks = Clocks()
    pacer = Pacer(share, cores=cores, spent=lambda: clocks.spent, clock=lambda: clocks.now, sleep=clocks.sleep)
    for _ in range(200):
        clocks.work(0.05, busy)
        pacer.pause()
    assert clocks.spent / (clocks.now * cores) == pytest.approx(min(share, busy / cores), rel=0.02)
    clocks.sleep(1000.0)  # idle time is no credit
    pacer.begin()
    clocks.work(1.0, busy)
    assert pacer.owed_s == pytest.approx(max(0.0, busy / (share * cores) - 1.0))


def test_a_pause_can_be_ended() -> None:
    clocks = Clocks()
    pacer = Pacer(0.01, cores=1, spent=lambda: clocks.spent, clock=lambda: clocks.now, sleep=clocks.sleep)
    clocks.work(10.0)

    def check() -> None:
        if clocks.now > 20.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pacer.pause(check)
    assert clocks.now < 21.0


def test_the_time_of_the_whole_tree_only_grows() -> None:
    tree = TreeTime()
    first = tree()
    sum(number * number for number in range(200_000))
    assert tree() >= first > 0.0


def test_waits_grow_and_begin_anew() -> None:
    waits = Backoff(1.0, 60.0)
    assert [waits.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    waits.reset()
    assert waits.next() == 1.0


def test_every_event_is_a_line_and_an_object() -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    facts: dict[str, dict[str, Any]] = {
        "started": {"cameras": ["yard"]},
        "connected": {"width": 640, "height": 360, "codec": "h264"},
        "lost": {"problem": "it does not answer in time", "retry_s": 2.0},
        "recorded": {"path": "/a.mkv", "start": "", "duration_s": 60.0, "bytes": 1},
        "indexed": {"path": "/a.mkv", "duration_s": 60.0, "changes": 1, "sightings": 2},
        "problem": {"problem": "a.mkv: broken"},
        "well": {},
        "tidied": {"words": "gave up 1"},
        "state": {"indexed": 1, "waiting": 0, "cpu_share": 0.2, "cameras": []},
        "stopped": {"indexed": 1},
    }
    for kind, given in facts.items():
        event = WatchEvent(kind, now, "yard", given)  # type: ignore[arg-type]
        assert event.words.startswith("08:00:00 yard: ")
        assert event.as_json() == {"time": "2026-03-02T08:00:00.000+00:00", "event": kind, "camera": "yard", **given}
    bare = replace(WatchEvent("connected", now, None, {}), camera="door")
    assert bare.words == "08:00:00 door: connected"
