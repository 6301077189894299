"""The worker service that hears: faster-whisper (Whisper, Radford et al. 2022, on CTranslate2).

Owns the loaded recogniser. Speech is found first by Silero VAD (v6, inside faster-whisper), so that nothing
is heard in
silence, noise or music. Owns no capture and no turn-taking.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import av
import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio
from tqdm import tqdm

from runtime.errors import MediaError, ModelCorruptError
from runtime.worker_service import Emit
from tools.speech.transcript import Segment, Transcript
from tools.speech.voice import Samples

SAMPLE_RATE = 16000
"""Hertz: what Whisper was trained on."""
_SILENT_LOGPROB, _NO_SPEECH, _GARBLED = -1.0, 0.6, 2.4
"""Whisper's own limits for a segment that is no speech or a loop (Radford et al. 2022, section 4.5)."""


class RecognizerService:
    """One recogniser in a worker process. On a GPU it computes in float16, on a CPU in int8."""

    def __init__(self, folder: str, threads: int = 0) -> None:
        tqdm.set_lock(threading.RLock())  # its own lock is a named semaphore, which a killed worker would leave behind
        gpu = ctranslate2.get_cuda_device_count() > 0
        try:
            self._model = WhisperModel(
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
        hotwords: str | None = None,
        *,
        emit: Emit,
    ) -> Transcript:
        """Recognise a sound file (any format that FFmpeg reads) or mono samples at 16 kHz; emits each
        `Segment`.

        `language` (ISO 639-1) is detected when None. `hotwords` are names that are likely, as one text.
        Raises `MediaError` for a file that is missing or holds no sound.
        """
        samples = _decoded(sound) if isinstance(sound, str) else np.asarray(sound, np.float32)
        duration = len(samples) / SAMPLE_RATE
        if not len(samples):
            return Transcript("", None, 0.0, ())
        found, info = self._model.transcribe(
            samples,
            language=language,
            vad_filter=True,
            hotwords=hotwords,
            condition_on_previous_text=False,
        )
        segments = []
        for raw in found:
            emit.check()
            if _is_speech(raw):
                segment = Segment(raw.start, raw.end, raw.text.strip())
                segments.append(segment)
                emit(segment)
        text = _joined(segments, info.language)
        return Transcript(text, info.language if segments else None, duration, tuple(segments))


def _decoded(file: str) -> Samples:
    path = Path(file)
    if not path.is_file():
        raise MediaError(f"There is no sound file {path}.", remedy="Check the path.")
    try:
        samples: Samples = decode_audio(str(path), sampling_rate=SAMPLE_RATE)
    except (av.FFmpegError, IndexError, ValueError, OSError) as problem:
        raise MediaError(
            f"The sound file {path} cannot be read: {problem}.",
            remedy="Give a recording such as WAV, FLAC, OGG, MP3 or M4A.",
        ) from problem
    return samples


def _is_speech(raw: Any) -> bool:
    silent = raw.no_speech_prob > _NO_SPEECH and raw.avg_logprob < _SILENT_LOGPROB
    return bool(raw.text.strip()) and not silent and raw.compression_ratio <= _GARBLED


def _joined(segments: list[Segment], language: str) -> str:
    return ("" if language in {"zh", "ja", "yue"} else " ").join(segment.text for segment in segments)
