"""The recogniser and the voices, served over the Wyoming protocol. Owns the listening socket; loopback by default."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from wyoming.server import AsyncTcpServer

from runtime.cancellation import Cancellation
from runtime.errors import UsageError
from runtime.house import House
from tools.speech.wyoming_handler import WyomingHandler

log = logging.getLogger(__name__)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HOST, PORT = "127.0.0.1", 10300
"""Where it listens by default; 10300 is the port that Home Assistant expects a recogniser at."""


async def serve(
    house: House,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    cancellation: Cancellation,
    allowed: Sequence[Network] = (),
) -> None:
    """Serve until cancelled; `on_ready` gets the address, with the port that was taken for port 0.

    Clients outside `allowed` are cut off before they say a word, unless it is empty; this machine always is allowed.
    Raises `UsageError` where the address cannot be listened on.
    """
    server = AsyncTcpServer(host, port)
    try:
        await server.start(partial(_admit, house, tuple(allowed)))
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


def networks(texts: Iterable[str]) -> list[Network]:
    """Addresses and networks from their texts. Raises `UsageError` naming a bad one."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError as problem:
            remedy = "Write it as 192.168.1.20 or 192.168.1.0/24."
            raise UsageError(f"{text!r} is no address or network.", remedy=remedy) from problem
    return found


def _admit(
    house: House, allowed: tuple[Network, ...], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> WyomingHandler:
    """The handler of a client; one from elsewhere finds its connection closed."""
    peer = (writer.get_extra_info("peername") or ("",))[0]
    if allowed and not _inside(peer, allowed):
        log.warning("A Wyoming client at %s is not among those allowed.", peer)
        writer.transport.abort()
    return WyomingHandler(house, reader, writer)


def _inside(peer: str, allowed: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or any(mapped in network for network in allowed)


def _soon(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)
