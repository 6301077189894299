"""A house that is made at its start, so that what it needs (pydantic, the events) is imported after the first paint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.events import TurnEvent
    from agent.host.client import HouseLink, Workers
    from agent.host.wire import HouseState, TurnNote


class LateHouse:
    """A `HouseLink` over the one that `make` gives; requests wait until it was made."""

    def __init__(self, make: Callable[[], HouseLink]) -> None:
        self._make = make
        self._house: HouseLink | None = None
        self._there = asyncio.Event()

    @property
    def note(self) -> TurnNote | None:
        """See `HouseLink.note`; None before the house was made."""
        return self._house.note if self._house is not None else None

    async def start(self, tell: Callable[[HouseState], None], workers: Callable[[Workers], None] | None = None) -> None:
        """Make the house in a thread, where it was not, and start it."""
        if self._house is None:
            self._house = await asyncio.to_thread(self._make)
        self._there.set()
        await self._house.start(tell, workers)

    async def send(self, text: str, files: Sequence[str] = (), session: str = "") -> AsyncIterator[TurnEvent]:
        """See `HouseLink.send`."""
        house = await self._made()
        async with aclosing(_closable(house.send(text, files, session))) as events:
            async for event in events:
                yield event

    async def repeat(self, tool: str, args: Mapping[str, Any], session: str = "") -> AsyncIterator[TurnEvent]:
        """See `HouseLink.repeat`."""
        house = await self._made()
        async with aclosing(_closable(house.repeat(tool, args, session))) as events:
            async for event in events:
                yield event

    async def call(self, method: str, on_progress: Callable[[dict[str, Any]], None] | None = None, **args: Any) -> Any:
        """See `HouseLink.call`."""
        house = await self._made()
        return await house.call(method, on_progress, **args)

    async def close(self) -> None:
        """See `HouseLink.close`."""
        if self._house is not None:
            await self._house.close()

    async def _made(self) -> HouseLink:
        await self._there.wait()
        assert self._house is not None
        return self._house


def _closable(events: AsyncIterator[TurnEvent]) -> Any:
    """An iterator that is a generator, as all of ours are, for `aclosing`."""
    return events
