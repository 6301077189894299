"""Slash commands: the command line's own (one source, `tui.grammar`) and those of the app. Owns no command's work."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.errors import UsageError

if TYPE_CHECKING:
    import argparse

NOT_HERE = {"app", "chat", "web", "voice"}
"""Commands that take over a terminal themselves."""
SECONDS_TO_END = 5.0


@dataclass(frozen=True)
class Slash:
    """One command as it is typed, without the slash: `words` ("memory search"), what it does, how it is used."""

    words: str
    about: str
    usage: str = ""
    action: str = ""
    """Name of the app's action; empty for a command of the command line."""

    @property
    def needs(self) -> str:
        """What must be given beside the words, as the usage tells it; empty where nothing must."""
        rest = self.usage.partition(self.words)[2].strip()
        return "" if rest.startswith("[") else rest


OWN = (
    Slash("new", "Begin a new talk", action="new_talk"),
    Slash("talks", "All talks: search, open, rename, delete", action="talks"),
    Slash("rename", "Give this talk a name", "/rename NAME", "rename"),
    Slash("attach", "Add a file to the next request", "/attach FILE", "attach"),
    Slash("resend", "Edit and resend the last request", action="edit_last"),
    Slash("copy", "Copy the last reply", action="copy_reply"),
    Slash("export", "Write this talk to a file: md or json", "/export [md or json]", "export"),
    Slash("house", "Cameras, things, memory, models, settings, doctor", action="house"),
    Slash("timeline", "A thing or people over the day", "/timeline [THING]", "timeline"),
    Slash("theme", "Change the colours", action="theme"),
    Slash("guide", "The guide of the first start", action="guide"),
    Slash("keys", "All keys", action="keys"),
    Slash("quit", "Leave", action="quit"),
)


def commands() -> list[Slash]:
    """The app's own commands, then all of the command line."""
    from tui.grammar import build_parser

    own = {slash.words for slash in OWN}
    return [*OWN, *(slash for slash in _of(build_parser(), "") if slash.words not in own)]


def _of(parser: argparse.ArgumentParser, words: str) -> list[Slash]:
    import argparse  # not before the first picture

    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        usage = " ".join(parser.format_usage().split()).removeprefix("usage: hausgeist ")
        return [Slash(words, (parser.description or "").rstrip("."), f"/{_short(usage)}")]
    found = []
    for group in groups:
        for name, below in group.choices.items():
            if words or name not in NOT_HERE:
                found += _of(below, f"{words} {name}".strip())
    return found


def _short(usage: str) -> str:
    """A usage line without the options that every command has."""
    for option in ("[-h] ", "[--set KEY=VALUE] ", "[--json] "):
        usage = usage.replace(option, "")
    return usage


def matching(text: str, known: Sequence[Slash], most: int = 8) -> list[Slash]:
    """The commands that what was typed after the slash can become; words in the middle count after beginnings."""
    typed = " ".join(text.removeprefix("/").lower().split())
    first = [slash for slash in known if slash.words.startswith(typed)]
    return [*first, *(s for s in known if s not in first and typed and typed in s.words)][:most]


def split(text: str) -> list[str]:
    """The words of a slash command as a shell would take them. Raises `UsageError` for an open quote."""
    try:
        return shlex.split(text.removeprefix("/"))
    except ValueError as problem:
        raise UsageError(f"The command {text!r} cannot be read: {problem}.", remedy="Close the quote.") from problem


class CommandRun:
    """A command of the command line as a program of its own, so that it can do everything and block nothing."""

    def __init__(self, words: Sequence[str], overrides: Sequence[str] = ()) -> None:
        self._given = [*(f"--set={text}" for text in overrides), *words]
        self._process: asyncio.subprocess.Process | None = None
        self.status: int | None = None

    async def lines(self) -> AsyncIterator[str]:
        """What it prints, line by line; `status` is set at the end. Leaving the loop early interrupts it."""
        code = "import sys; from tui.cli import main; sys.exit(main())"
        environ = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", code, *self._given,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=environ, limit=8 * 1024 * 1024,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            while data := await process.stdout.readline():
                yield data.decode(errors="replace").rstrip("\n")
            self.status = await process.wait()
        finally:
            await self._stop(process)

    async def _stop(self, process: Any) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), SECONDS_TO_END)
        except TimeoutError:
            process.kill()
