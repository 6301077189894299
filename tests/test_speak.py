"""Speech to files with the real starter voice: heard again by the recogniser, marked, refused where it must be."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import ArgumentError, CallCancelled, ModelMissingError, ToolError
from runtime.house import House
from runtime.paths import Paths
from runtime.settings import Settings, SpeechSettings
from runtime.worker import Cancellation
from tools.contract import Progress, ToolContext
from tools.speech.audio_files import read_info
from tools.speech.listen import transcribe
from tools.speech.loudness import TARGET_LUFS, loudness_lufs
from tools.speech.speak import say_to_file
from tools.speech.tool import Speak, SpeakArgs, output_file
from tools.speech.transcript import Transcript
from tools.speech.voices import installed_voices


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]) -> Iterator[House]:
    """One house for the module, so that the voice is loaded once; sound is not played in tests."""
    need_model("piper-en-us-joe")
    environ = {
        "HAUSGEIST_HOME": str(tmp_path_factory.mktemp("house")),
        "HAUSGEIST_MODELS": str(Paths.from_environment().models),
        "HAUSGEIST_SPEECH__PLAY": "false",
    }
    with House.open(environ) as opened:
        yield opened


def words(text: str) -> str:
    """Lower case without punctuation."""
    return " ".join("".join(char for char in text.lower() if char.isalnum() or char.isspace()).split())


def heard(house: House, path: Path) -> Transcript:
    return transcribe(house, path)


def context(house: House, **more: Any) -> ToolContext:
    return ToolContext(house=house, memory=None, **more)  # type: ignore[arg-type]


def test_what_is_said_is_heard(home: House, need_model: Callable[[str], Path]) -> None:
    need_model("whisper-base")
    output = Speak().execute(SpeakArgs(text="dinner is ready"), context(home))
    assert output.status == "ok", output.error
    path = output.files[0].path
    assert path.is_relative_to(home.paths.outputs)
    assert output.facts["file"] == str(path)
    assert output.facts["played"] is False
    assert output.facts["language"] == "en"
    assert str(path) in output.say
    with wave.open(str(path)) as sound:
        assert sound.getnchannels() == 1
        assert sound.getnframes() / sound.getframerate() == pytest.approx(output.facts["duration_s"], abs=0.01)
    assert words(heard(home, path).text) == "dinner is ready"


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_each_format_is_marked_as_machine_made(home: House, tmp_path: Path, suffix: str) -> None:
    made = say_to_file(home, "The door is open.", tmp_path / f"door{suffix}")
    info = read_info(made.path)
    assert info.generated
    assert "piper-en-us-joe" in info.comment
    assert info.duration_s == pytest.approx(made.duration_s, abs=0.1)
    assert [file.name for file in tmp_path.iterdir()] == [f"door{suffix}"]


def test_sentences_are_even_in_loudness_and_counted(home: House, tmp_path: Path) -> None:
    import soundfile

    steps: list[tuple[int, int]] = []
    made = say_to_file(
        home,
        "Hush. The quick brown fox jumps over the lazy dog!",
        tmp_path / "two.wav",
        progress=lambda done, total: steps.append((done, total)),
    )
    assert steps == [(1, 2), (2, 2)]
    samples, rate = soundfile.read(made.path, dtype="float32")
    assert loudness_lufs(samples, rate) == pytest.approx(TARGET_LUFS, abs=2.0)
    assert np.abs(samples).max() < 0.95


def test_a_language_without_a_voice_is_named(home: House, tmp_path: Path) -> None:
    target = tmp_path / "x.wav"
    with pytest.raises(ToolError, match=r"No installed voice speaks Chinese.*Piper voice for Chinese"):
        say_to_file(home, "Good evening. 晚饭好了。", target)
    assert not target.exists()


def test_a_wish_for_another_voice_is_noted(home: House) -> None:
    output = Speak().execute(SpeakArgs(text="Hello", voice="deep"), context(home))
    assert output.status == "ok"
    assert "deep" in str(output.facts["voice_note"])
    assert output.facts["voice"] == "piper-en-us-joe"
    assert "voice_note" not in Speak().execute(SpeakArgs(text="Hello", voice="Joe"), context(home)).facts


def test_files_stay_under_the_outputs(home: House, tmp_path: Path) -> None:
    for wish in ("../x.wav", str(tmp_path / "x.wav"), "a/../../x.wav", "", "notes/"):
        with pytest.raises(ArgumentError, match=r"only write files under"):
            output_file(home, wish)
    inside = home.paths.outputs / "notes" / "door.flac"
    assert output_file(home, str(inside)) == (inside, "")
    assert output_file(home, "trip")[0].name == "trip.wav"
    path, note = output_file(home, "trip.m4a")
    assert path.name == "trip.wav"
    assert ".m4a" in note


def test_nothing_to_say_and_unknown_formats_are_refused(home: House, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="nothing to say"):
        say_to_file(home, "... !!", tmp_path / "x.wav")
    with pytest.raises(ArgumentError, match=r"\.wav, \.flac"):
        say_to_file(home, "Hello", tmp_path / "x.aiff")


def test_cancelling_leaves_no_file(home: House, tmp_path: Path) -> None:
    cancellation = Cancellation()
    text = "One sentence. " * 40
    with pytest.raises(CallCancelled):
        say_to_file(
            home,
            text,
            tmp_path / "long.wav",
            progress=lambda done, total: cancellation.cancel() if done == 2 else None,
            cancellation=cancellation,
        )
    assert list(tmp_path.iterdir()) == []


def test_without_a_sound_device_the_reason_is_said(home: House, tmp_path: Path) -> None:
    made = say_to_file(home, "Hello", tmp_path / "hello.wav", play=True)
    assert made.path.is_file()
    assert made.played or "Nothing was played: " in made.note or "cannot play" in made.note


def test_progress_and_chinese_wording(home: House) -> None:
    steps: list[Progress] = []
    output = Speak().execute(SpeakArgs(text="Good night."), context(home, language="zh", progress=steps.append))
    assert "语音文件" in output.say
    assert [step.done for step in steps] == [1]


def test_missing_voices_name_the_remedy(home: House, tmp_path: Path) -> None:
    def with_voice(voice: str, models: Path) -> House:
        settings = Settings(speech=SpeechSettings(voice=voice))
        environ = {"HAUSGEIST_HOME": str(tmp_path), "HAUSGEIST_MODELS": str(models)}
        return House.open(environ, settings=settings)

    with with_voice("piper-en-us-joe", tmp_path / "none") as house:
        assert installed_voices(house) == []
        with pytest.raises(ModelMissingError, match="hausgeist models pull piper-en-us-joe"):
            say_to_file(house, "Hello")
    with with_voice("nobody", home.paths.models) as house, pytest.raises(ModelMissingError, match=r"Installed: .*joe"):
        say_to_file(house, "Hello")
