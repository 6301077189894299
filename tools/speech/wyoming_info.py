"""What our recogniser and voices say of themselves over the Wyoming protocol. Owns no connection."""

from __future__ import annotations

from importlib.metadata import version

from wyoming.info import AsrModel, AsrProgram, Attribution, Info, TtsProgram, TtsVoice

from runtime.errors import HausgeistError
from runtime.house import House
from tools.speech.voices import installed_voices

_LANGUAGES = ["ar", "de", "el", "en", "es", "fr", "he", "hi", "it", "ja", "ko", "nl", "pt", "ru", "th", "zh"]


def info(house: House) -> Info:
    """The answer to `describe`. A model that is missing is left out."""
    name, number = "hausgeist", version("hausgeist")
    by = Attribution(name="Hausgeist", url="https://github.com/OHF-Voice/wyoming")
    return Info(
        asr=[
            AsrProgram(
                name, by, True, "Whisper on this machine", number, _recognizers(house),
                supports_transcript_streaming=True,
            )
        ],
        tts=[
            TtsProgram(
                name, by, True, "Voices on this machine", number, _voices(house), supports_synthesize_streaming=True
            )
        ],
    )  # fmt: skip


def _recognizers(house: House) -> list[AsrModel]:
    name = house.settings.speech.recognizer
    entry = house.catalogue.entries.get(name)
    if entry is None or not house.catalogue.installed(name):
        return []
    by = Attribution(name="OpenAI", url="https://github.com/openai/whisper")
    return [
        AsrModel(name=name, description=entry.title, attribution=by, installed=True, version=None, languages=_LANGUAGES)
    ]


def _voices(house: House) -> list[TtsVoice]:
    try:
        found = installed_voices(house)
    except HausgeistError:
        return []
    by = Attribution(name="Piper and Kokoro", url="https://github.com/OHF-Voice/piper1-gpl")
    return [
        TtsVoice(
            name=voice.id, description=voice.title, attribution=by, installed=True, version=None,
            languages=[voice.language],
        )
        for voice in found
    ]  # fmt: skip
