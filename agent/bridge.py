"""Between threads and event loops: a blocking iterator read by a loop, a coroutine waited for by a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

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


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also where a loop runs already in this thread (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    result: list[T] = []
    problem: list[BaseException] = []

    def run() -> None:
        try:
            result.append(asyncio.run(work))
        except BaseException as error:
            problem.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if problem:
        raise problem[0]
    return result[0]
