"""One utterance from the microphone: what `hausgeist listen` writes down. Owns no answers."""

from __future__ import annotations

from contextlib import aclosing

from agent.voice.hearing import Hearing, Utterance
from agent.voice.sound_in import frames
from runtime.cancellation import Cancellation
from runtime.house import House
from tools.speech.ear import Source
from tools.speech.house_words import house_words
from tools.speech.transcript import Transcript


async def hear_once(
    house: House, source: Source, cancellation: Cancellation, language: str | None = None
) -> Transcript:
    """The first utterance in `source`; empty where there is none before it ends. `language` is detected when None.

    Raises `ToolUnavailableError` for a microphone that fails, and `CallCancelled`.
    """
    heard: list[Utterance] = []
    hearing = Hearing(house, heard.append, hotwords=house_words(house), language=language, live=source.file is None)
    async with aclosing(frames(house, source, cancellation)) as sound:
        async for frame in sound:
            await hearing.feed(frame)
            if heard:
                break
    await hearing.settle()
    return heard[0].transcript if heard else Transcript("", None, 0.0, ())
