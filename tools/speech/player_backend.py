"""The worker service that plays sound, by sounddevice on PortAudio. Owns the sound device, nothing else.

It lives in a process of its own: a sound driver that hangs is ended with the process, never with the program.
"""

from __future__ import annotations

import numpy as np

from runtime.errors import CallCancelled, ToolUnavailableError
from runtime.worker_service import Emit
from tools.speech.voice import Samples

try:
    import sounddevice
except OSError as problem:
    sounddevice = None
    _MISSING = str(problem)

_BLOCK_S = 0.05
"""Seconds handed to the device at once: a cancellation is heard within one block and the device's latency."""


class PlayerService:
    """Plays mono sound on the default output."""

    def reason(self) -> str | None:
        """Why no sound can be played here; None when it can."""
        if sounddevice is None:
            return f"the library PortAudio is missing ({_MISSING}); install libportaudio2"
        try:
            device = sounddevice.query_devices(kind="output")
        except (sounddevice.PortAudioError, ValueError):
            return "there is no sound device for output"
        return None if device["max_output_channels"] > 0 else "the sound device has no output"

    def play(self, samples: Samples, rate: int, *, emit: Emit) -> float:
        """Play `samples` at `rate` hertz and return the seconds played. Cancelling stops the sound.

        A device that lacks the rate gets the sound resampled. Raises `ToolUnavailableError` with the reason.
        """
        reason = self.reason()
        if reason:
            raise ToolUnavailableError(f"Nothing was played: {reason}.")
        try:
            return self._play(samples, rate, emit)
        except sounddevice.PortAudioError as problem:
            raise ToolUnavailableError(
                f"The sound device cannot play: {problem}.",
                remedy="Check that it is plugged in and not in use, or set speech.play to false.",
            ) from problem

    def _play(self, samples: Samples, rate: int, emit: Emit) -> float:
        samples, rate = _for_device(samples, rate)
        step = max(1, int(rate * _BLOCK_S))
        with sounddevice.OutputStream(samplerate=rate, channels=1, dtype="float32", latency="low") as stream:
            try:
                for start in range(0, len(samples), step):
                    stream.write(np.ascontiguousarray(samples[start : start + step, None]))
                    emit(min(start + step, len(samples)) / rate)
            except CallCancelled:
                stream.abort()
                raise
        return len(samples) / rate


def _for_device(samples: Samples, rate: int) -> tuple[Samples, int]:
    """The sound at a rate that the device takes: its own where it lacks `rate`."""
    try:
        sounddevice.check_output_settings(samplerate=rate, channels=1, dtype="float32")
    except sounddevice.PortAudioError:
        from scipy.signal import resample_poly

        theirs = int(sounddevice.query_devices(kind="output")["default_samplerate"])
        return resample_poly(samples, theirs, rate).astype(np.float32), theirs
    return samples, rate
