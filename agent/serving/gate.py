"""Back pressure: how many requests of a kind are worked on, and how many may wait. Owns no requests.

More than that are refused at once (RFC 6585, 429 Too Many Requests, with Retry-After), so that a burst neither fills
the memory nor lets clients wait for an answer that comes after they gave up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runtime.errors import HausgeistError

RETRY_AFTER_S = 5


class TooManyError(HausgeistError):
    """The queue is full; the client shall try again later."""


class Gate:
    """Lets `running` through at a time and `waiting` wait, in the order of their arrival. For one event loop."""

    def __init__(self, kind: str, running: int, waiting: int) -> None:
        self._kind, self._most_waiting = kind, waiting
        self._slots = asyncio.Semaphore(running)
        self._waiting = 0

    async def enter(self) -> None:
        """Wait for a slot; every `enter` that returns needs one `leave`. Raises `TooManyError` at once."""
        if self._slots.locked() and self._waiting >= self._most_waiting:
            raise TooManyError(
                f"{self._waiting} {self._kind} requests are waiting already.",
                remedy=f"Try again in {RETRY_AFTER_S} s, or raise serve.waiting.",
            )
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Give the slot back."""
        self._slots.release()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """A slot for the body."""
        await self.enter()
        try:
            yield
        finally:
            self.leave()


class Gates:
    """A gate for each kind of work: they use different models."""

    def __init__(self, running: int, waiting: int) -> None:
        self.chat = Gate("chat", running, waiting)
        self.embedding = Gate("embedding", running, waiting)
        self.sound = Gate("sound", running, waiting)
        self.image = Gate("image", running, waiting)
        self.tool = Gate("tool", running, waiting)
