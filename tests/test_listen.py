"""Hearing with the real starter recogniser: read sentences, commands in four languages, nothing where none spoke."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import ArgumentError, MediaError
from runtime.house import House
from runtime.paths import Paths
from tools.speech.listen import SAMPLE_RATE, transcribe


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]) -> Iterator[House]:
    """One house for the module, so that the recogniser is loaded once."""
    need_model("whisper-base")
    environ = {
        "HAUSGEIST_HOME": str(tmp_path_factory.mktemp("house")),
        "HAUSGEIST_MODELS": str(Paths.from_environment().models),
    }
    with House.open(environ) as opened:
        yield opened


def words(text: str) -> list[str]:
    """Lower-case words; Chinese by character; a title is written out."""
    text = re.sub(r"\bmr\b\.?", "mister", text.lower()).replace("-", " ")
    return re.findall(r"[\u4e00-\u9fff]|[^\W_]+", text)


def edits(truth: list[str], found: list[str]) -> int:
    """Words to change, insert or delete (Levenshtein 1966)."""
    row = list(range(len(found) + 1))
    for i, wanted in enumerate(truth, 1):
        above, row[0] = row[0], i
        for j, got in enumerate(found, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (wanted != got))
    return row[-1]


def test_commands_are_understood_word_for_word(home: House, shared_data: Path) -> None:
    folder = shared_data / "speech" / "commands"
    for name, truth in json.loads((folder / "transcripts.json").read_text(encoding="utf-8")).items():
        got = transcribe(home, folder / name)
        assert words(got.text) == words(truth["text"]), name
        assert got.language == truth["lang"], name


def test_read_sentences(home: House, shared_data: Path) -> None:
    folder = shared_data / "speech" / "librivox"
    wrong = total = 0
    for name, truth in json.loads((folder / "transcripts.json").read_text(encoding="utf-8")).items():
        got = transcribe(home, folder / name)
        wrong += edits(words(truth["text"]), words(got.text))
        total += len(words(truth["text"]))
        assert 0 < got.segments[-1].end_s <= got.duration_s + 0.5
    assert wrong / total <= 0.08


def test_nothing_is_heard_where_nobody_speaks(home: House) -> None:
    """A minute of each: silence, white noise, and music of several kinds; also with names from the house."""
    random = np.random.default_rng(5)
    length = 60 * SAMPLE_RATE
    for name, sound in {
        "silence": np.zeros(length),
        "noise": 0.3 * random.standard_normal(length),
        "plucked chords and a drum": _music(random, length),
        "a violin alone": _melody(random, length, partials=15, vibrato=1.0),
        "a flute alone": _melody(random, length, partials=3, vibrato=2.0),
    }.items():
        for hotwords in ((), ("kitchen", "Nele", "blue folder")):
            got = transcribe(home, sound.astype(np.float32), hotwords=hotwords)
            assert (got.text, got.language, got.segments) == ("", None, ()), name


def test_names_of_the_house_are_written_as_they_are(home: House, tmp_path: Path, shared_data: Path) -> None:
    """Names given as hotwords do not spoil what is heard, in any language."""
    folder = shared_data / "speech" / "commands"
    names = ("kitchen", "study", "Nele", "Anna Schmidt", "blue folder", "书房")
    for name, truth in json.loads((folder / "transcripts.json").read_text(encoding="utf-8")).items():
        got = transcribe(home, folder / name, hotwords=names)
        assert words(got.text) == words(truth["text"]), name


def test_bad_sounds_are_named(home: House, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no sound file"):
        transcribe(home, tmp_path / "absent.wav")
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF????not a wave file")
    with pytest.raises(MediaError, match=r"broken\.wav cannot be read"):
        transcribe(home, broken)
    with pytest.raises(ArgumentError, match="one channel"):
        transcribe(home, np.zeros((2, 100), np.float32))
    assert transcribe(home, np.zeros(0, np.float32)).text == ""


def _melody(random: np.random.Generator, length: int, partials: int, vibrato: float) -> np.ndarray:
    """One voice of long notes with vibrato, half a second to a second each."""
    sound = np.zeros(length + SAMPLE_RATE)
    start = 0
    while start < length:
        time = np.arange(int(random.uniform(0.5, 1.0) * SAMPLE_RATE)) / SAMPLE_RATE
        pitch = random.choice([220.0, 261.6, 293.7, 329.6, 392.0, 440.0])
        phase = 2 * np.pi * pitch * time + vibrato * np.sin(2 * np.pi * 5.5 * time)
        swell = np.minimum(1, np.minimum(time, time[::-1]) / 0.08)
        note = sum(np.sin(k * phase) / k for k in range(1, partials + 1))
        sound[start : start + len(time)] += 0.2 * swell * note
        start += len(time)
    return sound[:length]


def _music(random: np.random.Generator, length: int) -> np.ndarray:
    """Plucked chords with overtones and a drum on the beat."""
    sound = np.zeros(length + SAMPLE_RATE)
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    for start in range(0, length, SAMPLE_RATE // 2):
        for pitch in random.choice([261.6, 293.7, 329.6, 349.2, 392.0, 440.0], 3, replace=False):
            overtones = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 7))
            sound[start : start + SAMPLE_RATE] += 0.08 * overtones * np.exp(-3 * time)
        sound[start : start + 2000] += 0.3 * random.standard_normal(2000) * np.exp(-np.arange(2000) / 300)
    return sound[:length]
