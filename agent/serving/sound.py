"""Sounds and transcripts in the forms that HTTP clients ask for. Owns neither speaking nor listening."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.speech.transcript import Transcript

SOUND_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "pcm": "audio/pcm"}
PCM_RATE = 24_000
"""Hertz of raw samples, as OpenAI's servers send them: 16 bits, little-endian, one channel."""


def as_bytes(file: Path, kind: str) -> bytes:
    """A sound file's bytes; raw samples for the kind "pcm"."""
    if kind != "pcm":
        return file.read_bytes()
    import numpy as np
    import soundfile
    from scipy.signal import resample_poly

    samples, rate = soundfile.read(file, dtype="float32")
    at_rate = samples if rate == PCM_RATE else resample_poly(samples, PCM_RATE, rate)
    return bytes((np.clip(at_rate, -1, 1) * 32767).astype("<i2").tobytes())


def verbose(heard: Transcript) -> dict[str, Any]:
    """The transcript with times, in seconds."""
    segments = [
        {"id": at, "start": segment.start_s, "end": segment.end_s, "text": segment.text}
        for at, segment in enumerate(heard.segments)
    ]
    return {
        "task": "transcribe",
        "language": heard.language,
        "duration": heard.duration_s,
        "text": heard.text,
        "segments": segments,
    }


def as_srt(heard: Transcript) -> str:
    """SubRip subtitles."""
    rows = [
        f"{number}\n{_clock(segment.start_s, ',')} --> {_clock(segment.end_s, ',')}\n{segment.text.strip()}\n"
        for number, segment in enumerate(heard.segments, 1)
    ]
    return "\n".join(rows)


def as_vtt(heard: Transcript) -> str:
    """WebVTT subtitles (https://www.w3.org/TR/webvtt1/)."""
    rows = [
        f"{_clock(segment.start_s, '.')} --> {_clock(segment.end_s, '.')}\n{segment.text.strip()}\n"
        for segment in heard.segments
    ]
    return "WEBVTT\n\n" + "\n".join(rows)


def _clock(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"
