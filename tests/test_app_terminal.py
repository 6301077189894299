"""The installed program in a real terminal (tmux), as a person uses it: ask, see, stop, approve, leave, come back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.house import House
from tools.finder.cameras import add_camera
from tools.finder.index import index_cameras, open_store

from .footage import put, record, table

SIZE = (110, 40)
PATIENCE_S = 120.0


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, socket: Path, environ: dict[str, str]) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", os.devnull]
        self._environ = environ

    def start(self, *command: str) -> None:
        """Run a command in the window."""
        size = ["-x", str(SIZE[0]), "-y", str(SIZE[1])]
        subprocess.run([*self._tmux, "new-session", "-d", *size, *command], env=self._environ, check=True)

    def type(self, text: str) -> None:
        """Type a text, without enter."""
        subprocess.run([*self._tmux, "send-keys", "-l", text], check=True, env=self._environ)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        subprocess.run([*self._tmux, "send-keys", *keys], check=True, env=self._environ)

    @property
    def screen(self) -> str:
        """What the window shows; empty once the program has ended."""
        command = [*self._tmux, "capture-pane", "-p"]
        return subprocess.run(command, capture_output=True, text=True, env=self._environ, check=False).stdout

    def until(self, text: str, *, gone: bool = False) -> str:
        """Wait until `text` is seen (or no longer)."""
        deadline = time.monotonic() + PATIENCE_S
        while (text in (seen := self.screen)) == gone:
            assert time.monotonic() < deadline, f"{'still there' if gone else 'never seen'}: {text!r} in\n{seen}"
            time.sleep(0.1)
        return seen

    def ask(self, text: str) -> None:
        """Type a request and send it."""
        self.type(text)
        self.until(re.split(r"[\s/]", text)[-1][-12:])  # of the last word: a long path is broken over lines
        self.press("Enter")

    def ended(self) -> bool:
        """Whether the program has left."""
        command = [*self._tmux, "has-session"]
        return subprocess.run(command, capture_output=True, env=self._environ, check=False).returncode != 0

    def close(self) -> None:
        """End the server."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, env=self._environ, check=False)


@pytest.fixture
def terminal(environment: dict[str, str], tmp_path: Path, need_model: Callable[[str], Path]) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed (Debian: apt install tmux)")
    need_model("smollm2-135m-instruct")
    environ = {
        **environment,
        "HAUSGEIST_CHAT__MODEL": "smollm2-135m-instruct",
        "HAUSGEIST_UI__GUIDE": "false",
        "TERM": "xterm-256color",
        "COLUMNS": "80",  # what a shell may have left of another window
        "LINES": "24",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }
    one = Terminal(tmp_path / "tmux", environ)
    yield one
    one.close()


def hausgeist() -> str:
    """The installed command of this Python."""
    command = Path(sys.executable).parent / "hausgeist"
    if not command.exists():
        pytest.skip("the command hausgeist is not installed beside this Python")
    return str(command)


def test_a_person_uses_the_program(terminal: Terminal, environment: dict[str, str], tmp_path: Path) -> None:
    scene = table()
    put(scene, (200, 100, 60, 40), (40, 40, 190))
    film = record(tmp_path / "20260314-104200.mp4", 8.0, lambda seconds: scene)
    with House.open(environment) as house, open_store(house) as store:
        add_camera(store, "kitchen", film)
        index_cameras(house, store, appearance=False)
    long = tmp_path / "long.txt"
    long.write_text("The ship left the harbour in the morning and came back at night. " * 400, encoding="utf-8")
    terminal.start(hausgeist())
    terminal.until("Ask, or type / for commands")
    terminal.ask("Remember that the spare key hangs behind the boiler.")
    terminal.until("I will remember")
    terminal.ask("What does the kitchen camera show?")
    terminal.until("▀")
    terminal.until("camera-kitchen")
    terminal.ask(f"/attach {long}")
    terminal.until("long.txt")
    terminal.ask(f"Summarize the file {long}")
    terminal.until("● summarize_file")
    terminal.press("Escape")
    terminal.until("Stopped.")
    terminal.ask("Forget what I told you about the spare key.")
    terminal.until("May forget run?")
    terminal.press("o")
    terminal.until("I deleted for good")
    terminal.press("C-q")
    deadline, sure = time.monotonic() + PATIENCE_S, False
    while not terminal.ended():
        assert time.monotonic() < deadline, terminal.screen
        if not sure and "Leave all the same?" in terminal.screen:  # the turn is over a moment after its last line
            terminal.press("y")
            sure = True
        time.sleep(0.1)
    terminal.start(hausgeist())
    seen = terminal.until("What does the kitchen camera show?")
    assert "Ask, or type" in seen
    assert len(seen.rstrip("\n").splitlines()) == SIZE[1], "the program fills its window"
