"""One tool again with the same arguments, as a turn's events: approval, progress, the result; no model, no history."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from agent.events import TextDelta, Timing, TurnEvent, TurnFailed, TurnFinished
from agent.session import Session
from agent.turn import run_call
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, HausgeistError


async def repeat(
    session: Session,
    tool: str,
    args: Mapping[str, Any],
    *,
    request: str = "",
    cancellation: Cancellation | None = None,
) -> AsyncIterator[TurnEvent]:
    """Run `tool` under the session's approval rules and yield what happens; the last event ends the turn.

    `request` are the user's words that it was called for; they choose the language. Leaving the loop early, or
    `cancellation.cancel()`, stops it. What the tool says is told as the turn's reply.
    """
    events: asyncio.Queue[TurnEvent] = asyncio.Queue()
    flag = cancellation or Cancellation()
    turn = session.turn_state(request, (), flag, events.put_nowait)
    work = asyncio.create_task(_run(turn, tool, dict(args), events))
    try:
        while True:
            event = await events.get()
            yield event
            if isinstance(event, (TurnFinished, TurnFailed)):
                return
    finally:
        if not work.done():
            flag.cancel()
            work.cancel()


async def _run(turn: Any, tool: str, args: dict[str, Any], events: asyncio.Queue[TurnEvent]) -> None:
    started = time.perf_counter()
    try:
        output = await run_call(turn, f"call_{uuid.uuid4().hex[:12]}", tool, args)
        say = output.say or output.error or ""
        await asyncio.sleep(0)  # progress that its thread told last comes before the end
        events.put_nowait(TextDelta(say))
        total = time.perf_counter() - started
        events.put_nowait(TurnFinished(say, Timing(tools_s=total, first_token_s=total, total_s=total), ""))
    except (asyncio.CancelledError, CallCancelled):
        events.put_nowait(TurnFailed("The turn was cancelled.", 130, cancelled=True))
    except HausgeistError as problem:
        events.put_nowait(TurnFailed(str(problem), problem.exit_status))
