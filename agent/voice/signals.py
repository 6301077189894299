"""Earcons beside the conversation. Owns which of them are still sounding; their sound is `tools.speech.earcons`."""

from __future__ import annotations

import asyncio

from agent.voice.mouth import Mouth
from tools.speech import earcons


class Signals:
    """Plays earcons by `mouth`, where they are `wanted`."""

    def __init__(self, mouth: Mouth, *, wanted: bool) -> None:
        self._mouth, self._wanted = mouth, wanted
        self._playing: set[asyncio.Task[None]] = set()

    def play(self, name: str) -> None:
        """Begin to play "listening", "stopped" or "wrong"."""
        if not self._wanted:
            return
        reply = self._mouth.begin()
        reply.add_sound(earcons.earcon(name), earcons.RATE)
        reply.close()
        task = asyncio.create_task(reply.finished())
        self._playing.add(task)
        task.add_done_callback(self._playing.discard)

    async def settle(self) -> None:
        """Wait until all have sounded."""
        await asyncio.gather(*self._playing, return_exceptions=True)
