"""One utterance from the microphone: what `hausgeist listen` writes down. Owns no answers."""

from __future__ import annotations

import asyncio
import contextlib

from agent.voice.hearing import Hearing, Utterance
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled
from runtime.house import House
from tools.speech import ear
from tools.speech.frames import Frame
from tools.speech.house_words import house_words
from tools.speech.transcript import Transcript


async def hear_once(house: House, source: ear.Source, cancellation: Cancellation) -> Transcript:
    """The first utterance in `source`; empty where there is none before it ends.

    Raises `ToolUnavailableError` for a microphone that fails, and `CallCancelled`.
    """
    frames: asyncio.Queue[Frame | BaseException | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    heard: list[Utterance] = []
    ours = Cancellation()
    unlisten = cancellation.listen(ours.cancel)
    hearing = Hearing(house, heard.append, hotwords=house_words(house), live=source.file is None)

    def work() -> None:
        last: BaseException | None = None
        try:
            ear.listen(house, source, lambda frame: loop.call_soon_threadsafe(frames.put_nowait, frame),
                       cancellation=ours)  # fmt: skip
        except BaseException as problem:
            last = problem
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(frames.put_nowait, last)

    thread = asyncio.create_task(asyncio.to_thread(work))
    try:
        while not heard and isinstance(item := await frames.get(), Frame):
            await hearing.feed(item)
        await hearing.settle()
    finally:
        ours.cancel()
        unlisten()
        await thread
    cancellation.check()
    if not heard and isinstance(item, BaseException) and not isinstance(item, CallCancelled):
        raise item
    return heard[0].transcript if heard else Transcript("", None, 0.0, ())
