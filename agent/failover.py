"""Several OpenAI-compatible servers in place of one: a request that one cannot take goes to the next.

A transport for httpx under the ordinary client, so streaming, tools and time limits stay the client's. A server is
passed over when it cannot be reached or answers 502, 503 or 504, before any of its answer was read; for `REST_S`
seconds it is then asked last. Owns no choice of models: every server must know the model by the same name.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import httpx

log = logging.getLogger(__name__)
REST_S = 30.0
PASSED_OVER = {502, 503, 504}


class Servers:
    """The base addresses of servers that stand in for each other, and which of them failed when. Thread-safe."""

    def __init__(self, addresses: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._addresses = [httpx.URL(address.rstrip("/")) for address in addresses]
        self._failed: dict[int, float] = {}
        self._clock = clock

    def order(self) -> list[int]:
        """The servers to ask: those that work in the order given, then those that failed lately, the longest first."""
        now = self._clock()
        resting = {at: when for at, when in self._failed.items() if now - when < REST_S}
        good = [at for at in range(len(self._addresses)) if at not in resting]
        return good + sorted(resting, key=lambda at: resting[at])

    def failed(self, at: int, why: str) -> None:
        """Note that a server could not take a request."""
        self._failed[at] = self._clock()
        log.warning("The chat server %s could not take a request (%s).", self._addresses[at], why)

    def works(self, at: int) -> None:
        """Note that a server answered."""
        self._failed.pop(at, None)

    def request(self, request: httpx.Request, at: int) -> httpx.Request:
        """The request, written to the first address, for the server `at`."""
        first, there = self._addresses[0], self._addresses[at]
        path = request.url.raw_path.decode("ascii").removeprefix(first.raw_path.decode("ascii").rstrip("/"))
        url = there.copy_with(raw_path=(there.raw_path.decode("ascii").rstrip("/") + path).encode("ascii"))
        headers = httpx.Headers(request.headers)
        headers["Host"] = url.netloc.decode("ascii")
        return httpx.Request(
            request.method, url, headers=headers, content=request.content, extensions=request.extensions
        )


class Failover(httpx.BaseTransport):
    """Sends a request to the first server that can take it. Raises the last server's error."""

    def __init__(self, servers: Servers, inner: httpx.BaseTransport | None = None) -> None:
        self._servers, self._inner = servers, inner or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Try the servers one after the other."""
        request.read()
        order = self._servers.order()
        for at in order:
            last = at == order[-1]
            try:
                answer = self._inner.handle_request(self._servers.request(request, at))
            except httpx.TransportError as problem:
                self._servers.failed(at, type(problem).__name__)
                if last:
                    raise
                continue
            if answer.status_code in PASSED_OVER and not last:
                self._servers.failed(at, str(answer.status_code))
                answer.close()
                continue
            self._servers.works(at)
            return answer
        raise AssertionError("there is at least one server")

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class AsyncFailover(httpx.AsyncBaseTransport):
    """As `Failover`, for asynchronous clients."""

    def __init__(self, servers: Servers, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._servers, self._inner = servers, inner or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Try the servers one after the other."""
        await request.aread()
        order = self._servers.order()
        for at in order:
            last = at == order[-1]
            try:
                answer = await self._inner.handle_async_request(self._servers.request(request, at))
            except httpx.TransportError as problem:
                self._servers.failed(at, type(problem).__name__)
                if last:
                    raise
                continue
            if answer.status_code in PASSED_OVER and not last:
                self._servers.failed(at, str(answer.status_code))
                await answer.aclose()
                continue
            self._servers.works(at)
            return answer
        raise AssertionError("there is at least one server")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
