"""A virtual sound card for tests: a private PulseAudio daemon with one stereo null sink.

Its left channel is the loudspeaker, its right one the room in front of the microphone; both lie in one recording, on
one clock. Programs reach it through PortAudio, ALSA's pulse plugin and a socket of the test's own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

RATE = 48000
ALSA = Path("/usr/share/alsa/alsa.conf")
PLUGINS = ("/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so", "/usr/lib64/alsa-lib/libasound_module_pcm_pulse.so")
_CARD = """\
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name=card rate=48000 channels=2 channel_map=front-left,front-right
load-module module-remap-sink sink_name=speaker master=card channels=1 channel_map=mono \
master_channel_map=front-left remix=no
load-module module-remap-sink sink_name=room master=card channels=1 channel_map=mono \
master_channel_map=front-right remix=no
load-module module-remap-source source_name=headset master=card.monitor channels=1 channel_map=mono \
master_channel_map=front-right remix=no
load-module module-remap-source source_name=open master=card.monitor channels=1 channel_map=mono remix=yes
set-default-sink speaker
set-default-source {source}
"""


class SoundCard:
    """The running card. `environment` makes a program use it."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self.socket = folder / "pulse.socket"
        script, asound = folder / "card.pa", folder / "asound.conf"
        script.write_text(_CARD.format(socket=self.socket, source=source), encoding="utf-8")
        asound.write_text(f"<{ALSA}>\npcm.!default {{ type pulse }}\nctl.!default {{ type pulse }}\n", encoding="utf-8")
        self.environment = {
            "ALSA_CONFIG_PATH": str(asound),
            "PULSE_SERVER": f"unix:{self.socket}",
            "PULSE_RUNTIME_PATH": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_COOKIE": str(folder / "cookie"),
        }
        self._log = (folder / "pulse.log").open("w")
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-F", str(script)]
        self._daemon = subprocess.Popen(command, env=self._full(), stdout=self._log, stderr=self._log)

    def _full(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def wait(self) -> None:
        """Until it can be used; skips the test where the daemon cannot run."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self._daemon.poll() is not None:
                break
            listed = subprocess.run(["pactl", "list", "short", "sources"], env=self._full(), capture_output=True)
            if listed.returncode == 0 and b"headset" in listed.stdout:
                return
            time.sleep(0.1)
        pytest.skip(f"PulseAudio does not run here: {(self.folder / 'pulse.log').read_text()[-300:]}")

    def unplug(self) -> None:
        """Take the card away at once."""
        self._daemon.send_signal(signal.SIGKILL)
        self._daemon.wait()

    def close(self) -> None:
        """End the daemon."""
        if self._daemon.poll() is None:
            self._daemon.terminate()
            try:
                self._daemon.wait(10)
            except subprocess.TimeoutExpired:
                self.unplug()
        self._log.close()

    def say(self, file: Path) -> subprocess.Popen[bytes]:
        """Play a sound file in the room."""
        return subprocess.Popen(["paplay", "--device=room", "--latency-msec=30", str(file)], env=self._full())

    @contextmanager
    def recording(self) -> Iterator[Path]:
        """Record both channels, as raw float samples, while the body runs."""
        file = self.folder / f"recorded-{time.monotonic_ns()}.raw"
        command = [
            "parec", "--device=card.monitor", "--raw", "--format=float32le", f"--rate={RATE}", "--channels=2",
            "--latency-msec=20", str(file),
        ]  # fmt: skip
        recorder = subprocess.Popen(command, env=self._full())
        try:
            end = time.monotonic() + 20
            while not (file.exists() and file.stat().st_size) and time.monotonic() < end:
                time.sleep(0.02)
            yield file
        finally:
            recorder.terminate()
            recorder.wait()


def channels(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """The loudspeaker's and the room's sound of a recording."""
    both = np.fromfile(file, np.float32)
    both = both[: len(both) // 2 * 2].reshape(-1, 2)
    return both[:, 0], both[:, 1]


@contextmanager
def sound_card(folder: Path, source: str) -> Iterator[SoundCard]:
    """A card whose microphone is the "headset" (the room only) or "open" (room and loudspeaker). Skips without one."""
    for program in ("pulseaudio", "pactl", "paplay", "parec"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: pulseaudio)")
    if not any(list(Path("/").glob(pattern[1:])) for pattern in PLUGINS):
        pytest.skip("ALSA's pulse plugin is not installed (Debian: libasound2-plugins)")
    folder.mkdir(mode=0o700, exist_ok=True)
    card = SoundCard(folder, source)
    try:
        card.wait()
        yield card
    finally:
        card.close()
