"""Asks on the terminal whether a tool may run. Owns no policy (`tools.approval`) and runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runtime.errors import ApprovalError
from tui.output import note
from tui.sanitize import clean_line

if TYPE_CHECKING:
    import asyncio

    from agent.events import Decision

_ANSWERS: dict[str, Decision] = {
    "o": "once", "once": "once", "y": "once", "yes": "once", "是": "once",
    "a": "always", "always": "always", "总是": "always",
    "n": "never", "never": "never", "no": "never", "否": "never",
}  # fmt: skip
_PROMPT = "Allow it? [o]nce, [a]lways, [n]ever: "


def can_ask() -> bool:
    """Whether a person is there: questions go to standard error, answers come from standard input."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def nobody_to_ask(tool: str) -> ApprovalError:
    """The error for a tool that needs an approval while nobody can be asked."""
    return ApprovalError(
        f"The tool {tool} needs your approval, and there is no terminal to ask on.",
        remedy=f"Approve it with --yes, or by the setting approval.tools.{tool}=allow.",
    )


def question(tool: str, args: Mapping[str, Any], risk: str) -> str:
    """What is asked, in words: the tool, its risk and its arguments."""
    given = ", ".join(f"{key}={value!r}" for key, value in args.items()) or "no arguments"
    return clean_line(f"The tool {tool} ({risk}) wants to run with {given}.")


def ask(tool: str, args: Mapping[str, Any], risk: str, *, yes: bool = False) -> Decision:
    """Ask until there is an answer; the end of the input counts as never. Raises `ApprovalError`."""
    if yes:
        return "once"
    if not can_ask():
        raise nobody_to_ask(tool)
    note(question(tool, args, risk))
    while True:
        sys.stderr.write(_PROMPT)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if (decision := decision_of(line)) is not None:
            return decision


async def ask_async(tool: str, args: Mapping[str, Any], risk: str, *, yes: bool = False) -> Decision:
    """As `ask`, inside an event loop: Ctrl-C cancels the question at once."""
    if yes:
        return "once"
    if not can_ask():
        raise nobody_to_ask(tool)
    note(question(tool, args, risk))
    while True:
        sys.stderr.write(_PROMPT)
        sys.stderr.flush()
        if (decision := decision_of(await _read_line())) is not None:
            return decision


def decision_of(line: str) -> Decision | None:
    """The decision in a line that was typed; None for anything else, "never" at the end of the input."""
    return _ANSWERS.get(line.strip().lower()) if line else "never"


async def _read_line() -> str:
    """One line of the terminal, without a thread that could not be cancelled."""
    import asyncio

    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sys.stdin.fileno(), lambda: _finish(ready))
    try:
        await ready
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline()


def _finish(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
