"""From text to a sound file, and to the loudspeaker where there is one. Owns neither voices nor files'
formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from runtime.errors import ArgumentError, HausgeistError, WorkerDiedError, WorkerTimeoutError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import CallCancelled, Cancellation, WorkerSpec
from tools.speech.audio_files import media_type, write_sound
from tools.speech.languages import language_of
from tools.speech.normalise import sentences, spoken
from tools.speech.voice import Samples
from tools.speech.voices import VoiceChoice, installed_voices, preferred_voice, voice_for, voice_named

PAUSE_S = 0.25
"""Silence between sentences, seconds."""
_DEVICE_PATIENCE_S = 5.0
"""A sound device that is not heard of for so long counts as hanging."""
PLAYER = WorkerSpec(
    "player", "tools.speech.player_backend:PlayerService", cpu_bytes=60_000_000, priority=Priority.SPEECH
)


def player_spec(house: House) -> WorkerSpec:
    """The worker that plays on the loudspeaker of the settings."""
    device = house.settings.speech.output_device
    return replace(PLAYER, kwargs={"device": device}) if device else PLAYER


@dataclass(frozen=True)
class SpokenFile:
    """Speech that was made: where it is, how long it is, and whether it was also heard."""

    path: Path
    duration_s: float
    played: bool
    note: str
    """Why it was not played; empty where it was, or was not to be."""
    voice_note: str
    """What became of a wish for a voice that is not installed; empty otherwise."""
    voice: str
    language: str
    media_type: str


@dataclass(frozen=True)
class SpokenSentence:
    """The sound of one sentence, mono at `rate` hertz, and the voice that said it."""

    text: str
    samples: Samples
    rate: int
    voice: VoiceChoice


@dataclass(frozen=True)
class _Part:
    voice: VoiceChoice
    text: str


def say_to_file(
    house: House,
    text: str,
    target: Path | None = None,
    voice: str | None = None,
    *,
    play: bool | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancellation: Cancellation | None = None,
) -> SpokenFile:
    """Speak `text` into `target` (.wav, .flac, .ogg or .mp3; None: a new file under the outputs).

    `voice` is a wish; one that is not installed is noted and the usual voice speaks. `play` is the setting
    speech.play when None. `progress(done, total)` counts sentences. Raises `ArgumentError` for a text with
    nothing to
    say, `ToolError` for a language that no installed voice speaks, `ModelMissingError`, `StorageError`,
    `CallCancelled`.
    """
    target = target or house.paths.outputs / "speech" / _file_name(house, text)
    kind = media_type(target)
    parts, voice_note = _plan(house, text, voice)
    samples, rate, engine = _synthesise(house, parts, progress, cancellation)
    main = max(dict.fromkeys(part.voice for part in parts), key=lambda choice: _characters(parts, choice))
    write_sound(target, samples, rate, maker=f"voice {main.id}, {engine}", paths=house.paths)
    wanted = house.settings.speech.play if play is None else play
    silence = _play(house, samples, rate, cancellation) if wanted else ""
    return SpokenFile(
        target, len(samples) / rate, wanted and not silence, silence, voice_note, main.id, main.language, kind
    )


def say_sentences(
    house: House,
    texts: Iterable[str],
    wish: str | None = None,
    *,
    language: str | None = None,
    cancellation: Cancellation | None = None,
) -> Iterator[SpokenSentence]:
    """The sound of each sentence of `texts`, as it is ready, by the voice of its language.

    `wish` names a voice, `language` (ISO 639-1, or "de_DE") what to speak where a sentence does not tell.
    Raises `ToolError` for a language without a voice, `ModelMissingError`, `CallCancelled`.
    """
    first = (voice_named(house, wish) if wish else None) or preferred_voice(house)
    voices = [first, *(other for other in installed_voices(house) if other != first)]
    usual = re.split("[-_]", language)[0] if language and not wish else first.language
    for text in texts:
        voice = voice_for(voices, language_of(text) or usual, text, house)
        with house.residency.lease(voice.spec, cancellation) as worker:
            info = worker.call("info", voice.speaker, cancellation=cancellation)
            said = [spoken(text, voice.language)]
            for _, samples in worker.stream("speak", said, voice.speaker, cancellation=cancellation):
                yield SpokenSentence(text, samples, info.sample_rate, voice)


def _plan(house: House, text: str, wish: str | None) -> tuple[list[_Part], str]:
    """Each sentence with the voice that says it, and a note on the wish for a voice."""
    first = voice_named(house, wish) if wish else None
    note = "" if first or not wish else f"There is no installed voice “{wish}”."
    first = first or preferred_voice(house)
    voices = [first, *(other for other in installed_voices(house) if other != first)]
    parts = []
    for sentence in sentences(text):
        language = language_of(sentence) or first.language
        chosen = voice_for(voices, language, sentence, house)
        parts.append(_Part(chosen, spoken(sentence, chosen.language)))
    if not parts:
        raise ArgumentError("There is nothing to say in the text.", remedy="Give at least one word.")
    if note:
        note += f" {parts[0].voice.id} spoke instead."
    return parts, note


def _synthesise(
    house: House, parts: list[_Part], progress: Callable[[int, int], None], cancellation: Cancellation | None
) -> tuple[Samples, int, str]:
    """All parts one after the other with pauses, at the sample rate of the first voice; and the engine's
    name.
    """
    pieces: list[Samples] = []
    rate, engine = 0, ""
    for voice, group in groupby(parts, key=lambda part: part.voice):
        with house.residency.lease(voice.spec) as worker:
            info = worker.call("info", voice.speaker, cancellation=cancellation)
            rate, engine = rate or info.sample_rate, engine or info.engine
            texts = [part.text for part in group]
            for _, samples in worker.stream("speak", texts, voice.speaker, cancellation=cancellation):
                pieces += [resampled(samples, info.sample_rate, rate), np.zeros(int(PAUSE_S * rate), np.float32)]
                progress(len(pieces) // 2, len(parts))
    return np.concatenate(pieces[:-1]), rate, engine


def resampled(samples: Samples, theirs: int, ours: int) -> Samples:
    """`samples` of `theirs` hertz at `ours` hertz."""
    if theirs == ours:
        return samples
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(samples, ours, theirs), np.float32)


def _play(house: House, samples: Samples, rate: int, cancellation: Cancellation | None) -> str:
    """Play the sound; say why it could not be, or nothing."""
    try:
        with house.residency.lease(player_spec(house)) as worker:
            try:
                worker.call("play", samples, rate, cancellation=cancellation, timeout_s=_DEVICE_PATIENCE_S)
            except WorkerTimeoutError:
                worker.close()
                return "Nothing was played: the sound device does not answer."
    except CallCancelled:
        raise
    except WorkerDiedError:
        return "Nothing was played: the sound driver crashed."
    except HausgeistError as problem:
        return str(problem)
    return ""


def _characters(parts: list[_Part], voice: VoiceChoice) -> int:
    return sum(len(part.text) for part in parts if part.voice == voice)


def _file_name(house: House, text: str) -> str:
    words = re.findall(r"\w+", text.lower())[:6]
    slug = "-".join(words)[:48].strip("-") or "speech"
    return f"{house.now():%Y%m%d-%H%M%S-%f}-{slug}.wav"
