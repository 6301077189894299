"""Drives the command line in tests: in this process, in one of its own, or on a real terminal."""

from __future__ import annotations

import codecs
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tui.cli import main

ROOT = Path(__file__).resolve().parent.parent
ENTRY = [sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())"]


@dataclass(frozen=True)
class Ran:
    """What a run of `hausgeist` came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        assert self.out.count("\n") == 1, f"not one line: {self.out!r}, {self.err!r}"
        return json.loads(self.out)


Cli = Callable[..., Ran]


def in_process(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """A function that runs `hausgeist` with its arguments in this process, in the house of `environ`."""
    for name in [name for name in os.environ if name.startswith("HAUSGEIST_")]:
        monkeypatch.delenv(name)
    for name in ("HAUSGEIST_HOME", "HAUSGEIST_MODELS"):
        monkeypatch.setenv(name, environ[name])

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        mask = os.umask(0o077)
        try:
            status = main(list(arguments))
        finally:
            os.umask(mask)  # the command sets its own, for a process that is its own
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return run


def spawn(environ: dict[str, str], *arguments: str, stdin: str | bytes | None = None, cwd: Path = ROOT) -> Ran:
    """Run `hausgeist` in a process of its own, without a terminal."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    options: dict[str, Any] = {"input": data} if data is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([*ENTRY, *arguments], capture_output=True, env=with_root(environ), cwd=cwd, **options)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


def with_root(environ: dict[str, str]) -> dict[str, str]:
    """`environ` in which the tests' own modules can be imported."""
    return {**environ, "PYTHONPATH": str(ROOT)}


def on_terminal(environ: dict[str, str], arguments: Sequence[str], replies: Sequence[tuple[str, str]]) -> Ran:
    """Run `hausgeist` on a pseudo-terminal; each reply (what to wait for, what to type) in order.

    All output is in `out`. A reply may hold control characters, such as "\\x03" for Ctrl-C.
    """
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*ENTRY, *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**with_root(environ), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"},
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=lambda: _control(0),
    )
    os.close(follower)
    seen, at, decoder = "", 0, codecs.getincrementaldecoder("utf-8")("replace")  # a read may end within a character
    waiting = list(replies)
    deadline = time.monotonic() + 300
    with suppress(OSError):  # the terminal ends with the program
        while True:
            readable, _, _ = select.select([leader], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                process.kill()
                raise AssertionError(f"nothing more came in time: {seen!r}")
            if not (data := os.read(leader, 65536)):
                break
            seen += decoder.decode(data)
            while waiting and (found := seen.find(waiting[0][0], at)) >= 0:
                at = found + len(waiting[0][0])
                os.write(leader, waiting.pop(0)[1].encode())
    os.close(leader)
    assert not waiting, f"never shown: {waiting[0][0]!r} in {seen!r}"
    return Ran(process.wait(timeout=60), seen, "")


def _control(descriptor: int) -> None:
    """Make the pseudo-terminal the process's own, so that Ctrl-C typed on it is a signal.

    A test run that was started in the background ignores that signal, and its children would with it.
    """
    import fcntl
    import signal
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
