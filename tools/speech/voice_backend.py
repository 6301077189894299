"""The worker service that speaks: Piper (VITS, Kim et al. 2021, as an ONNX model) with its espeak-ng
phonemes.

Owns the loaded voice. Owns no normalisation of text (`normalise.py`), no files (`audio_files.py`) and no
playing.
The espeak-ng data come inside the piper-tts package: nothing is fetched.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
from piper import PiperVoice

from runtime.errors import ModelCorruptError, ModelMissingError
from runtime.worker_service import Emit
from tools.speech.loudness import levelled
from tools.speech.voice import Samples, Voice, VoiceInfo


class Piper(Voice):
    """A Piper voice: `model` is its .onnx file, with the .onnx.json beside it. `seed` fixes the prosody's
    noise.
    """

    def __init__(self, model: Path, *, seed: int = 0) -> None:
        config = Path(f"{model}.json")
        for file in (model, config):
            if not file.is_file():
                raise ModelMissingError(f"The voice file {file} is missing.", remedy=_REMEDY)
        onnxruntime.set_seed(seed)
        try:
            self._voice = PiperVoice.load(model, config, download_dir=model.parent)
            language = json.loads(config.read_text(encoding="utf-8"))["espeak"]["voice"]
        except Exception as problem:
            raise ModelCorruptError(f"The voice {model} cannot be loaded: {problem}.", remedy=_REMEDY) from problem
        code = str(language).partition("-")[0]
        code = {"cmn": "zh", "yue": "zh"}.get(code, code)
        engine = f"piper-tts {version('piper-tts')}"
        self._info = VoiceInfo(model.stem, code, int(self._voice.config.sample_rate), engine)

    def info(self, speaker: str = "") -> VoiceInfo:
        """Name, language, sample rate and engine; a Piper voice has one speaker."""
        return self._info

    def speak(self, sentence: str, speaker: str = "") -> Samples:
        """The sound of one sentence; empty where espeak-ng finds nothing to say in it."""
        chunks = [chunk.audio_float_array for chunk in self._voice.synthesize(sentence)]
        return np.concatenate(chunks).astype(np.float32) if chunks else np.zeros(0, np.float32)


_REMEDY = "Fetch the voice again with `hausgeist models pull`, or set speech.voice to another one."


class VoiceService:
    """What runs in the worker process: one voice, even in loudness, sentence by sentence.

    A model with a Piper description (NAME.onnx.json) beside it is Piper's; another one is Kokoro's.
    """

    def __init__(self, model: str, seed: int = 0) -> None:
        self._voice = _engine(Path(model), seed)

    def info(self, speaker: str = "") -> VoiceInfo:
        """What the voice says of itself."""
        return self._voice.info(speaker)

    def speak(self, sentences: list[str], speaker: str = "", *, emit: Emit) -> int:
        """Emit `(index, samples)` for each sentence as it is ready; return how many samples there were in all."""
        total = 0
        for index, sentence in enumerate(sentences):
            samples = levelled(self._voice.speak(sentence, speaker), self._voice.info(speaker).sample_rate)
            total += len(samples)
            emit((index, samples))
        return total


def _engine(model: Path, seed: int) -> Voice:
    if Path(f"{model}.json").is_file() or not model.is_file():
        return Piper(model, seed=seed)
    from tools.speech.kokoro_backend import Kokoro

    return Kokoro(model)
