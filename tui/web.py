"""The app in a browser, by textual-serve: on loopback only, behind a token. Owns no screen.

Whoever knows the address without the token sees nothing: every path answers 403. The token comes once in the address,
becomes a cookie (HttpOnly, SameSite=Strict) and leaves the address again. Requests under another host's name, and
sockets opened by another site's page, are refused (DNS rebinding, cross-site WebSocket hijacking); the page may load
nothing from elsewhere (Content-Security-Policy).
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from runtime.errors import HausgeistError, UsageError

if TYPE_CHECKING:
    from aiohttp import web

COOKIE = "hausgeist"
MOST_APPS = 3
"""Browser pages at a time; each runs an app and a house of its own."""
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self' ws://{host}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def serve(host: str, port: int, overrides: Sequence[str] = (), session: str = "") -> int:
    """Serve until Ctrl-C and give status 0. Raises `UsageError` for an address that is not loopback, or taken."""
    try:
        from aiohttp import web
    except ModuleNotFoundError as problem:
        remedy = "Install it: pip install 'hausgeist[web]'."
        raise HausgeistError("The parts for the browser are not installed.", remedy=remedy) from problem
    listener = _listen(host, port)
    where = _authority(listener)
    token = secrets.token_urlsafe(24)
    print(f"Open http://{where}/?token={token}", flush=True)
    print("Only this machine can; Ctrl-C ends it.", flush=True)
    web.run_app(make_app(where, token, _command(overrides, session)), sock=listener, print=None)
    return 0


def make_app(where: str, token: str, command: str) -> web.Application:
    """The web application on `where` ("127.0.0.1:8642") that runs `command` for each page."""
    from aiohttp import web
    from textual_serve.server import Server

    class Quiet(Server):
        """textual-serve without its banner on the console."""

        async def on_startup(self, app: web.Application) -> None:
            """Say nothing."""

    host, _, port = where.rpartition(":")
    server = Quiet(command, host=host, port=int(port), title="Hausgeist", public_url=f"http://{where}")
    app: web.Application = web.Application(middlewares=[_guard(where, token)])
    _add_routes(app, server)
    return app


def _add_routes(app: web.Application, server: Any) -> None:
    import aiohttp_jinja2
    import jinja2
    from aiohttp import web

    running = 0

    async def socket_of(request: web.Request) -> web.StreamResponse:
        nonlocal running
        if running >= MOST_APPS:
            raise web.HTTPServiceUnavailable(text="Too many pages are open; close one.")
        running += 1
        try:
            response: web.StreamResponse = await server.handle_websocket(request)
            return response
        finally:
            running -= 1

    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(server.templates_path), autoescape=True)
    app.add_routes(
        [
            web.get("/", server.handle_index, name="index"),
            web.get("/ws", socket_of, name="websocket"),
            web.get("/download/{key}", server.handle_download, name="download"),
            web.static("/static", server.statics_path, name="static"),
        ]
    )


def _guard(where: str, token: str) -> Any:
    """A middleware that lets through only who has the token, under our own name."""
    from aiohttp import web

    def knows(given: str) -> bool:
        return hmac.compare_digest(given.encode(), token.encode())

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if request.headers.get("Host") != where or origin not in (None, f"http://{where}"):
            raise web.HTTPForbidden(text="")
        if request.path == "/" and knows(request.query.get("token", "")):
            answer = web.HTTPSeeOther("/", headers={"Referrer-Policy": "no-referrer"})
            answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict", path="/")
            raise answer
        if not knows(request.cookies.get(COOKIE, "")):
            raise web.HTTPForbidden(text="")
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = _POLICY.format(host=where)
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
        return response

    return guard


def _listen(host: str, port: int) -> socket.socket:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        remedy = "Use 127.0.0.1; to reach it from elsewhere, forward the port with ssh -L."
        raise UsageError(f"{host!r} is not an address of this machine alone.", remedy=remedy)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as problem:
        raise UsageError(f"The port {port} cannot be used: {problem}.", remedy="Choose another --port.") from problem


def _authority(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _command(overrides: Sequence[str], session: str) -> str:
    """The shell's line that runs the app on textual-serve's pipes."""
    code = "import sys; from tui.cli import main; sys.exit(main())"
    words = [sys.executable, "-P", "-c", code, "app", *(f"--set={text}" for text in overrides)]
    return shlex.join([*words, *([f"--session={session}"] if session else [])])
