"""`hausgeist mcp`: the house's tools for MCP clients, on standard input and output or over HTTP."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from typing import TYPE_CHECKING

from runtime.errors import UsageError
from tui.commands.common import open_house
from tui.commands.serve import run_server
from tui.commands.token import open_tokens

if TYPE_CHECKING:
    from runtime.house import House


def mcp(options: Namespace) -> int:
    """Serve until the client goes away (standard input) or Ctrl-C (HTTP)."""
    if not options.http and (options.no_token or options.port is not None or options.host is not None):
        raise UsageError("--host, --port and --no-token belong to --http.", remedy="Add --http.")
    from agent.session import Session

    with open_house(options) as house, Session.open(house, "mcp") as session:
        if options.http:
            return _http(options, house, session)
        from agent.mcp.transport import serve_stdio

        asyncio.run(serve_stdio(session))
    return 0


def _http(options: Namespace, house: House, session: object) -> int:
    from agent.mcp.transport import PATH, http_app
    from agent.serving.guard import check_binding
    from agent.session import Session

    assert isinstance(session, Session)
    settings = house.settings.serve
    host = options.host or settings.host
    tokens = open_tokens(house)
    check_binding(host, list(tokens.names()), token_required=not options.no_token)
    app = http_app(
        session,
        owner=None if options.no_token else tokens.access,
        host=host,
        hosts=settings.hosts,
        origins=settings.origins,
        per_minute=settings.requests_per_minute,
    )
    port = settings.mcp_port if options.port is None else options.port
    return run_server(app, host, port, PATH)
