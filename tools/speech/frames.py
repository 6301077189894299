"""Sound as it comes in: frames with the probability of speech. Owns no device and no decisions on turns."""

from __future__ import annotations

from dataclasses import dataclass

from tools.speech.voice import Samples

SAMPLE_RATE = 16000
"""Hertz of everything that is heard."""
FRAME = 512
"""Samples of a frame: what Silero VAD takes at 16 kHz."""
FRAME_S = FRAME / SAMPLE_RATE


@dataclass(frozen=True)
class Frame:
    """32 ms of sound from a microphone or a file."""

    samples: Samples
    """Shape (512,), mono, 16 kHz."""
    speech: float
    """Probability that somebody speaks, 0 to 1."""
    wake: str | None
    """The wake word that ended in this frame."""
    end_s: float
    """Seconds of sound from the beginning of listening to the end of this frame."""


@dataclass(frozen=True)
class SoundDevice:
    """A device as PortAudio names it."""

    name: str
    inputs: int
    """Channels that can be recorded."""
    outputs: int
    """Channels that can be played."""
    sample_rate: int
    """The device's own rate, hertz."""
    default_input: bool
    default_output: bool
