"""A whole spoken conversation from files: requests in one sound file, the answers in another. Owns no sound device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.session import Session
from agent.voice.conversation import Conversation, VoiceOptions
from agent.voice.events import TurnDone, VoiceEvent, VoiceTurn
from agent.voice.loudspeaker import Recording
from runtime.cancellation import Cancellation
from tools.speech.audio_files import write_sound
from tools.speech.ear import Source
from tools.speech.voice import Samples

GAP_S = 0.6
"""Silence between two answers in the output, seconds."""


@dataclass(frozen=True)
class FileConversation:
    """What came of it: the turns, and where each answer lies in the output (begin and end, seconds)."""

    turns: list[VoiceTurn]
    answers_s: list[tuple[float, float]]
    duration_s: float


def converse(
    session: Session,
    request: Path,
    answer: Path | None,
    tell: Callable[[VoiceEvent], None],
    *,
    approve_all: bool = False,
    cancellation: Cancellation | None = None,
) -> FileConversation:
    """Hear every request in the file `request`, one turn after the other, and write what is said to `answer`.

    Raises `MediaError` for a bad file, `StorageError`, `CallCancelled`.
    """
    spoken = _Answers()
    turns: list[VoiceTurn] = []

    def take(event: VoiceEvent) -> None:
        if isinstance(event, TurnDone):
            turns.append(event.turn)
            spoken.end_answer()
        tell(event)

    asyncio.run(_run(session, request, spoken, take, approve_all, cancellation or Cancellation()))
    if answer is not None:
        write_sound(answer, spoken.samples, spoken.rate, maker="a spoken conversation", paths=session.house.paths)
    return FileConversation(turns, spoken.places_s, len(spoken.samples) / spoken.rate)


async def _run(
    session: Session, request: Path, spoken: _Answers, take: Callable[[VoiceEvent], None], approve_all: bool,
    cancellation: Cancellation,
) -> None:  # fmt: skip
    options = VoiceOptions(earcons=False, live=False, approve_all=approve_all)
    conversation = Conversation(session, spoken, options, take)
    try:
        await conversation.run(Source(file=request), cancellation)
    finally:
        await conversation.close()


class _Answers(Recording):
    """What was said, with a gap between answers and where each lies."""

    def __init__(self) -> None:
        super().__init__()
        self.places_s: list[tuple[float, float]] = []
        self._begin = 0

    def end_answer(self) -> None:
        """The answer is complete: note its place, and leave a gap."""
        end = len(self.samples)
        self.places_s.append((round(self._begin / self.rate, 2), round(end / self.rate, 2)))
        if end > self._begin:
            self.add(np.zeros(int(GAP_S * self.rate), np.float32))
        self._begin = len(self.samples)

    def add(self, samples: Samples) -> None:
        """Append `samples` of the recording's own rate."""
        self._pieces.append(samples)
