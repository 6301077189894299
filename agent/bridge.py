"""Runs a blocking iterator in a thread and hands its items to the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


async def in_thread(make: Callable[[], Iterator[T]], cancel: Callable[[], None]) -> AsyncIterator[T]:
    """Yield what `make()` yields. When the task that reads is cancelled, `cancel()` is called to stop the work."""
    loop = asyncio.get_running_loop()
    items: asyncio.Queue[tuple[bool, T | BaseException | None]] = asyncio.Queue()

    def work() -> None:
        try:
            for item in make():
                loop.call_soon_threadsafe(items.put_nowait, (True, item))
            loop.call_soon_threadsafe(items.put_nowait, (False, None))
        except BaseException as problem:
            loop.call_soon_threadsafe(items.put_nowait, (False, problem))

    thread = asyncio.create_task(asyncio.to_thread(work))
    try:
        while True:
            more, item = await items.get()
            if more:
                yield item  # type: ignore[misc]
            elif isinstance(item, BaseException):
                raise item
            else:
                break
        await thread
    except asyncio.CancelledError:
        cancel()
        raise
