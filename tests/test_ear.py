"""Listening: frames of files, wake words, and every way in which a microphone can fail."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from runtime.errors import ToolUnavailableError, UnknownNameError
from runtime.house import House
from runtime.worker import WorkerSpec
from runtime.worker_service import Emit
from tools.speech import ear, microphone_backend
from tools.speech.ear import Source
from tools.speech.frames import FRAME, Frame

from .cli_driver import spawn
from .voice_kit import spoken_file

ROOT = Path(__file__).resolve().parent.parent


class HangingEar:
    """Implements the ear's interface and never answers, as some sound drivers do."""

    def listen(self, *arguments: object, paced: bool, emit: Emit) -> float:
        time.sleep(600)
        return 0.0


class CrashingEar:
    """Dies as a driver does that crashes."""

    def listen(self, *arguments: object, paced: bool, emit: Emit) -> float:
        os._exit(11)


class Card:
    """Stands in for PortAudio with one microphone at 44.1 kHz that fails as the test wants."""

    class PortAudioError(Exception):
        """As sounddevice's."""

    def __init__(self, opening: str = "", delivers: float = 1.0) -> None:
        self._opening, self._delivers = opening, delivers

    def query_devices(self, name: object, kind: str) -> dict[str, Any]:
        return {"name": "Card", "index": 0, "max_input_channels": 1, "default_samplerate": 44100.0}

    def check_input_settings(self, *arguments: object, samplerate: int, **more: object) -> None:
        if samplerate != 44100:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    def InputStream(
        self, *, samplerate: int, callback: Callable[..., None], finished_callback: Any, **more: Any
    ) -> Any:
        if self._opening:
            raise self.PortAudioError(self._opening)
        wave = np.sin(2 * np.pi * 440 * np.arange(int(self._delivers * samplerate)) / samplerate).astype(np.float32)
        for start in range(0, len(wave), 1411):
            callback(wave[start : start + 1411, None])
        return self

    def __enter__(self) -> Card:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def heard(house: House, source: Source, **more: Any) -> list[Frame]:
    frames: list[Frame] = []
    ear.listen(house, source, frames.append, **more)
    return frames


def test_a_file_is_heard_frame_by_frame(house: House, tmp_path: Path, need_model: Callable[[str], Path]) -> None:
    need_model("piper-en-us-joe")
    file = spoken_file(house, "Okay Nabu. Where is the red book?", tmp_path / "q.wav", before_s=1.0, after_s=1.0)
    frames = heard(house, Source(file=file), wake_words=("okay_nabu", "alexa"))
    assert all(frame.samples.shape == (FRAME,) for frame in frames)
    assert [frame.wake for frame in frames if frame.wake] == ["okay_nabu"]
    speech = np.array([frame.speech for frame in frames])
    assert speech[:25].max() < 0.5 and speech[-40:].max() < 0.5 and np.mean(speech > 0.5) > 0.15
    assert frames[-1].end_s == pytest.approx(soundfile.info(file).duration + 1.5, abs=0.1)


def test_an_unknown_wake_word_names_the_known(house: House, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", np.zeros(1600), 16000)
    with pytest.raises(UnknownNameError, match="okay_nabu"):
        heard(house, Source(file=tmp_path / "x.wav"), wake_words=("okay_nabo",))


def test_without_a_device_the_reason_is_named(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.conf").touch()
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "empty.conf"))
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent")
    with pytest.raises(ToolUnavailableError, match=r"There is no microphone at all|PortAudio is missing|crashed"):
        heard(house, Source())
    with pytest.raises(ToolUnavailableError, match=r"no microphone named 'Yeti'|PortAudio is missing|crashed"):
        heard(house, Source(device="Yeti"))


def test_without_portaudio_the_package_is_named() -> None:
    program = (
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
        "from tools.speech import microphone_backend, player_backend\n"
        "print(player_backend.PlayerService().reason())\n"
        "for use in (lambda: microphone_backend.find_input(None), microphone_backend.list_devices):\n"
        "    try:\n        use()\n    except Exception as problem:\n        print(type(problem).__name__, problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 3 and all("install libportaudio2" in line for line in lines)
    assert all(line.startswith("ToolUnavailableError") for line in lines[1:])


@pytest.mark.parametrize("text", ["Device unavailable [PaErrorCode -9985]", "Illegal combination of I/O devices"])
def test_a_busy_device_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card(opening=text)
    monkeypatch.setattr(microphone_backend, "portaudio", lambda: card)
    monkeypatch.setattr(microphone_backend, "missing", lambda: "")
    with pytest.raises(ToolUnavailableError, match=r"'Card' cannot be opened: .*End the program that uses it"):
        next(microphone_backend.microphone(None, lambda: None))


def test_a_rate_that_the_device_lacks_is_resampled_and_silence_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card()
    monkeypatch.setattr(microphone_backend, "portaudio", lambda: card)
    monkeypatch.setattr(microphone_backend, "missing", lambda: "")
    monkeypatch.setattr(microphone_backend, "PATIENCE_S", 0.3)
    frames = []
    with pytest.raises(ToolUnavailableError, match=r"'Card' delivers no sound any more"):
        frames.extend(iter_into(frames, microphone_backend.microphone(None, lambda: None)))
    sound = np.concatenate(frames)
    assert len(sound) == pytest.approx(16000, abs=2 * FRAME)
    spectrum = np.abs(np.fft.rfft(sound[2000:12000]))
    assert np.argmax(spectrum) * 16000 / 10000 == pytest.approx(440, abs=3)


def iter_into(found: list[Any], source: Any) -> list[Any]:
    """Append each item as it comes, so that those before an error are kept."""
    for item in source:
        found.append(item)
    return []


@pytest.mark.parametrize(("service", "says"), [("HangingEar", "does not answer"), ("CrashingEar", "crashed")])
def test_a_driver_that_hangs_or_crashes_is_given_up(
    service: str, says: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ear, "EAR", WorkerSpec("ear", f"tests.test_ear:{service}"))
    monkeypatch.setattr(ear, "_PATIENCE_S", 1.0)
    with pytest.raises(ToolUnavailableError, match=says):
        heard(house, Source())
    assert house.residency.status() == []


def test_the_commands_fall_back_and_do_not_hang(environment: dict[str, str], tmp_path: Path) -> None:
    """No sound device: `devices` lists none, `listen` fails with a remedy, `voice` goes on with typed lines."""
    (tmp_path / "empty.conf").touch()
    silent = {**environment, "ALSA_CONFIG_PATH": str(tmp_path / "empty.conf"), "PULSE_SERVER": "unix:/nonexistent"}
    listed = spawn(silent, "devices", "--json")
    assert listed.status in {0, 1}
    heard = spawn(silent, "listen")
    assert heard.status == 1 and "icrophone" in heard.err
    talked = spawn(silent, "voice", stdin="")
    assert talked.status == 1 and "typed lines" in talked.err and "Nothing can be played" in talked.err
