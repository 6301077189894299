"""The styles (voices) of an installed Kokoro model, and what languages they speak here. Loads no model.

A style's name tells its language by its first letter and its sex by the second (model card of hexgrad/Kokoro-82M).
Japanese and Mandarin need phonemes that espeak-ng does not give, so those styles speak English here, with an accent.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

STYLE_WIDTH = 256
"""Numbers of a style vector."""
_LANGUAGES = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br"}
_FIRST = ("af_heart", "bf_emma", "ef_dora", "ff_siwis", "hf_alpha", "if_sara", "pf_dora")
"""The style that speaks for its language unless another is named: the best graded in the model card."""


def kokoro_models(models: Path) -> list[Path]:
    """The Kokoro models among the installed ones: `FOLDER/kokoro*.onnx`, or `FOLDER/onnx/model*.onnx` with styles."""
    found = [*models.glob("*/kokoro*.onnx"), *models.glob("*kokoro*/onnx/model*.onnx")]
    return sorted(file for file in found if style_names(file))


def style_names(model: Path) -> dict[str, Path]:
    """The styles beside `model`, each with the file that holds it, the ones that speak for a language first."""
    root = model.parent.parent if model.parent.name == "onnx" else model.parent
    found = {file.stem: file for file in root.glob("voices/*.bin")}
    for archive in sorted([*root.glob("voices*.bin"), *root.glob("voices*.npz")]):
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as members:
                found |= {Path(name).stem: archive for name in members.namelist() if name.endswith(".npy")}
    return dict(sorted(found.items(), key=lambda item: (item[0] not in _FIRST, item[0][:1] in "jz", item[0])))


def espeak_language(style: str) -> str:
    """The language of a style as espeak-ng names it."""
    return _LANGUAGES.get(style[:1], "en-us")


def language_of_style(style: str) -> str:
    """ISO 639-1 code of the language that a style speaks here."""
    return espeak_language(style).partition("-")[0]
