"""Sound from a microphone, by sounddevice on PortAudio. Owns the opened input; says what is wrong with a device.

A device that lacks 16 kHz is opened at its own rate and resampled. Owns no speech detection.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any

import av
import numpy as np

from runtime.errors import ToolUnavailableError
from tools.speech.frames import FRAME, SAMPLE_RATE, SoundDevice
from tools.speech.portaudio_backend import missing, portaudio
from tools.speech.voice import Samples

PATIENCE_S = 3.0
"""A microphone that delivers nothing for so long counts as gone."""
_LATENCY_S = 0.03
_REMEDY = "Plug it in, or choose another with speech.input_device (`hausgeist devices` lists them)."


def find_input(name: str | None) -> dict[str, Any]:
    """PortAudio's description of the input `name` (a part of its name will do), or of the default input.

    Raises `ToolUnavailableError` saying what is missing and the remedy.
    """
    reason = missing()
    if reason:
        raise ToolUnavailableError(f"No microphone can be used: {reason}.", remedy="Voice works from files meanwhile.")
    sounddevice = portaudio()
    try:
        device: dict[str, Any] = sounddevice.query_devices(name or None, kind="input")
    except (sounddevice.PortAudioError, ValueError) as problem:
        wanted = f"named {name!r}" if name else "at all"
        raise ToolUnavailableError(f"There is no microphone {wanted}.", remedy=_REMEDY) from problem
    if device["max_input_channels"] < 1:
        raise ToolUnavailableError(f"The sound device {device['name']!r} records nothing.", remedy=_REMEDY)
    return device


def microphone(name: str | None, check: Callable[[], None]) -> Iterator[Samples]:
    """Yield frames of 512 samples at 16 kHz as they are recorded; `check` is called often and may raise to stop.

    Raises `ToolUnavailableError` for a device that is absent, busy, or unplugged while it records.
    """
    device = find_input(name)
    sounddevice = portaudio()
    arrived: queue.Queue[Samples | None] = queue.Queue()

    def take(block: Samples, *_: object) -> None:
        arrived.put(block[:, 0].copy())

    rate = _rate(device)
    try:
        stream = sounddevice.InputStream(
            samplerate=rate, device=device["index"], channels=1, dtype="float32", blocksize=int(rate * FRAME / 16000),
            latency=_LATENCY_S, callback=take, finished_callback=lambda: arrived.put(None),
        )  # fmt: skip
        with stream:
            yield from _frames(arrived, rate, device["name"], check)
    except sounddevice.PortAudioError as problem:
        raise ToolUnavailableError(
            f"The microphone {device['name']!r} cannot be opened: {problem}.",
            remedy="End the program that uses it, plug it in again, or choose another (`hausgeist devices`).",
        ) from problem


def _rate(device: dict[str, Any]) -> int:
    """16 kHz where the device takes it, else its own rate."""
    sounddevice = portaudio()
    try:
        sounddevice.check_input_settings(device["index"], channels=1, dtype="float32", samplerate=SAMPLE_RATE)
    except sounddevice.PortAudioError:
        return int(device["default_samplerate"])
    return SAMPLE_RATE


def _frames(arrived: queue.Queue[Samples | None], rate: int, name: str, check: Callable[[], None]) -> Iterator[Samples]:
    resample = Resampler(rate)
    held = np.zeros(0, np.float32)
    waited = 0.0
    while True:
        check()
        try:
            block = arrived.get(timeout=0.1)
            waited = 0.0
        except queue.Empty:
            waited += 0.1
            if waited < PATIENCE_S:
                continue
            block = None
        if block is None:
            raise ToolUnavailableError(f"The microphone {name!r} delivers no sound any more.", remedy=_REMEDY)
        held = np.concatenate([held, resample(block)])
        while len(held) >= FRAME:
            yield held[:FRAME]
            held = held[FRAME:]


class Resampler:
    """A stream of mono blocks at `rate` hertz as blocks at 16 kHz, by FFmpeg's resampler; keeps its state between."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler = None if rate == SAMPLE_RATE else av.AudioResampler("flt", "mono", SAMPLE_RATE)

    def __call__(self, block: Samples) -> Samples:
        """The samples at 16 kHz that `block` completes."""
        if self._resampler is None:
            return block
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block[None], np.float32), format="flt", layout="mono")
        frame.sample_rate = self._rate
        made = [piece.to_ndarray()[0] for piece in self._resampler.resample(frame)]
        return np.concatenate(made).astype(np.float32) if made else np.zeros(0, np.float32)


def list_devices() -> list[SoundDevice]:
    """Every device that PortAudio sees. Raises `ToolUnavailableError` where PortAudio is missing."""
    reason = missing()
    if reason:
        raise ToolUnavailableError(f"Sound devices cannot be listed: {reason}.", remedy="Files can be used meanwhile.")
    sounddevice = portaudio()
    inward, outward = sounddevice.default.device
    return [
        SoundDevice(
            device["name"], device["max_input_channels"], device["max_output_channels"],
            int(device["default_samplerate"]), device["index"] == inward, device["index"] == outward,
        )
        for device in sounddevice.query_devices()
    ]  # fmt: skip
