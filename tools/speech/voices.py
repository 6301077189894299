"""Which voice says a sentence. Owns the choice among installed voices; loads none.

A voice is a Piper model (NAME.onnx with NAME.onnx.json beside it) or a style of a Kokoro model, in a folder of the
models: one from the catalogue, or any other that the owner put there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import ModelCorruptError, ModelMissingError, ToolError, nearest
from runtime.house import House
from runtime.personas import persona_of
from runtime.residency import Priority
from runtime.worker import WorkerSpec
from tools.speech.kokoro_styles import kokoro_models, language_of_style, style_names
from tools.speech.languages import language_name

_OVERHEAD_BYTES = 300_000_000
"""Main memory of the process, its libraries and activations beside the voice's file, measured with Piper joe.
"""
_ESPEAK_CODES = {"cmn": "zh", "yue": "zh"}


@dataclass(frozen=True)
class VoiceChoice:
    """An installed voice: its name, its model file, the language that it speaks (ISO 639-1).

    The id is the folder's name; for one of several voices in a model "FOLDER/SPEAKER".
    """

    id: str
    model: Path
    language: str
    speaker: str = ""

    @property
    def folder(self) -> str:
        """The name of the model's folder: its id in the catalogue."""
        return self.id.partition("/")[0]

    @property
    def title(self) -> str:
        """What to call it in a list."""
        return f"{self.model.stem} ({language_name(self.language)})" if not self.speaker else self.id

    @property
    def spec(self) -> WorkerSpec:
        """The worker that speaks with it."""
        return WorkerSpec(
            f"voice {self.folder}",
            "tools.speech.voice_backend:VoiceService",
            {"model": str(self.model)},
            cpu_bytes=self.model.stat().st_size + _OVERHEAD_BYTES,
            priority=Priority.SPEECH,
        )


def wanted_voice(house: House) -> str:
    """The voice that is to speak: the persona's, else the setting's."""
    return persona_of(house.settings, house.paths).voice or house.settings.speech.voice


def installed_voices(house: House) -> list[VoiceChoice]:
    """The voices that can be used, the one from the settings first. Raises `ModelCorruptError` for a broken
    one.
    """
    wanted = wanted_voice(house)
    own = Path(wanted).expanduser()
    found = [_read(own.parent.name, own)] if own.suffix == ".onnx" else []
    for config in sorted(house.paths.models.glob("*/*.onnx.json")):
        model = config.with_suffix("")
        if model.is_file() and "phoneme_id_map" in _config(model):
            found.append(_read(config.parent.name, model))
    for model in kokoro_models(house.paths.models):
        folder = model.relative_to(house.paths.models).parts[0]
        found += [VoiceChoice(f"{folder}/{name}", model, language_of_style(name), name) for name in style_names(model)]
    return sorted(found, key=lambda voice: (voice.id != wanted and voice.model != own, voice.folder != wanted))


def preferred_voice(house: House) -> VoiceChoice:
    """The voice from the settings. Raises `ModelMissingError` naming the command that gets it."""
    voices = installed_voices(house)
    wanted = wanted_voice(house)
    if wanted in house.catalogue.entries:
        house.catalogue.require(wanted)
    own = Path(wanted).expanduser()
    if voices and (wanted in {voices[0].id, voices[0].folder} or voices[0].model == own):
        return voices[0]
    if wanted in house.catalogue.entries:
        raise ModelMissingError(
            f"The model {wanted} is installed, but it is neither a Piper nor a Kokoro voice.",
            remedy="Set speech.voice to a voice, such as piper-en-us-joe.",
        )
    known = [voice.id for voice in voices]
    raise ModelMissingError(
        f"The voice {wanted} of the setting speech.voice is not installed.",
        remedy=f"Installed: {', '.join(known)}." if known else "Get one with `hausgeist models pull piper-en-us-joe`.",
    )


def voice_named(house: House, wish: str) -> VoiceChoice | None:
    """The installed voice whose id or name `wish` gives ("joe", "piper-en-us-joe"); None where there is none."""
    voices = installed_voices(house)
    for voice in voices:
        names = {voice.id.casefold(), voice.folder.casefold(), voice.model.stem.casefold(), voice.speaker.casefold()}
        names |= {voice.id.casefold().split("-")[-1], voice.speaker.casefold().partition("_")[2]} - {""}
        if wish.strip().casefold() in names:
            return voice
    near = nearest(wish.strip(), [voice.id for voice in voices])
    return next((voice for voice in voices if voice.id == near), None)


def voice_for(voices: list[VoiceChoice], language: str, sentence: str, house: House) -> VoiceChoice:
    """The first of `voices` that speaks `language`. Raises `ToolError` naming the language and the remedy."""
    for voice in voices:
        if voice.language == language:
            return voice
    name = language_name(language)
    short = sentence if len(sentence) <= 40 else f"{sentence[:40]}…"
    raise ToolError(
        f"No installed voice speaks {name}, so “{short}” was not spoken.",
        remedy=(
            f"{_kokoro_hint(language)}Put a Piper voice for {name} (its .onnx and .onnx.json file, see the repository"
            f" rhasspy/piper-voices) into a folder of its own under {house.paths.models}."
        ),
    )


def _kokoro_hint(language: str) -> str:
    spoken = {"en", "es", "fr", "hi", "it", "pt"}
    return "Get Kokoro's voices with `hausgeist models pull kokoro-82m`. " if language in spoken else ""


def _config(model: Path) -> dict[str, object]:
    try:
        config = json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ModelCorruptError(
            f"The voice description {model}.json cannot be read: {problem}.", remedy="Fetch the voice again."
        ) from problem
    return config if isinstance(config, dict) else {}


def _read(name: str, model: Path) -> VoiceChoice:
    if not model.is_file():
        raise ModelMissingError(f"There is no voice file {model}.", remedy="Correct the setting speech.voice.")
    espeak = _config(model).get("espeak")
    code = str(espeak.get("voice", "en") if isinstance(espeak, dict) else "en").partition("-")[0]
    return VoiceChoice(name, model, _ESPEAK_CODES.get(code, code))
