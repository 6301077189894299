"""SIGKILL of the workers that draw and that look, in the middle of a picture and of a recording.

The call ends with a message, nothing unfinished is kept, and the next call is answered by a new worker.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil

from benchmarks.trust.faulting.result import CannotTry, Outcome, environment
from runtime.errors import HausgeistError
from runtime.house import House
from runtime.residency_resident import ResidentInfo

WAIT_S = 180.0
LOOKERS = ("ssd-mobilenet-v2-coco", "efficientnet-lite0")


def kill_when_busy(house: House, name: str, more_s: float, killed: list[int], over: threading.Event) -> None:
    """Kill the worker whose name begins so, some time after it was first seen at work."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and not over.is_set():
        for info in house.residency.status():
            if info.name.startswith(name) and _works(info):
                over.wait(more_s)
                with suppress(ProcessLookupError):
                    os.kill(info.pid or 0, signal.SIGKILL)
                    killed.append(info.pid or 0)
                return
        time.sleep(0.01)


def _works(info: ResidentInfo) -> bool:
    return bool(info.in_use and info.pid and psutil.pid_exists(info.pid))


def drawing_killed(folder: Path, dice: random.Random) -> Outcome:
    """The worker that draws dies between two steps of a picture."""
    from tests.image_kit import build_pipeline
    from tools.image.generate import generate
    from tools.image.request import ImageRequest

    build_pipeline(folder / "tiny")
    outcome, killed, after = Outcome(tried=1), list[int](), dice.randint(2, 20)
    with House.open(environment(folder), [f"image.model={folder / 'tiny'}"]) as house:

        def at_step(done: int, _: int) -> None:
            if done >= after and not killed:
                (pid,) = [info.pid for info in house.residency.status() if info.name.startswith("image") and info.pid]
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)

        try:
            generate(house, ImageRequest("a fox", width=64, height=64, steps=200, seed=1), at_step)
            outcome.check(False, "the picture was finished by a worker that is dead")
        except HausgeistError as problem:
            outcome.check("image model" in str(problem), f"the death is told as: {problem}")
        left = [file.name for file in house.paths.outputs.rglob("*") if file.is_file()]
        outcome.check(bool(killed) and not left, f"killed: {killed}, left over: {left}")
        made = generate(house, ImageRequest("a fox", width=64, height=64, steps=2, seed=1))
        outcome.check(len(made) == 1 and made[0].path.is_file(), "the next picture was not made")
    return outcome


def looking_killed(folder: Path, dice: random.Random) -> Outcome:
    """The vision worker dies while a recording is indexed: nothing of it is lost once it is indexed again."""
    from tests.footage import put, record, table
    from tools.finder.index import index_cameras
    from tools.finder.store import FinderStore

    recordings = folder / "hall"
    recordings.mkdir()
    for number in range(3):

        def draw(t: float, number: int = number) -> object:
            scene = table()
            if t > 3:
                put(scene, (40 + 60 * number, 60, 34, 30), (60, 60, 190))
            return scene

        record(recordings / f"2026-03-02_08-00-{number * 10:02d}.mp4", 8.0, draw)  # type: ignore[arg-type]
    outcome, killed, over = Outcome(tried=1), list[int](), threading.Event()
    with House.open(environment(folder)) as house, FinderStore(house.paths.finder) as store:
        if not all(house.catalogue.installed(name) for name in LOOKERS):
            raise CannotTry("the vision models are not installed")
        store.add_camera("hall", str(recordings))
        arguments = (house, "vision", dice.uniform(0.0, 2.0), killed, over)
        watcher = threading.Thread(target=kill_when_busy, args=arguments, daemon=True)
        watcher.start()
        told = ""
        try:
            report = index_cameras(house, store, growing=lambda file: False)
            told = "; ".join(why for _, why in report.broken)
        except HausgeistError as problem:
            told = str(problem)
        over.set()
        watcher.join(WAIT_S)
        outcome.check(bool(killed), "no vision worker was seen at work")
        for file in recordings.iterdir():  # a recording that could not be used is looked at again once it changed
            file.touch()
        again = index_cameras(house, store, growing=lambda file: False)
        with closing(sqlite3.connect(house.paths.finder / "finder.sqlite")) as database:
            indexed = database.execute("SELECT count(*) FROM segments WHERE indexed IS NOT NULL").fetchone()[0]
    outcome.check(not again.broken, f"after it was run again: {again.broken}; before: {told}")
    outcome.lost = 3 - indexed
    return outcome


FAULTS = (drawing_killed, looking_killed)
