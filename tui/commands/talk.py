"""`hausgeist ask` and `hausgeist chat`: one turn, or a conversation line by line, on `agent.Session`."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast

from agent.chat_model import model_name
from agent.events import ApprovalNeeded, Decision, TurnEvent
from agent.outcome import Gathered, Turn
from agent.session import Session
from runtime.errors import ApprovalError
from tui.approve import ask_async
from tui.commands.common import existing_file, open_house, text_of
from tui.output import note, print_json
from tui.render import TurnPrinter


def ask(options: Namespace) -> int:
    """Ask one thing; the reply is streamed, or printed with everything else as one JSON object."""
    text = text_of(options.text, "request")
    files = [existing_file(path, "attachment") for path in options.attach]
    with open_house(options) as house, Session.open(house, options.session) as session:
        turn = _turn(session, text, files, yes=options.yes, reply=not options.json)
    if options.json:
        print_json(turn.as_json())
    return turn.exit_status


def chat(options: Namespace) -> int:
    """Chat until the input ends. Returns 0 on a terminal, else the highest status of any turn."""
    files = [existing_file(path, "attachment") for path in options.attach]
    interactive = sys.stdin.isatty()
    status = 0
    with open_house(options) as house, Session.open(house, options.session) as session:
        if interactive:
            note(f"Hausgeist, session {session.name}. Ctrl-D leaves, Ctrl-C stops an answer.")
        while (line := _read(interactive)) is not None:
            if not line.strip():
                continue
            try:
                turn = _turn(session, line.strip(), files, yes=options.yes)
            except KeyboardInterrupt:
                if not interactive:
                    raise
                note("(stopped)")
                continue
            files = []  # an attachment belongs to the first request; the history knows of it
            status = max(status, turn.exit_status)
    return 0 if interactive else status


def _read(interactive: bool) -> str | None:
    """The next line, None at the end. On a terminal it can be edited, and Ctrl-C starts it anew."""
    if not interactive:
        return sys.stdin.readline() or None
    import readline  # noqa: F401 - gives input() editing and history

    while True:
        try:
            return input("› ")
        except KeyboardInterrupt:
            sys.stderr.write("\n")
        except EOFError:
            sys.stderr.write("\n")
            return None


def _turn(session: Session, text: str, files: Sequence[Path], *, yes: bool, reply: bool = True) -> Turn:
    """Run one turn and show it; Ctrl-C cancels it and raises `KeyboardInterrupt`."""
    with TurnPrinter(reply=reply) as printer:
        return asyncio.run(_drive(session, text, files, printer, yes=yes))


async def _drive(session: Session, text: str, files: Sequence[Path], printer: TurnPrinter, *, yes: bool) -> Turn:
    gathered = Gathered(session.name, model_name(session.house))
    stream = cast("AsyncGenerator[TurnEvent, None]", session.send(text, files))
    async with aclosing(stream) as events:
        async for event in events:
            printer.show(event)
            if isinstance(event, ApprovalNeeded):
                event.answer.set_result(await _decide(event, yes=yes))
            gathered.add(event)
    return gathered.turn()


async def _decide(event: ApprovalNeeded, *, yes: bool) -> Decision:
    """The person's decision; without a person the tool is refused, and the turn goes on to say so."""
    try:
        return await ask_async(event.tool, event.args, event.risk, yes=yes)
    except ApprovalError as problem:
        note(f"hausgeist: {problem}")
        return "never"
