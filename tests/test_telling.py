"""Events of work beside its listener: order, the end, leaving early, and work that breaks."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from agent.events import TextDelta, Timing, TurnFinished
from agent.telling import Emit, told_by
from runtime.cancellation import Cancellation


def test_events_come_in_order_and_end_with_the_turn() -> None:
    async def work(emit: Emit) -> None:
        emit(TextDelta("one"))
        await asyncio.sleep(0)
        emit(TurnFinished("one", Timing(), ""))
        emit(TextDelta("too late"))

    async def listen() -> list[object]:
        return [event async for event in told_by(work, Cancellation())]

    events = asyncio.run(listen())
    assert events[0] == TextDelta("one")
    assert isinstance(events[-1], TurnFinished)
    assert len(events) == 2


def test_leaving_early_cancels_the_work_and_waits_for_it() -> None:
    cancellation, ended = Cancellation(), []

    async def work(emit: Emit) -> None:
        try:
            emit(TextDelta("one"))
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def listen() -> None:
        async with contextlib.aclosing(told_by(work, cancellation)) as events:
            async for _ in events:
                break

    asyncio.run(listen())
    assert cancellation.cancelled
    assert ended == [True]


def test_work_that_breaks_is_told_to_the_listener() -> None:
    async def work(emit: Emit) -> None:
        emit(TextDelta("one"))
        raise OSError("the disk is gone")

    async def listen() -> None:
        async for _ in told_by(work, Cancellation()):
            pass

    with pytest.raises(OSError, match="the disk is gone"):
        asyncio.run(asyncio.wait_for(listen(), 10))
