"""What a voice is. Owns no engine (see `voice_backend.py`) and no choice of voice (see `voices.py`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono sound, shape (samples,), full scale is -1 to 1."""


@dataclass(frozen=True)
class VoiceInfo:
    """What a loaded voice says of itself."""

    name: str
    language: str
    """ISO 639-1 code of the one language that it speaks."""
    sample_rate: int
    """Hertz."""
    engine: str
    """Name and version of the engine, for the mark in the file."""


class Voice(ABC):
    """A loaded voice. It lives in a worker process, and one call is answered at a time."""

    @abstractmethod
    def info(self, speaker: str = "") -> VoiceInfo:
        """Name, language, sample rate and engine. `speaker` names one of several in the model; "" is the first."""

    @abstractmethod
    def speak(self, sentence: str, speaker: str = "") -> Samples:
        """The sound of one normalised sentence, at the rate of `info`; empty where nothing in it can be said."""
