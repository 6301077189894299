"""Who may talk to a server: the Host, the Origin and the token of every request, and how often. Owns no routes.

Host and Origin are checked against names that this machine goes by, so that a web page cannot reach a server on
loopback by rebinding its own name to 127.0.0.1 (https://en.wikipedia.org/wiki/DNS_rebinding); the MCP specification
asks for the same (2025-06-18, Transports, Security Warning). What a browser says of where a request came from
(Sec-Fetch-Site, W3C Fetch Metadata) is believed where it says "cross-site": such requests are refused also without an
Origin. Few requests of an address may come without a valid token (`WRONG_SHARE`); those with one pass all the same.
"""

from __future__ import annotations

import ipaddress
import json
import math
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from agent.serving.access import KEY, OWNER, Access
from agent.serving.rate import Rate
from runtime.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
RETRY_AFTER_S = 3
WRONG_SHARE = 1 / 30
"""Of the requests that an address may make in a minute, so many may come without a valid token."""
Refusal = tuple[int, str, str]
"""Status, code and message."""


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_binding(host: str, tokens: Sequence[str], *, token_required: bool) -> None:
    """Raise `UsageError` where a server would be open to others without a token."""
    if is_loopback(host):
        return
    if not token_required:
        raise UsageError(
            f"Without a token the server is not opened to other machines ({host}).",
            remedy="Leave --no-token out, or bind to 127.0.0.1.",
        )
    if not tokens:
        raise UsageError(
            f"There is no token yet, so the server is not opened to other machines ({host}).",
            remedy="Make one with `hausgeist token create NAME`.",
        )


class Guard:
    """ASGI middleware: lets a request pass, or answers 401, 403, 421 or 429 in JSON.

    `owner(token)` gives the token's access (or just its owner's name: all scopes), or None; None in its place lets
    everybody pass who is on this machine. `hosts` and `origins` are further names that are allowed; `open_paths` need
    no token. `per_minute` bounds the requests of each token and of each address.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        owner: Callable[[str], Access | str | None] | None,
        host: str,
        hosts: Sequence[str] = (),
        origins: Sequence[str] = (),
        open_paths: Sequence[str] = (),
        per_minute: int = 600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._owner, self._open = app, owner, set(open_paths)
        self._hosts = {name.lower() for name in (*LOOPBACK, host, *hosts)}
        self._origins = {origin.lower().rstrip("/") for origin in origins}
        self._any_host = host in {"0.0.0.0", "::", ""} and not hosts  # noqa: S104 - compared, not bound
        self._tokens, self._addresses = Rate(per_minute, clock), Rate(per_minute, clock)
        self._wrong = Rate(max(1, round(per_minute * WRONG_SHARE)), clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check an HTTP request or the opening of a websocket; other scopes (the lifespan) pass."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        address = str((scope.get("client") or ("",))[0])
        found = self._foreign(headers) or self._access(headers, str(scope["path"]), address)
        if isinstance(found, Access):
            await self._app({**scope, KEY: found}, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _answer(send, *found)

    def _foreign(self, headers: dict[str, str]) -> Refusal | None:
        """A refusal for a name that is not ours, or for a page of another site."""
        host = _name(headers.get("host", ""))
        if host not in self._hosts and not (self._any_host and _is_address(host)):
            message = f"The Host header {host!r} is not a name of this server; allow it with serve.hosts."
            return 421, "wrong_host", message
        origin = headers.get("origin")
        if origin is not None and not self._origin_allowed(origin, headers.get("host", "")):
            return 403, "wrong_origin", f"Pages of {origin!r} may not use this server; allow it with serve.origins."
        if origin is None and headers.get("sec-fetch-site") == "cross-site":
            return 403, "wrong_origin", "Pages of other sites may not use this server; allow them with serve.origins."
        return None

    def _access(self, headers: dict[str, str], path: str, address: str) -> Access | Refusal:
        """Who asks, or a refusal."""
        if self._owner is None or path in self._open:
            wait = self._addresses.take(address)
            return OWNER if wait == 0 else _too_many(wait)
        kind, _, token = headers.get("authorization", "").partition(" ")
        given = token.strip() if kind.lower() == "bearer" else ""
        found = self._owner(given) if given else None
        if found is None:
            wait = self._wrong.take(address)
            if wait:
                return _too_many(wait)
            if not given:
                return 401, "token_missing", "Send the token as `Authorization: Bearer TOKEN`."
            return 401, "token_wrong", "The token is not valid. Make one with `hausgeist token create NAME`."
        access = found if isinstance(found, Access) else Access(found)
        wait = max(self._tokens.wait_s(access.name), self._addresses.wait_s(address))
        if wait:
            return _too_many(wait)
        self._tokens.take(access.name)
        self._addresses.take(address)
        return access

    def _origin_allowed(self, origin: str, host: str) -> bool:
        """Our own origin and those of the settings; with tokens, which pages cannot guess, any page of this machine."""
        parts = urlsplit(origin)
        if origin.lower().rstrip("/") in self._origins or origin.lower() in {f"http://{host}", f"https://{host}"}:
            return True
        local = parts.scheme in {"http", "https"} and (parts.hostname or "").lower() in LOOPBACK
        return local and self._owner is not None


def _too_many(wait: float) -> Refusal:
    return 429, "rate_limit_exceeded", f"Too many requests; try again in {math.ceil(wait)} s."


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _answer(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body.encode())).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="hausgeist"'))
    if status == 429:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
