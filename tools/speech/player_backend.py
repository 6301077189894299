"""The worker service that plays sound, by sounddevice on PortAudio. Owns the sound device, nothing else.

It lives in a process of its own: a sound driver that hangs is ended with the process, never with the program.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from runtime.errors import CallCancelled, ToolUnavailableError
from runtime.worker_service import Emit
from tools.speech.portaudio_backend import missing, portaudio, silence_drivers
from tools.speech.voice import Samples

_BLOCK_S = 0.02
"""Seconds handed to the device at once: a cancellation is heard within one block."""
_LATENCY_S = 0.1
"""Seconds that the device holds: less clicks on a busy machine, more goes on after an interruption."""
_REMEDY = (
    "Check that it is plugged in and not in use, choose another (`hausgeist devices`), or set speech.play to false."
)


class PlayerService:
    """Plays mono sound on an output: the default one, or `device` by a part of its name."""

    def __init__(self, device: str | None = None) -> None:
        silence_drivers()
        self._device = device or None

    def reason(self) -> str | None:
        """Why no sound can be played here; None when it can."""
        absent = missing()
        if absent:
            return absent
        sounddevice = portaudio()
        try:
            device = sounddevice.query_devices(self._device, kind="output")
        except (sounddevice.PortAudioError, ValueError):
            return (
                f"there is no sound device {self._device!r}" if self._device else "there is no sound device for output"
            )
        return None if device["max_output_channels"] > 0 else "the sound device has no output"

    def play(self, samples: Samples, rate: int, *, emit: Emit) -> float:
        """Play `samples` at `rate` hertz and return the seconds played. Cancelling stops the sound at once.

        Emits the seconds that were heard so far. A device that lacks the rate gets the sound resampled.
        Raises `ToolUnavailableError` with the reason.
        """
        reason = self.reason()
        if reason:
            raise ToolUnavailableError(f"Nothing was played: {reason}.")
        sounddevice = portaudio()
        try:
            return self._play(samples, rate, emit)
        except sounddevice.PortAudioError as problem:
            raise ToolUnavailableError(f"The sound device cannot play: {problem}.", remedy=_REMEDY) from problem

    def _play(self, samples: Samples, rate: int, emit: Emit) -> float:
        sounddevice = portaudio()
        samples, rate = self._for_device(samples, rate)
        step = max(1, int(rate * _BLOCK_S))
        with sounddevice.OutputStream(
            samplerate=rate, device=self._device, channels=1, dtype="float32", latency=_LATENCY_S
        ) as stream:
            try:
                for start in range(0, len(samples), step):
                    stream.write(np.ascontiguousarray(samples[start : start + step, None]))
                    done = min(start + step, len(samples)) / rate
                    emit(max(0.0, done - float(stream.latency)))
            except CallCancelled:
                stream.abort()
                raise
        return len(samples) / rate

    def _for_device(self, samples: Samples, rate: int) -> tuple[Samples, int]:
        """The sound at a rate that the device takes: its own where it lacks `rate`."""
        sounddevice: Any = portaudio()
        try:
            sounddevice.check_output_settings(self._device, samplerate=rate, channels=1, dtype="float32")
        except sounddevice.PortAudioError:
            from scipy.signal import resample_poly

            theirs = int(sounddevice.query_devices(self._device, kind="output")["default_samplerate"])
            return resample_poly(samples, theirs, rate).astype(np.float32), theirs
        return samples, rate
