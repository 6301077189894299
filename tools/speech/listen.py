"""From a recording to words. Owns the choice of recogniser; the model itself lives in a worker process."""

from __future__ import annotations

from pathlib import Path

from runtime.errors import ArgumentError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import Cancellation, WorkerSpec
from tools.speech.frames import SAMPLE_RATE
from tools.speech.transcript import Transcript
from tools.speech.voice import Samples

__all__ = ["SAMPLE_RATE", "recognizer_spec", "transcribe"]
_OVERHEAD_BYTES = 180_000_000
"""Main memory of the process and its libraries beside the model's files, measured with whisper-base."""


def recognizer_spec(house: House, model: str | None = None) -> WorkerSpec:
    """The worker of the recogniser that is set (or of the catalogue id `model`). Raises `ModelMissingError`."""
    model = model or house.settings.speech.recognizer
    folder = house.catalogue.require(model)
    return WorkerSpec(
        f"speech recogniser {model}",
        "tools.speech.recognizer_backend:RecognizerService",
        {"folder": str(folder)},
        cpu_bytes=house.catalogue.entry(model).bytes + _OVERHEAD_BYTES,
        priority=Priority.SPEECH,
    )


def transcribe(
    house: House,
    sound: Path | str | Samples,
    *,
    language: str | None = None,
    hotwords: tuple[str, ...] = (),
    model: str | None = None,
    cancellation: Cancellation | None = None,
) -> Transcript:
    """Recognise a sound file, or mono float samples at 16 kHz.

    `language` (ISO 639-1) is detected when None; `hotwords` are names that are likely to be said.
    Raises `ModelMissingError`, `MediaError`, `CallCancelled` and the errors of workers.
    """
    if isinstance(sound, (str, Path)):
        argument: str | Samples = str(Path(sound).expanduser().absolute())
    elif sound.ndim == 1:
        argument = sound
    else:
        raise ArgumentError(f"The sound has the shape {sound.shape}.", remedy="Give one channel at 16 kHz.")
    with house.residency.lease(recognizer_spec(house, model)) as worker:
        heard: Transcript = worker.call("transcribe", argument, language, hotwords, cancellation=cancellation)
    return heard
