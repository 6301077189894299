"""Is somebody speaking? Silero VAD (Silero Team, 2021-2025, MIT), the model in faster-whisper, frame by frame.

Owns the network's state between frames. Owns no decision about turns (`endpoint.py`).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime

from runtime.errors import ModelMissingError
from tools.speech.frames import FRAME
from tools.speech.voice import Samples

_CONTEXT = 64
"""Samples of the frame before that the network sees too."""


class StreamingVad:
    """Feed it one frame of 512 samples after the other."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(str(_model()), options, providers=["CPUExecutionProvider"])
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._context = np.zeros(_CONTEXT, np.float32)
        self._hidden = self._cell = np.zeros((1, 1, 128), np.float32)

    def probability(self, frame: Samples) -> float:
        """The probability of speech in `frame`, shape (512,), 16 kHz."""
        sound = np.concatenate([self._context, frame])[None].astype(np.float32)
        self._context = sound[0, FRAME:]
        output, self._hidden, self._cell = self._session.run(None, {"input": sound, "h": self._hidden, "c": self._cell})
        return float(np.ravel(output)[0])


def _model() -> Path:
    """The network's file inside the faster-whisper package, which is not imported for it."""
    package = find_spec("faster_whisper")
    folders = list(package.submodule_search_locations or []) if package else []
    found = sorted(file for folder in folders for file in Path(folder, "assets").glob("silero_vad*.onnx"))
    if not found:
        raise ModelMissingError(
            "The voice activity detector is missing from the package faster-whisper.",
            remedy="Install it again: pip install 'hausgeist[voice]'.",
        )
    return found[-1]
