"""Blocking work for a request: in a thread, cancelled when the client goes away, as a stream of items or as a whole."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from fastapi import Request
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from agent.serving.gate import Gate
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled

T = TypeVar("T")
LOOK_S = 0.5
"""Seconds between two looks at whether the client is still there."""


async def whole(request: Request, gate: Gate, work: Callable[[Cancellation], T]) -> T:
    """The result of `work(cancellation)`, done in a thread within `gate`; it is cancelled when the client goes away."""
    async with gate.slot():
        cancellation = Cancellation()
        task = asyncio.create_task(asyncio.to_thread(work, cancellation))
        try:
            while not (await asyncio.wait({task}, timeout=LOOK_S))[0]:
                if await request.is_disconnected():
                    raise CallCancelled("The client went away.")
        except BaseException:
            cancellation.cancel()
            with contextlib.suppress(Exception):
                await asyncio.shield(task)  # the slot is free when the work has really ended
            raise
        return task.result()


async def items(work: Callable[[Callable[[Any], None], Cancellation], T]) -> AsyncIterator[Any]:
    """What `work(emit, cancellation)` emits, and as the last item its result; leaving early cancels it."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
    cancellation = Cancellation()

    def put(kind: str, value: Any) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, (kind, value))

    def run() -> None:
        try:
            put("result", work(lambda item: put("item", item), cancellation))
        except BaseException as problem:
            put("problem", problem)

    task = asyncio.create_task(asyncio.to_thread(run))
    try:
        while True:
            kind, value = await queue.get()
            if kind == "problem":
                raise value
            yield value
            if kind == "result":
                return
    finally:
        cancellation.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)


class GatedStream(StreamingResponse):
    """A stream of server-sent events that leaves its gate when it ends, however it ends."""

    def __init__(self, events: AsyncIterator[str], gate: Gate, source: Any) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
        self._gate, self._source = gate, source
        self.background: BackgroundTask | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            try:
                await self._source.aclose()
            finally:
                self._gate.leave()
