"""What the loudspeaker played in the last seconds, at 16 kHz and in time: to tell the house's voice from a person's."""

from __future__ import annotations

import threading

import numpy as np

from tools.speech.frames import SAMPLE_RATE
from tools.speech.speak import resampled
from tools.speech.voice import Samples

KEPT_S = 6.0
"""Seconds that are kept."""


class Reference:
    """Told of each sound and how far it was heard; gives the last seconds. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sound = np.zeros(0, np.float32)
        self._taken = 0
        self._played = np.zeros(0, np.float32)
        self._until: float | None = None

    def begin(self, samples: Samples, rate: int) -> None:
        """`samples` is going to be played."""
        sound = resampled(samples, rate, SAMPLE_RATE)
        with self._lock:
            self._sound, self._taken = sound, 0

    def heard(self, seconds: float, now: float) -> None:
        """`seconds` of it were heard by the time `now` (monotonic seconds); what was silent between is silence."""
        with self._lock:
            end = min(int(seconds * SAMPLE_RATE), len(self._sound))
            piece = self._sound[min(self._taken, end) : end]
            self._taken = end
            gap = 0.0 if self._until is None else now - self._until - len(piece) / SAMPLE_RATE
            silence = np.zeros(int(min(gap, KEPT_S) * SAMPLE_RATE) if gap > 0.1 else 0, np.float32)
            self._until = now
            self._played = np.concatenate([self._played, silence, piece])[-int(KEPT_S * SAMPLE_RATE) :]

    def last(self, seconds: float) -> Samples:
        """The last `seconds` that were played."""
        with self._lock:
            return self._played[-int(seconds * SAMPLE_RATE) :].copy()
