"""A sound file of any format that FFmpeg reads, as mono samples at 16 kHz. Owns no recognition."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from runtime.errors import MediaError
from tools.speech.frames import SAMPLE_RATE
from tools.speech.voice import Samples


def decoded(file: str) -> Samples:
    """The samples of the first sound track of `file`. Raises `MediaError` for one that is missing or has none."""
    path = Path(file)
    if not path.is_file():
        raise MediaError(f"There is no sound file {path}.", remedy="Check the path.")
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    pieces: list[Samples] = []
    try:
        with av.open(str(path), mode="r", metadata_errors="ignore") as container:
            for frame in container.decode(audio=0):
                frame.pts = None
                pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    except (av.FFmpegError, IndexError, ValueError, OSError) as problem:
        raise MediaError(
            f"The sound file {path} cannot be read: {problem}.",
            remedy="Give a recording such as WAV, FLAC, OGG, MP3 or M4A.",
        ) from problem
    return np.concatenate(pieces).astype(np.float32) if pieces else np.zeros(0, np.float32)
