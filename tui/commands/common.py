"""What several sub-commands share: opening the house, reading texts and times, the context of a tool call."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from runtime.errors import CallCancelled, SettingsError, UsageError
from runtime.house import House
from runtime.worker import Cancellation
from tui.output import log_to_stderr

if TYPE_CHECKING:
    from memory.memory import Memory
    from tools.contract import Progress, ToolContext

_OURS = ("hausgeist", "agent", "tools", "memory", "tui", "runtime")


def open_house(options: Namespace) -> House:
    """The house with the command line's settings. Raises `SettingsError`."""
    house = House.open(overrides=options.overrides)
    _check_zone(house.settings.finder.timezone)
    log_to_stderr()
    for name in _OURS:
        logging.getLogger(name).setLevel(house.settings.log_level.upper())
    return house


def _check_zone(name: str | None) -> None:
    try:
        ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError) as problem:
        remedy = "Use an IANA name such as Europe/Berlin."
        raise SettingsError(f"The time zone finder.timezone={name!r} is not known.", remedy=remedy) from problem


@contextmanager
def open_memory(house: House) -> Iterator[Memory]:
    """The owner's memory; closed at the end."""
    from memory.memory import Memory

    with Memory(house) as memory:
        yield memory


def text_of(words: Sequence[str], what: str) -> str:
    """The words of the command line as one text; a single `-` reads standard input. Raises `UsageError`."""
    text = sys.stdin.read() if list(words) == ["-"] else " ".join(words)
    if not text.strip():
        raise UsageError(f"The {what} is empty.", remedy="Give it as an argument, or - and standard input.")
    return text.strip()


def existing_file(path: str, what: str) -> Path:
    """The absolute path of a file that is there. Raises `UsageError`."""
    file = Path(path).expanduser().absolute()
    if not file.is_file():
        problem = "is a folder, not a file" if file.is_dir() else "does not exist"
        raise UsageError(f"The {what} {path} {problem}.", remedy="Check the path.")
    return file


def output_path(output: str | None, example: str) -> Path | None:
    """The absolute path of `-o FILE`; None without one. Raises `UsageError` for a folder."""
    if output is None:
        return None
    target = Path(output).expanduser().absolute()
    if target.is_dir():
        raise UsageError(f"{output} is a folder.", remedy=f"Name a file, such as {example}.")
    return target


def parse_start(text: str, house: House) -> datetime:
    """An ISO 8601 time, or "YYYY-MM-DD HH:MM"; without an offset it is meant in the house's zone.

    Raises `UsageError`.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as problem:
        remedy = 'Write it as ISO 8601 or as "2026-03-01 18:00".'
        raise UsageError(f"The start {text!r} is no time.", remedy=remedy) from problem
    if moment.tzinfo is not None:
        return moment
    zone = house.settings.finder.timezone
    return moment.replace(tzinfo=ZoneInfo(zone)) if zone else moment.astimezone()


def language_of(house: House, text: str) -> str:
    """The language to answer in: the settings', or Chinese for a text with Chinese characters."""
    if house.settings.language != "auto":
        return house.settings.language
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in text) else "en"


def tool_context(
    house: House, memory: Memory, text: str, progress: Callable[[Progress], None], cancellation: Cancellation
) -> ToolContext:
    """The context of a call that a person makes by hand; `text` are the person's own words."""
    from tools.contract import ToolContext

    return ToolContext(
        house,
        memory,
        language=language_of(house, text),
        request=text,
        progress=progress,
        cancellation=cancellation,
    )


@contextmanager
def interruptible() -> Iterator[Cancellation]:
    """A cancellation that Ctrl-C raises, so that work stops between two steps and leaves nothing half done.

    The work's `CallCancelled` ends the program as an interruption; a second Ctrl-C ends it at once.
    """
    cancellation = Cancellation()

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # in a thread of its own: the interrupted code may hold the locks that cancelling takes
        threading.Thread(target=cancellation.cancel, daemon=True).start()

    main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, interrupt) if main_thread else None
    try:
        yield cancellation
    except CallCancelled:
        if cancellation.cancelled:
            raise KeyboardInterrupt from None
        raise
    finally:
        if main_thread:
            signal.signal(signal.SIGINT, before)
