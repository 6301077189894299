"""Short sounds that tell what voice does: it listens, it stopped, something is wrong. Owns no playing."""

from __future__ import annotations

import numpy as np

from tools.speech.voice import Samples

RATE = 22050
"""Hertz of the sounds."""
_NOTES = {
    "listening": ((660.0, 0.07), (880.0, 0.09)),
    "stopped": ((660.0, 0.06), (440.0, 0.09)),
    "wrong": ((220.0, 0.12), (196.0, 0.16)),
}
_LEVEL = 0.12


def earcon(name: str) -> Samples:
    """The sound "listening" (rising), "stopped" (falling) or "wrong" (low), at `RATE` hertz."""
    pieces = []
    for pitch, seconds in _NOTES[name]:
        time = np.arange(int(seconds * RATE)) / RATE
        edge = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.012)
        pieces.append(_LEVEL * edge * (np.sin(2 * np.pi * pitch * time) + 0.3 * np.sin(4 * np.pi * pitch * time)))
    return np.concatenate(pieces).astype(np.float32)
