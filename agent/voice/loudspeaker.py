"""Where speech goes: the sound device, or a recording in memory. Owns no synthesis and no decision to speak."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from runtime.cancellation import Cancellation
from runtime.errors import ToolUnavailableError, WorkerDiedError, WorkerTimeoutError
from runtime.house import House
from tools.speech.speak import player_spec, resampled
from tools.speech.voice import Samples

_PATIENCE_S = 5.0
"""A sound device that is not heard of for so long counts as hanging."""
_REMEDY = "Check that it is plugged in, or choose another with speech.output_device (`hausgeist devices`)."


class Loudspeaker(Protocol):
    """Plays one sound after the other."""

    def play(self, samples: Samples, rate: int, on_heard: Callable[[float], None], cancellation: Cancellation) -> None:
        """Play, and return when it was heard. `on_heard` gets the seconds heard so far, from any thread.

        Raises `CallCancelled` soon after a cancellation, with the sound ended, and `ToolUnavailableError`.
        """


class DeviceLoudspeaker:
    """The loudspeaker of the settings, in the player's worker."""

    def __init__(self, house: House) -> None:
        self._house = house

    def reason(self) -> str | None:
        """Why nothing can be played; None when it can."""
        try:
            with self._house.residency.lease(player_spec(self._house)) as worker:
                try:
                    found: str | None = worker.call("reason", timeout_s=_PATIENCE_S)
                except WorkerTimeoutError:
                    worker.close(grace_s=0.0)
                    return "the sound device does not answer"
        except WorkerDiedError:
            return "the sound driver crashed"
        return found

    def play(self, samples: Samples, rate: int, on_heard: Callable[[float], None], cancellation: Cancellation) -> None:
        """See `Loudspeaker.play`."""
        with self._house.residency.lease(player_spec(self._house), cancellation) as worker:
            try:
                worker.call("play", samples, rate, on_item=on_heard, cancellation=cancellation, timeout_s=_PATIENCE_S)
            except WorkerTimeoutError as problem:
                worker.close(grace_s=0.0)
                raise ToolUnavailableError("The loudspeaker does not answer.", remedy=_REMEDY) from problem
            except WorkerDiedError as problem:
                raise ToolUnavailableError("The driver of the loudspeaker crashed.", remedy=_REMEDY) from problem


class Recording:
    """Keeps what is said, at `rate` hertz. `paced` takes as long as playing would."""

    def __init__(self, rate: int = 22050, *, paced: bool = False) -> None:
        self.rate = rate
        self._paced = paced
        self._pieces: list[Samples] = []

    @property
    def samples(self) -> Samples:
        """All that was said, mono."""
        return np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.float32)

    def play(self, samples: Samples, rate: int, on_heard: Callable[[float], None], cancellation: Cancellation) -> None:
        """See `Loudspeaker.play`."""
        cancellation.check()
        on_heard(0.0)
        step = max(1, int(0.05 * rate))
        for start in range(0, len(samples), step):
            cancellation.check()
            piece = samples[start : start + step]
            if self._paced:
                time.sleep(len(piece) / rate)
            on_heard((start + len(piece)) / rate)
        self._pieces.append(resampled(samples, rate, self.rate))
