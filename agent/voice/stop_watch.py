"""Hears "stop" while the house itself speaks on a loudspeaker. Owns no turn-taking: anything else is not for it.

The microphone then hears the house's own voice. What the loudspeaker explains is taken out (`tools.speech.echo`); only
when somebody else is left, the rest is recognised, and only words that ask to stop are acted on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import numpy as np

from agent.voice.reference import Reference
from runtime.cancellation import Cancellation
from tools.speech.echo import echo_return_loss_db, without_echo
from tools.speech.frames import FRAME_S, Frame
from tools.speech.stopping import ends_in_stop
from tools.speech.transcript import Transcript
from tools.speech.voice import Samples

WINDOW_S = 2.2
"""Seconds that are looked at: a stop phrase and some silence around it."""
_EVERY_S = 0.4
_LEAST_SPEECH = 0.15
"""Share of frames with speech below which a window is not looked at."""
_ONLY_ECHO_DB = 14.0
"""When so much of the sound is explained by the loudspeaker, nobody else speaks."""
_LEAST_LEVEL = 0.002
"""Root mean square of the rest below which it is no voice."""


class StopWatch:
    """Feed it the frames that come in while the house speaks; it calls `stop` when it hears that it shall."""

    def __init__(
        self,
        reference: Reference,
        recognise: Callable[[Samples, Cancellation], Awaitable[Transcript]],
        saying: Callable[[], str],
        stop: Callable[[], None],
    ) -> None:
        self._reference, self._recognise, self._saying, self._stop = reference, recognise, saying, stop
        self._frames: deque[Frame] = deque(maxlen=int(WINDOW_S / FRAME_S))
        self._since_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def feed(self, frame: Frame) -> None:
        """Take the next frame."""
        self._frames.append(frame)
        self._since_s += FRAME_S
        busy = self._task is not None and not self._task.done()
        if busy or self._since_s < _EVERY_S:
            return
        self._since_s = 0.0
        if np.mean([frame.speech >= 0.5 for frame in self._frames]) >= _LEAST_SPEECH:
            window = np.concatenate([frame.samples for frame in self._frames])
            self._task = asyncio.create_task(self._look(window, self._saying()))

    def reset(self) -> None:
        """The house has ended speaking."""
        self._frames.clear()
        self._since_s = 0.0

    async def _look(self, window: Samples, saying: str) -> None:
        left = await asyncio.to_thread(without_echo, window, self._reference.last(WINDOW_S + 2.0))
        explained = echo_return_loss_db(window, left) > _ONLY_ECHO_DB
        if explained or float(np.sqrt(np.mean(left**2))) < _LEAST_LEVEL:
            return
        heard = await self._recognise(left, Cancellation())
        if ends_in_stop(heard.text, saying):
            self._stop()
