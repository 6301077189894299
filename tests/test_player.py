"""Playing: on a real ALSA device that writes to a file, without a device, and with one that hangs."""

from __future__ import annotations

import ctypes.util
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from runtime.house import House
from runtime.worker import WorkerSpec
from runtime.worker_service import Emit
from tools.speech import speak
from tools.speech.speak import PLAYER

ALSA = Path("/usr/share/alsa/alsa.conf")
RATE = 22050


class HangingPlayer:
    """Implements the player's interface and never answers, as some sound drivers do."""

    def play(self, samples: object, rate: int, *, emit: Emit) -> float:
        time.sleep(600)
        return 0.0


@pytest.fixture
def alsa_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The default ALSA device, which writes what it plays to a file."""
    if ctypes.util.find_library("portaudio") is None or not ALSA.is_file():
        pytest.skip("PortAudio or ALSA is not installed (Debian: libportaudio2)")
    played = tmp_path / "played.raw"
    config = tmp_path / "asound.conf"
    config.write_text(
        f'<{ALSA}>\npcm.!default {{ type file slave.pcm "null" file "{played}" format "raw" }}\n', encoding="utf-8"
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    yield played


def tone(seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def test_what_is_played_reaches_the_device(house: House, alsa_file: Path) -> None:
    sound = tone(1.0)
    with house.residency.lease(PLAYER) as worker:
        assert worker.call("reason") is None
        assert worker.call("play", sound, RATE) == pytest.approx(1.0, abs=0.01)
    got = np.fromfile(alsa_file, np.float32)
    assert len(got) >= len(sound)
    assert np.allclose(got[: len(sound)], sound, atol=1e-3)


def test_without_a_device_the_reason_is_named(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "empty.conf"
    config.write_text("", encoding="utf-8")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent")
    note = speak._play(house, tone(0.1), RATE, None)
    assert note.startswith("Nothing was played: ")
    assert any(reason in note for reason in ("PortAudio is missing", "no sound device", "driver crashed"))


def test_a_device_that_hangs_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speak, "PLAYER", WorkerSpec("player", "tests.test_player:HangingPlayer"))
    monkeypatch.setattr(speak, "_DEVICE_PATIENCE_S", 0.3)
    assert "does not answer" in speak._play(house, tone(0.1), RATE, None)
    assert house.residency.status() == []
