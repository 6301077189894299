"""What is left of a microphone's sound when the loudspeaker's own sound is taken out. Owns no recognition.

The path from loudspeaker to microphone is taken as linear and steady for the length of the window: a delay, found by
cross-correlation, and a filter of a quarter of a second, fitted to the window by least squares for each frequency (a
Wiener filter; Haykin, Adaptive Filter Theory, chapter 2). Good enough to tell "somebody else speaks" from "only I do".
"""

from __future__ import annotations

import numpy as np
from scipy.signal import correlate, istft, stft

from tools.speech.voice import Samples

_LENGTH = 4096
"""Samples of one analysis window: 256 ms at 16 kHz."""


def without_echo(heard: Samples, played: Samples) -> Samples:
    """`heard` (a window of the microphone) less what of it is explained by `played`, both mono at 16 kHz.

    `played` is the loudspeaker's sound of the same time and some more before: at least as long as `heard`, ending
    together with it or earlier by the delay of the sound system.
    """
    if len(heard) < _LENGTH or not np.any(played):
        return heard
    aligned = _aligned(heard, played)
    _, _, ours = stft(aligned, nperseg=_LENGTH, noverlap=_LENGTH * 3 // 4)
    _, _, theirs = stft(heard, nperseg=_LENGTH, noverlap=_LENGTH * 3 // 4)
    power = (np.abs(ours) ** 2).mean(axis=1)
    path = (theirs * ours.conj()).mean(axis=1) / (power + 1e-3 * power.mean() + 1e-12)
    _, left = istft(theirs - path[:, None] * ours, nperseg=_LENGTH, noverlap=_LENGTH * 3 // 4)
    return np.asarray(left[: len(heard)], np.float32)


def _aligned(heard: Samples, played: Samples) -> Samples:
    """The stretch of `played`, as long as `heard`, that fits it best; silence where it reaches out of `played`."""
    padded = np.concatenate([np.zeros(len(heard), np.float32), played, np.zeros(len(heard), np.float32)])
    start = int(np.argmax(np.abs(correlate(padded, heard, mode="valid", method="fft"))))
    return padded[start : start + len(heard)]


def echo_return_loss_db(heard: Samples, left: Samples) -> float:
    """How much quieter `left` is than `heard`, decibels; high where nearly all was the loudspeaker's."""
    return float(10 * np.log10((np.mean(heard**2) + 1e-12) / (np.mean(left**2) + 1e-12)))
