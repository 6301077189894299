"""The events of work that runs beside its listener: what it emits is handed out until the event that ends the turn.

Owns neither the work nor the events.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from agent.events import TurnEvent, TurnFailed, TurnFinished
from runtime.cancellation import Cancellation

Emit = Callable[[TurnEvent], None]


async def told_by(
    work: Callable[[Emit], Coroutine[Any, Any, None]], cancellation: Cancellation
) -> AsyncGenerator[TurnEvent, None]:
    """Run `work(emit)` and yield what it emits; `TurnFinished` or `TurnFailed` is the last.

    Leaving the loop early sets `cancellation` and cancels the work. The work has ended when this has; what it raises,
    the listener gets.
    """
    events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
    task = asyncio.create_task(work(events.put_nowait))
    task.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
            if isinstance(event, (TurnFinished, TurnFailed)):
                return
    finally:
        if not task.done():
            cancellation.cancel()
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
