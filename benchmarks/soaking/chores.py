"""What the soak has a house do: turns of a conversation, recordings to look through, pictures, workers that die.

Everything is generated here; nothing is looked at but the time it takes.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from agent import Session
from benchmarks.trust.injection_model import Obeying
from runtime.house import House
from tools.finder.index import index_cameras
from tools.finder.retention import tidy
from tools.finder.store import FinderStore
from tools.image.generate import generate
from tools.image.request import ImageRequest

CLIP_S = 3600.0
WIDTH, HEIGHT, FPS = 320, 240, Fraction(1, 4)
"""A picture in four seconds, all of them key frames: a recording as sparse as the scanner takes it."""
START = datetime(2026, 3, 1, tzinfo=UTC)
THINGS = ("watch", "scarf", "ladder", "teapot", "passport", "torch", "umbrella", "drill", "camera", "violin")
PLACES = ("cellar", "attic", "study", "kitchen", "garden shed", "hall")
CHAT = ("Tell me something nice.", "Say hello in one word.", "What do you think of rain?")


class Talk:
    """Turns with known kinds, in one conversation that grows."""

    def __init__(self, session: Session, dice: random.Random, will: Obeying | None = None) -> None:
        self._session, self._dice, self._will, self._number = session, dice, will, 0
        self.failed = 0

    def turn(self) -> tuple[str, float]:
        """One turn; gives its kind and its seconds."""
        self._number += 1
        thing, place = self._dice.choice(THINGS), self._dice.choice(PLACES)
        kind = ("remember", "recall", "recall", "find", "chat")[self._number % 5]
        text = {
            "remember": f"Remember that the {thing} number {self._number % 400} is in the {place}.",
            "recall": f"What do you remember about the {thing}?",
            "find": f"Where is my {thing}?",
            "chat": self._dice.choice(CHAT),
        }[kind]
        if self._will is not None:
            call = {"remember": {"fact": text[14:]}, "recall": {"query": thing}, "find": {"item": thing}}.get(kind)
            self._will.calls = [({"find": "find_item"}.get(kind, kind), call)] if call else []
            self._will.prompts.clear()
        began = time.perf_counter()
        turn = self._session.ask(text)
        self.failed += turn.exit_status != 0
        return kind, time.perf_counter() - began


class Footage:
    """Recordings of an hour each, in which a thing is put down and taken away; the oldest day is given up."""

    def __init__(self, house: House, folder: Path) -> None:
        self._house, self._folder, self.clips, self.indexed_s = house, folder / "hall", 0, 0.0
        self._folder.mkdir()
        self._kinds = [clip(folder / f"clip-{number}.mp4", number) for number in range(4)]
        self.step()
        with FinderStore(house.paths.finder) as store:
            store.add_camera("hall", str(self._folder))

    def step(self) -> None:
        """An hour more of recordings."""
        start = START + timedelta(seconds=CLIP_S * self.clips)
        shutil.copyfile(self._kinds[self.clips % len(self._kinds)], self._folder / f"{start:%Y-%m-%d_%H-%M-%S}.mp4")
        self.clips += 1

    def look(self) -> None:
        """Index what is new, keep within the limits, and delete recordings that are older than a day."""
        with FinderStore(self._house.paths.finder) as store:
            report = index_cameras(self._house, store, appearance=False, growing=lambda file: False)
            self.indexed_s += report.footage_s
            tidy(self._house, store)
        for file in sorted(self._folder.iterdir())[: -round(86400 / CLIP_S)]:
            file.unlink()

    def now(self) -> datetime:
        """The end of the newest recording: the house's clock, so that limits of age work."""
        return START + timedelta(seconds=CLIP_S * self.clips)


def clip(path: Path, seed: int) -> Path:
    """An hour of a room with noise, in which a box lies from the eighteenth minute to the forty-eighth."""
    import av

    dice, noise = random.Random(seed), np.random.default_rng(seed)
    x, y = dice.randrange(20, WIDTH - 60), dice.randrange(120, HEIGHT - 50)
    room = np.full((HEIGHT, WIDTH, 3), 150.0, np.float32)
    room[110:, :] = (90.0, 110.0, 130.0)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 1
        stream.options = {"crf": "28", "preset": "ultrafast", "sc_threshold": "0"}
        stream.codec_context.time_base = 1 / FPS
        for number in range(round(CLIP_S * FPS)):
            scene = room.copy()
            if 0.3 <= number / (CLIP_S * FPS) < 0.8:
                scene[y : y + 36, x : x + 30] = (40.0, 40.0, 200.0)
            scene += noise.normal(0, 1.5, (HEIGHT, WIDTH, 1))
            frame = av.VideoFrame.from_ndarray(np.clip(scene, 0, 255).astype(np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def draw(house: House, number: int) -> float:
    """One picture of test size; gives its seconds. Pictures are the owner's: the soak deletes each, the house never."""
    began = time.perf_counter()
    made = generate(house, ImageRequest(f"a red fox number {number}", width=64, height=64, steps=2, seed=number))
    for picture in made:
        picture.path.unlink()
    return time.perf_counter() - began


def kill_a_worker(house: House, dice: random.Random) -> bool:
    """SIGKILL one of the house's workers that nobody uses; the next call starts it anew."""
    idle = [info for info in house.residency.status() if not info.in_use and info.pid]
    if not idle:
        return False
    process = psutil.Process(dice.choice(idle).pid)
    os.kill(process.pid, signal.SIGKILL)
    with suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:  # its exit status is the house's to collect, not ours
            time.sleep(0.01)
    return True


def gather(pairs: list[tuple[str, float]]) -> dict[str, list[float]]:
    """Seconds by kind."""
    found: dict[str, list[float]] = defaultdict(list)
    for kind, seconds in pairs:
        found[kind].append(seconds)
    return dict(found)
