"""Sound that comes in, for an event loop: the ear's frames as an asynchronous iterator. Owns no decision about them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from runtime.cancellation import Cancellation
from runtime.house import House
from tools.speech import ear
from tools.speech.frames import Frame


async def frames(
    house: House, source: ear.Source, cancellation: Cancellation, wake_words: tuple[str, ...] = ()
) -> AsyncGenerator[Frame, None]:
    """Yield the frames of `source` until it ends. Leave it by `aclosing`, so that the listening ends too.

    Raises `ToolUnavailableError` for a microphone that fails, `MediaError`, and `CallCancelled`.
    """
    arrived: asyncio.Queue[Frame | BaseException | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    ours = Cancellation()
    unlisten = cancellation.listen(ours.cancel)

    def put(item: Frame | BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone when the program ends meanwhile
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    def work() -> None:
        try:
            ear.listen(house, source, put, wake_words=wake_words, cancellation=ours)
        except BaseException as problem:
            put(problem)
        else:
            put(None)

    thread = asyncio.create_task(asyncio.to_thread(work))
    try:
        while isinstance(item := await arrived.get(), Frame):
            yield item
        if item is not None:
            raise item
    finally:
        unlisten()
        ours.cancel()
        await thread
