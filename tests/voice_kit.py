"""What the tests of voice share: a session that answers from a script, spoken sentences, and events to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from agent.events import TextDelta, Timing, ToolFinished, TurnEvent, TurnFailed, TurnFinished
from agent.voice.events import VoiceEvent
from memory.memory import Memory
from runtime.cancellation import Cancellation
from runtime.house import House
from tools.contract import ToolFile, ToolOutput
from tools.documents.library import Library
from tools.speech.speak import say_to_file


class ScriptedSession:
    """Answers as a `Session` does, from a function of the request: no model chooses. A path is played as a sound."""

    def __init__(self, house: House, answer: Callable[[str], list[str | Path]]) -> None:
        self.house, self.name, self.memory = house, "voice", Memory(house)
        self.documents = Library(house, self.memory.embedder)
        self._answer = answer
        self.asked: list[str] = []

    def warm(self) -> None:
        """Nothing to load."""

    async def send(self, text: str, *, cancellation: Cancellation) -> AsyncIterator[TurnEvent]:
        self.asked.append(text)
        said = ""
        for piece in self._answer(text):
            await asyncio.sleep(0.01)
            if cancellation.cancelled:
                yield TurnFailed("The turn was cancelled.", 130, cancelled=True)
                return
            if isinstance(piece, Path):
                output = ToolOutput(files=[ToolFile(path=piece, media_type="audio/wav")])
                yield ToolFinished("1", "speak", {}, output, 0.0)
            else:
                said += piece
                yield TextDelta(piece)
        self.memory.append_turn(self.name, text, said, [], self.house.now())
        yield TurnFinished(said, Timing(), "script")


class Events:
    """Collects what a conversation tells, and waits for it."""

    def __init__(self) -> None:
        self.seen: list[VoiceEvent] = []
        self._new = asyncio.Event()

    def __call__(self, event: VoiceEvent) -> None:
        self.seen.append(event)
        self._new.set()

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.seen if isinstance(event, kind)]

    async def wait(self, kind: type[Any], count: int = 1, seconds: float = 90.0) -> Any:
        """The `count`-th event of `kind`."""
        async with asyncio.timeout(seconds):
            while len(self.of(kind)) < count:
                self._new.clear()
                await self._new.wait()
        return self.of(kind)[count - 1]


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition that changes without an event."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what changes gives no event
            await asyncio.sleep(0.02)


def spoken_file(house: House, text: str, file: Path, *, before_s: float = 0.3, after_s: float = 0.3) -> Path:
    """`text` said by the starter voice, with silence around it."""
    say_to_file(house, text, file, play=False)
    samples, rate = soundfile.read(file, dtype="float32")
    before, after = (np.zeros(int(seconds * rate), np.float32) for seconds in (before_s, after_s))
    soundfile.write(file, np.concatenate([before, samples, after]), rate)
    return file


def hum(file: Path, seconds: float, rate: int = 22050) -> Path:
    """A steady sound that is no speech: where it ends can be measured exactly."""
    time = np.arange(int(seconds * rate)) / rate
    soundfile.write(file, (0.2 * np.sin(2 * np.pi * 440 * time)).astype(np.float32), rate)
    return file
