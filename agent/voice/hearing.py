"""From frames to utterances: the end of a turn is found while its words are being recognised. Owns no answers.

The words are recognised at the first short pause, not at the end of the turn. When the speaker goes on, that was in
vain; when not, they are known by the time the turn is over, and what they look like decides how long to wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from runtime.cancellation import Cancellation
from runtime.house import House
from tools.speech.completeness import complete
from tools.speech.endpoint import Began, Dropped, Ended, Endpointer, Patience, Paused, Resumed, Sign
from tools.speech.frames import FRAME_S, SAMPLE_RATE, Frame
from tools.speech.listen import transcribe
from tools.speech.stopping import is_stop
from tools.speech.transcript import Transcript
from tools.speech.voice import Samples

_UNHURRIED_S = 0.16
"""Silence before words of a file are recognised: nobody waits, and fewer pauses are guessed at in vain."""


@dataclass(frozen=True)
class Utterance:
    """What somebody said; `begin_s` and `end_s` are seconds of the sound that came in."""

    transcript: Transcript
    begin_s: float
    end_s: float


@dataclass
class _Guess:
    """The words up to a pause, being recognised."""

    number: int
    cancellation: Cancellation
    words: asyncio.Task[Transcript]


class Hearing:
    """Feed it frames. `on_utterance` is called with each utterance that has words.

    `language` is detected when None. `on_sign` is called with what the endpointer notices; it gets `Dropped` too for
    sound in which no words were heard. With `live` off (a file read at full speed), `feed` waits for the recogniser
    instead of going on meanwhile.
    """

    def __init__(
        self,
        house: House,
        on_utterance: Callable[[Utterance], None],
        on_sign: Callable[[Sign], None] = lambda sign: None,
        *,
        hotwords: tuple[str, ...] = (),
        language: str | None = None,
        live: bool = True,
    ) -> None:
        self._house, self._hotwords, self._language, self._live = house, hotwords, language, live
        self._on_utterance, self._on_sign = on_utterance, on_sign
        patience = Patience(unknown_s=house.settings.speech.end_silence_s)
        self.endpointer = Endpointer(patience if live else replace(patience, pause_s=_UNHURRIED_S))
        self._began_s = 0.0
        self._guess: _Guess | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def warm(self) -> None:
        """Load the recogniser."""
        transcribe(self._house, np.zeros(SAMPLE_RATE // 4, np.float32))

    async def feed(self, frame: Frame) -> None:
        """Take the next frame."""
        for sign in self.endpointer.feed(frame):
            await self._notice(sign)

    async def finish(self) -> None:
        """End the turn that is under way, now."""
        for sign in self.endpointer.finish():
            await self._notice(sign)

    def reset(self) -> None:
        """Forget what was heard of a turn that is not over."""
        self.endpointer.reset()
        self._drop_guess()

    async def settle(self) -> None:
        """Wait until every turn that ended was recognised."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def recognise(self, samples: Samples, cancellation: Cancellation) -> Transcript:
        """The words in `samples`."""
        return await asyncio.to_thread(
            transcribe,
            self._house,
            samples,
            language=self._language,
            hotwords=self._hotwords,
            cancellation=cancellation,
        )

    async def _notice(self, sign: Sign) -> None:
        if isinstance(sign, Began):
            self._began_s = sign.at_s
        elif isinstance(sign, Paused):
            await self._begin_guess(sign)
        elif isinstance(sign, Resumed):
            self._drop_guess()
        if isinstance(sign, Ended):
            task = asyncio.create_task(self._end(sign, self._began_s))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if not self._live:
                await task
            return
        self._on_sign(sign)

    async def _begin_guess(self, pause: Paused) -> None:
        self._drop_guess()
        cancellation = Cancellation()
        words = asyncio.create_task(self.recognise(pause.samples, cancellation))
        self._guess = _Guess(pause.number, cancellation, words)
        words.add_done_callback(lambda done: self._judge(pause.number, done))
        if not self._live:
            await asyncio.wait([words])

    def _judge(self, number: int, done: asyncio.Task[Transcript]) -> None:
        if done.cancelled() or done.exception() is not None:
            return
        heard = done.result()
        if heard.text:
            self.endpointer.judge(number, is_stop(heard.text) or complete(heard.text, heard.language))

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._guess.cancellation.cancel()
            self._guess = None

    async def _end(self, ended: Ended, began_s: float) -> None:
        guess, self._guess = self._guess, None
        self._on_sign(ended)
        if guess is not None and guess.number == ended.pause:
            heard = await guess.words
        else:
            heard = await self.recognise(ended.samples, Cancellation())
        if heard.text.strip():
            self._on_utterance(Utterance(heard, began_s, ended.speech_end_s))
        else:
            self._on_sign(Dropped())


_DRIFT = 2e-4 * FRAME_S
"""A sound card's clock may be slower than the machine's by so much for each frame."""


class Clock:
    """Which moment of `time.perf_counter` a second of the incoming sound was: sound arrives late, never early."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def note(self, end_s: float) -> None:
        """A frame that ends at `end_s` has just arrived."""
        offset = time.perf_counter() - end_s
        self._offset = offset if self._offset is None else min(self._offset + _DRIFT, offset)

    def moment(self, at_s: float) -> float:
        """When second `at_s` of the sound was."""
        return at_s + (self._offset or 0.0)
