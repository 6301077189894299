"""One tool again with the same arguments, as a turn's events: approval, progress, the result; no model, no history."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from agent.events import TextDelta, Timing, TurnEvent, TurnFailed, TurnFinished
from agent.session import Session
from agent.telling import Emit, told_by
from agent.turn import TurnState, run_call
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
    flag = cancellation or Cancellation()

    async def work(emit: Emit) -> None:
        await _run(session.turn_state(request, (), flag, emit), tool, dict(args))

    async with contextlib.aclosing(told_by(work, flag)) as events:
        async for event in events:
            yield event


async def _run(turn: TurnState, tool: str, args: dict[str, Any]) -> None:
    started = time.perf_counter()
    try:
        output = await run_call(turn, f"call_{uuid.uuid4().hex[:12]}", tool, args)
        say = output.say or output.error or ""
        await asyncio.sleep(0)  # progress that its thread told last comes before the end
        turn.emit(TextDelta(say))
        total = time.perf_counter() - started
        turn.emit(TurnFinished(say, Timing(tools_s=total, first_token_s=total, total_s=total), ""))
    except (asyncio.CancelledError, CallCancelled):
        turn.emit(TurnFailed("The turn was cancelled.", 130, cancelled=True))
    except HausgeistError as problem:
        turn.emit(TurnFailed(str(problem), problem.exit_status))
