"""Wake words by microWakeWord (Ahrendt, 2024: a small streaming network on TensorFlow Lite), package pymicro-wakeword.

Owns the loaded detectors. The models come inside the package; others can be given as the path of their .json file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

from runtime.errors import ModelCorruptError, UnknownNameError
from tools.speech.voice import Samples

QUIET_S = 1.0
"""Seconds after a detection in which the same word is not detected again."""


class WakeWords:
    """Listens for the words `names`: names of built-in models, or paths of microWakeWord .json files."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._features = MicroWakeWordFeatures()
        self._models = {name: _load(name) for name in names}
        self._silent = 0

    def heard(self, frame: Samples) -> str | None:
        """The word that ended in `frame` (mono, 16 kHz), or None."""
        pcm = (np.clip(frame, -1, 1) * 32767).astype("<i2").tobytes()
        self._silent = max(0, self._silent - len(frame))
        found = None
        for features in self._features.process_streaming(pcm):
            for name, model in self._models.items():
                if model.process_streaming(features) and not self._silent:
                    found = name
                    self._silent = int(QUIET_S * 16000)
        return found


def _load(name: str) -> MicroWakeWord:
    known = [model.value for model in Model]
    try:
        if name in known:
            return MicroWakeWord.from_builtin(Model(name))
        if Path(name).expanduser().is_file():
            return MicroWakeWord.from_config(Path(name).expanduser())
    except (OSError, ValueError, KeyError) as problem:
        raise ModelCorruptError(
            f"The wake word {name} cannot be loaded: {problem}.", remedy="Set speech.wake_word to another one."
        ) from problem
    raise UnknownNameError("wake word", name, known, remedy="The path of a microWakeWord .json file will do, too.")
