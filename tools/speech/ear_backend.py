"""The worker service that listens: a microphone or a file as frames, with voice activity and wake words.

It lives in a process of its own: a sound driver that hangs or crashes is ended with the process. Owns no recognition
of words and no decision about turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from runtime.worker_service import Emit
from tools.speech.decode_backend import decoded
from tools.speech.frames import FRAME, FRAME_S, SAMPLE_RATE, Frame, SoundDevice
from tools.speech.microphone_backend import list_devices, microphone
from tools.speech.portaudio_backend import silence_drivers
from tools.speech.vad_backend import StreamingVad
from tools.speech.voice import Samples


class EarService:
    """Listens to one source at a time."""

    def __init__(self) -> None:
        silence_drivers()
        self._vad = StreamingVad()

    def devices(self) -> list[SoundDevice]:
        """The sound devices. Raises `ToolUnavailableError` where PortAudio is missing."""
        return list_devices()

    def listen(
        self, file: str | None, device: str | None, wake_words: tuple[str, ...] = (), *, paced: bool = False, emit: Emit
    ) -> float:
        """Emit a `Frame` for every 32 ms of `file`, or of the microphone `device` until it is cancelled.

        `paced` gives a file's frames out as fast as they would be spoken. Returns the seconds heard.
        Raises `MediaError` and `ToolUnavailableError`.
        """
        self._vad.reset()
        wake = _wake(wake_words)
        frames = _from_file(file, paced) if file is not None else microphone(device, emit.check)
        count = 0
        for samples in frames:
            count += 1
            emit(Frame(samples, self._vad.probability(samples), wake(samples), count * FRAME_S))
        return count * FRAME_S


def _from_file(file: str, paced: bool) -> Iterator[Samples]:
    """The frames of a file, and then a second and a half of silence, so that its last words end."""
    sound = decoded(file)
    padded = np.concatenate([sound, np.zeros(int(1.5 * SAMPLE_RATE) + -len(sound) % FRAME, np.float32)])
    started = time.monotonic()
    for number, start in enumerate(range(0, len(padded) - FRAME + 1, FRAME), start=1):
        if paced:
            time.sleep(max(0.0, started + number * FRAME_S - time.monotonic()))
        yield padded[start : start + FRAME]


def _wake(names: tuple[str, ...]) -> Callable[[Samples], str | None]:
    if not names:
        return lambda samples: None
    from tools.speech.wake_backend import WakeWords

    return WakeWords(names).heard
