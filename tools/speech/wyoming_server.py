"""The recogniser and the voices, served over the Wyoming protocol. Owns the listening socket; loopback by default."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from wyoming.server import AsyncTcpServer

from runtime.cancellation import Cancellation
from runtime.errors import UsageError
from runtime.house import House
from tools.speech.wyoming_handler import WyomingHandler

HOST, PORT = "127.0.0.1", 10300
"""Where it listens by default; 10300 is the port that Home Assistant expects a recogniser at."""


async def serve(
    house: House, host: str, port: int, on_ready: Callable[[str], None], cancellation: Cancellation
) -> None:
    """Serve until cancelled; `on_ready` gets the address, with the port that was taken for port 0.

    Raises `UsageError` where the address cannot be listened on.
    """
    server = AsyncTcpServer(host, port)
    try:
        await server.start(partial(WyomingHandler, house))
    except OSError as problem:
        raise UsageError(
            f"Wyoming cannot be served on {host}:{port}: {problem.strerror or problem}.",
            remedy="Choose another port with --port, or an address of this machine with --host.",
        ) from problem
    assert isinstance(server._server, asyncio.Server)
    on_ready(f"tcp://{host}:{server._server.sockets[0].getsockname()[1]}")
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    unlisten = cancellation.listen(lambda: _soon(loop, ended))
    try:
        await ended.wait()
    finally:
        unlisten()
        await server.stop()


def _soon(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)
