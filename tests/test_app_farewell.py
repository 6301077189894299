"""The app leaves when its terminal goes, also one that is not its controlling terminal, and when it is told to."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from .cli_driver import ROOT, with_root

PATIENCE_S = 90.0
PROMPT = b"for commands"


@pytest.fixture
def app(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The app on a pseudo-terminal that belongs to nobody's session, and the terminal's other end."""
    leader, follower = pty.openpty()
    environ = {**with_root(environment), "TERM": "xterm-256color", "HAUSGEIST_UI__GUIDE": "false"}
    process = subprocess.Popen([sys.executable, "-m", "tui.app.main"], stdin=follower, stdout=follower,
                               stderr=follower, env=environ, cwd=ROOT, start_new_session=True)  # fmt: skip
    os.close(follower)
    seen, deadline = b"", time.monotonic() + PATIENCE_S
    while PROMPT not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        if select.select([leader], [], [], 0.2)[0]:
            seen += os.read(leader, 65536)
    yield process, leader
    for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
        child.kill()
    process.kill()
    process.wait()


def house_of(pid: int) -> list[psutil.Process]:
    """The house process, which starts soon after the first picture."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := psutil.Process(pid).children()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_a_terminal_that_closes_ends_the_app_and_its_house(app: tuple[subprocess.Popen[bytes], int]) -> None:
    process, leader = app
    house = house_of(process.pid)
    os.close(leader)
    process.wait(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(house, timeout=PATIENCE_S)
    assert not alive


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_the_app_in_good_order(app: tuple[subprocess.Popen[bytes], int], number: signal.Signals) -> None:
    process, leader = app
    house_of(process.pid)
    process.send_signal(number)
    deadline, seen = time.monotonic() + PATIENCE_S, b""
    with suppress(OSError):  # nobody holds the terminal's other end any more
        while process.poll() is None or select.select([leader], [], [], 0.1)[0]:
            assert time.monotonic() < deadline
            if select.select([leader], [], [], 0.1)[0]:
                seen += os.read(leader, 65536)
    assert process.wait(timeout=PATIENCE_S) == 0
    os.close(leader)
    assert b"\x1b[?1049l" in seen, "the terminal is given back as it was"
