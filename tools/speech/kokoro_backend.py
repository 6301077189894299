"""Kokoro (hexgrad, 82 M parameters, StyleTTS 2 and iSTFTNet, 2025), as an ONNX model by the package kokoro-onnx.

Owns the loaded model and its styles. Phonemes are espeak-ng's, from the library inside the package espeakng-loader.
Styles are read from `voices/NAME.bin` (float32, as onnx-community publishes them) or from one archive of all
(`voices*.bin` or `voices*.npz`, as kokoro-onnx publishes them).
"""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from kokoro_onnx import Kokoro as KokoroOnnx

from runtime.errors import ModelCorruptError, ModelMissingError, UnknownNameError
from tools.speech.kokoro_styles import STYLE_WIDTH, espeak_language, language_of_style, style_names
from tools.speech.voice import Samples, Voice, VoiceInfo

_REMEDY = "Fetch the voice again with `hausgeist models pull`, or set speech.voice to another one."


class Kokoro(Voice):
    """A Kokoro model: `model` is its .onnx file; the styles lie beside it or one folder up."""

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise ModelMissingError(f"The voice file {model} is missing.", remedy=_REMEDY)
        self._model = model
        self._styles = {name: _style(file, name) for name, file in style_names(model).items()}
        if not self._styles:
            raise ModelMissingError(f"The Kokoro voice {model} has no styles beside it.", remedy=_REMEDY)
        try:
            with tempfile.NamedTemporaryFile(suffix=".npz") as archive:  # the package wants an archive of styles
                np.savez(archive, **{next(iter(self._styles)): next(iter(self._styles.values()))})
                archive.flush()
                self._kokoro = KokoroOnnx(str(model), archive.name)
        except Exception as problem:
            raise ModelCorruptError(f"The voice {model} cannot be loaded: {problem}.", remedy=_REMEDY) from problem

    def info(self, speaker: str = "") -> VoiceInfo:
        """Name, language, sample rate and engine of the style `speaker` ("": the first)."""
        name = self._named(speaker)
        return VoiceInfo(f"kokoro {name}", language_of_style(name), 24000, f"kokoro-onnx {version('kokoro-onnx')}")

    def speak(self, sentence: str, speaker: str = "") -> Samples:
        """The sound of one sentence in the style `speaker`; empty where espeak-ng finds nothing to say in it."""
        name = self._named(speaker)
        try:
            samples, _ = self._kokoro.create(sentence, self._styles[name], lang=espeak_language(name))
        except ValueError as problem:
            if "honeme" in str(problem):  # kokoro-onnx: nothing to synthesise
                return np.zeros(0, np.float32)
            raise
        return np.asarray(samples, np.float32)

    def _named(self, speaker: str) -> str:
        if not speaker:
            return next(iter(self._styles))
        if speaker not in self._styles:
            raise UnknownNameError("style of this voice", speaker, self._styles)
        return speaker


def _style(file: Path, name: str) -> Any:
    """The style vectors of one voice, shape (phonemes, 1, 256)."""
    try:
        if file.stem == name:
            return np.fromfile(file, np.float32).reshape(-1, 1, STYLE_WIDTH)
        with np.load(file, allow_pickle=False) as archive:
            return archive[name].reshape(-1, 1, STYLE_WIDTH)
    except (OSError, ValueError, KeyError) as problem:
        raise ModelCorruptError(f"The style {file} cannot be read: {problem}.", remedy=_REMEDY) from problem
