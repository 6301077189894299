"""Who may talk to a server: the token, the Host and the Origin of every request. Owns no routes.

Host and Origin are checked against names that this machine goes by, so that a web page cannot reach a server on
loopback by rebinding its own name to 127.0.0.1 (https://en.wikipedia.org/wiki/DNS_rebinding); the MCP specification
asks for the same (2025-06-18, Transports, Security Warning).
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


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
            remedy="Make one with `hausgeist serve --new-token NAME`.",
        )


class Guard:
    """ASGI middleware: lets a request pass, or answers 401, 403 or 421 in JSON.

    `owner(token)` names the token's owner or None; None in its place lets everybody pass who is on this machine.
    `hosts` and `origins` are further names that are allowed; `open_paths` need no token.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        owner: Callable[[str], str | None] | None,
        host: str,
        hosts: Sequence[str] = (),
        origins: Sequence[str] = (),
        open_paths: Sequence[str] = (),
    ) -> None:
        self._app, self._owner, self._open = app, owner, set(open_paths)
        self._hosts = {name.lower() for name in (*LOOPBACK, host, *hosts)}
        self._origins = {origin.lower().rstrip("/") for origin in origins}
        self._any_host = host in {"0.0.0.0", "::", ""} and not hosts  # noqa: S104 - compared, not bound

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check an HTTP request; other scopes pass, but websockets, which no route has."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(headers, str(scope["path"]))
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _answer(send, *refusal)

    def _refusal(self, headers: dict[str, str], path: str) -> tuple[int, str, str] | None:
        """Status, code and message of a refusal; None where the request may pass."""
        host = _name(headers.get("host", ""))
        if host not in self._hosts and not (self._any_host and _is_address(host)):
            message = f"The Host header {host!r} is not a name of this server; allow it with serve.hosts."
            return 421, "wrong_host", message
        origin = headers.get("origin")
        if origin is not None and not self._origin_allowed(origin):
            return 403, "wrong_origin", f"Pages of {origin!r} may not use this server; allow it with serve.origins."
        if self._owner is None or path in self._open:
            return None
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return 401, "token_missing", "Send the token as `Authorization: Bearer TOKEN`."
        if self._owner(token.strip()) is None:
            return 401, "token_wrong", "The token is not valid. Make one with `hausgeist serve --new-token NAME`."
        return None

    def _origin_allowed(self, origin: str) -> bool:
        parts = urlsplit(origin)
        return origin.lower().rstrip("/") in self._origins or (
            parts.scheme in {"http", "https"} and (parts.hostname or "").lower() in LOOPBACK
        )


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
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
