"""How an MCP client reaches the server: standard input and output, or streamable HTTP. Owns no tools."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence

from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import PARSE_ERROR
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.mcp.server import build_server
from agent.serving.access import Access
from agent.serving.guard import Guard
from agent.session import Session

PATH = "/mcp"
NO_JSON = {"jsonrpc": "2.0", "id": "server-error", "error": {"code": PARSE_ERROR, "message": "The body is no JSON."}}


async def serve_stdio(session: Session) -> None:
    """Serve the client on standard input and output until it goes away."""
    server = build_server(session)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def http_app(
    session: Session,
    *,
    owner: Callable[[str], Access | str | None] | None,
    host: str,
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    per_minute: int = 600,
) -> ASGIApp:
    """The ASGI application that serves MCP at `/mcp`; see `Guard` for the arguments."""
    manager = StreamableHTTPSessionManager(build_server(session))

    class Endpoint:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] == "POST":
                body = await Request(scope, receive).body()
                if not _is_json(body):
                    await JSONResponse(NO_JSON, 400)(scope, receive, send)
                    return
                receive = _again(body, receive)
            await manager.handle_request(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    endpoint = Endpoint()
    app = Starlette(routes=[Route(PATH, endpoint), Mount(f"{PATH}/", endpoint)], lifespan=lifespan)
    return Guard(app, owner=owner, host=host, hosts=hosts, origins=origins, per_minute=per_minute)


def _is_json(body: bytes) -> bool:
    """Whether a body can be read at all; the SDK answers one that cannot as a fault of the server."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out a body that was read before, then what follows it."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
