"""The worker service that hears: faster-whisper (Whisper, Radford et al. 2022, on CTranslate2).

Owns the loaded recogniser. Speech is found first by Silero VAD (v6, inside faster-whisper), so that nothing is heard
in silence, noise or music. Owns no capture and no turn-taking.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from tqdm import tqdm

from runtime.errors import ModelCorruptError
from runtime.worker_service import Emit
from tools.speech.decode_backend import decoded
from tools.speech.frames import SAMPLE_RATE
from tools.speech.transcript import Segment, Transcript
from tools.speech.voice import Samples

_SIMPLIFIED = "以下是普通话的句子。"
"""Whisper writes Mandarin in either script; after a prompt in simplified characters it goes on with them."""
_MARGIN = 500
"""Frames of silence (5 s) that the encoder sees after the sound: the decoder needs an end to stop at."""
_UNSURE_LOGPROB = -0.7
"""Mean log probability of a token below which a short context is not trusted: the sound is heard again in full."""
_FASTEST = 25.0
"""Latin letters in a second that nobody says (10 syllables); a Chinese character counts as three."""
_SILENT_LOGPROB, _NO_SPEECH, _GARBLED = -1.0, 0.6, 2.4
"""Whisper's own limits for a segment that is no speech or a loop (Radford et al. 2022, section 4.5)."""


class _EncodesOnce(WhisperModel):  # type: ignore[misc]
    """Whisper whose encoder runs once for a stretch of sound, and no longer than the sound is.

    faster-whisper encodes 30 seconds, twice when no language is given; on a CPU that is most of the work. Finding the
    language and decoding share the output here. Shortening the encoder's context is whisper.cpp's `audio_ctx`.
    """

    short = False
    """Whether the encoder sees only the sound and `_MARGIN` frames of silence, not silence up to 30 seconds."""
    _encoded: tuple[Any, Any] | None = None

    def encode(self, features: Any) -> Any:
        """The encoder's output for `features` (mel bands, frames), kept until other features come.

        What is given to decode lacks the last frame (10 ms) of what is given to find the language: that is no other.
        """
        if self._encoded is None or not _same(self._encoded[0], features):
            self._encoded = (features.copy(), super().encode(_shortened(features) if self.short else features))
        return self._encoded[1]


def _shortened(features: Any) -> Any:
    """`features` (mel bands, frames of 10 ms) without most of the padding at the end, which is exactly zero."""
    if features.ndim != 2:
        return features
    sounding = np.flatnonzero(features.any(axis=0))
    length = (int(sounding[-1]) + 1 if len(sounding) else 0) + _MARGIN
    return features[:, : length + length % 2]


def _same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and int((one != other).any(axis=-2).sum()) <= 1


class RecognizerService:
    """One recogniser in a worker process. On a GPU it computes in float16, on a CPU in int8."""

    def __init__(self, folder: str, threads: int = 0) -> None:
        tqdm.set_lock(threading.RLock())  # its own lock is a named semaphore, which a killed worker would leave behind
        gpu = ctranslate2.get_cuda_device_count() > 0
        try:
            self._model = _EncodesOnce(
                folder,
                device="cuda" if gpu else "cpu",
                compute_type="float16" if gpu else "int8",
                cpu_threads=threads or len(os.sched_getaffinity(0)),
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as problem:
            raise ModelCorruptError(
                f"The speech recogniser in {folder} cannot be loaded: {problem}.",
                remedy=f"Fetch it again: `hausgeist models remove {Path(folder).name}`, then `hausgeist models pull`.",
            ) from problem

    def transcribe(
        self,
        sound: str | Samples,
        language: str | None = None,
        hotwords: tuple[str, ...] = (),
        *,
        emit: Emit,
    ) -> Transcript:
        """Recognise a sound file (any format that FFmpeg reads) or mono samples at 16 kHz; emits each `Segment`.

        `language` (ISO 639-1) is detected when None. `hotwords` are names that are likely to be said.
        Raises `MediaError` for a file that is missing or holds no sound.
        """
        samples = decoded(sound) if isinstance(sound, str) else np.asarray(sound, np.float32)
        duration = len(samples) / SAMPLE_RATE
        if not len(samples):
            return Transcript("", None, 0.0, ())
        raw, language_found = self._heard(samples, language, hotwords, emit, short=True)
        if len(raw) == 1 and _too_much(raw[0].text, duration):
            raw = [dataclasses.replace(raw[0], text=_first_half(raw[0].text))]
        if any(not _is_speech(part) or part.avg_logprob < _UNSURE_LOGPROB or _doubled(part.text) for part in raw):
            raw, language_found = self._heard(samples, language, (), emit, short=False)
        segments = [Segment(part.start, part.end, part.text.strip()) for part in raw if _is_speech(part)]
        for segment in segments:
            emit(segment)
        text = _joined(segments, language_found)
        return Transcript(text, language_found if segments else None, duration, tuple(segments))

    def _heard(
        self, samples: Samples, language: str | None, hotwords: tuple[str, ...], emit: Emit, *, short: bool
    ) -> tuple[list[Any], str]:
        """faster-whisper's segments and the language; with `short`, one pass on a shortened context."""
        self._model.short, self._model._encoded = short, None
        more: dict[str, Any] = {"temperature": 0.0} if short else {}
        found, info = self._found(samples, language, hotwords, **more)
        if info.language == "zh":
            chinese = tuple(word for word in hotwords if not word.isascii())
            found, info = self._found(samples, "zh", chinese, initial_prompt=_SIMPLIFIED, **more)
        raw = []
        emit.check()  # encoded by now, not decoded: who went on speaking waits for half of the work only
        for part in found:
            emit.check()
            raw.append(part)
        return raw, info.language

    def _found(self, samples: Samples, language: str | None, hotwords: tuple[str, ...], **more: Any) -> tuple[Any, Any]:
        """faster-whisper's lazy segments, and what it says of the sound: nothing is decoded yet."""
        found, info = self._model.transcribe(
            samples,
            language=language,
            vad_filter=True,
            hotwords=", ".join(hotwords) or None,
            condition_on_previous_text=False,
            **more,
        )
        return found, info


def _is_speech(raw: Any) -> bool:
    silent = raw.no_speech_prob > _NO_SPEECH and raw.avg_logprob < _SILENT_LOGPROB
    return bool(raw.text.strip()) and not silent and raw.compression_ratio <= _GARBLED


def _doubled(text: str) -> bool:
    """Whether `text` says everything twice, as Whisper does when it misses the end."""
    bare = _bare(text)
    half = len(bare) // 2
    return half >= 3 and bare[:half] == bare[half:]


def _too_much(text: str, duration_s: float) -> bool:
    """Whether `text` says everything twice and nobody could have said that much: then it was said once."""
    width = sum(3 if ord(char) > 0x2E7F else 1 for char in _bare(text))
    return _doubled(text) and width > _FASTEST * duration_s


def _first_half(text: str) -> str:
    """The first of the two times, with the mark that ends it."""
    half, count = len(_bare(text)) // 2, 0
    for at, char in enumerate(text):
        if count == half and (char.isalnum() or char.isspace()):
            return text[:at]
        count += char.isalnum()
    return text


def _bare(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _joined(segments: list[Segment], language: str) -> str:
    return ("" if language in {"zh", "ja", "yue"} else " ").join(segment.text for segment in segments)
