"""`hausgeist serve`: the house over HTTP. Owns no tokens (`tui.commands.token`)."""

from __future__ import annotations

import json
import socket
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from runtime.errors import UsageError
from tui.commands.common import open_house
from tui.commands.token import create_token, list_tokens, open_tokens, revoke_token
from tui.output import note, say

if TYPE_CHECKING:
    from runtime.house import House


def serve(options: Namespace) -> int:
    """Serve until Ctrl-C, or do what an option asks for instead."""
    with open_house(options) as house:
        if options.openapi:
            from agent.serving.app import description

            print(json.dumps(description(), indent=1, ensure_ascii=False))
            return 0
        from agent.serving.access import SCOPES

        if options.new_token:
            return create_token(house, options.new_token, SCOPES, as_json=options.json)
        if options.remove_token:
            return revoke_token(house, options.remove_token, as_json=options.json)
        if options.list_tokens:
            return list_tokens(house, as_json=options.json)
        return _serve(options, house)


def _serve(options: Namespace, house: House) -> int:
    from agent.serving.app import build_app
    from agent.serving.guard import check_binding
    from agent.session import Session

    settings = house.settings.serve
    host = options.host or settings.host
    tokens = open_tokens(house)
    check_binding(host, list(tokens.names()), token_required=True)
    if not tokens.names():
        note("There is no token yet; this one is shown only now:")
        say(tokens.make("default", house.now()))
    with Session.open(house, "serve") as session:
        app = build_app(session, owner=tokens.access, host=host)
        return run_server(app, host, settings.port if options.port is None else options.port, "/v1")


def run_server(app: Any, host: str, port: int, path: str) -> int:
    """Serve an ASGI application until Ctrl-C; says where, once it listens. Raises `UsageError`."""
    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        remedy = "Choose another with --host and --port."
        raise UsageError(f"{host}:{port} cannot be bound: {problem.strerror}.", remedy=remedy) from problem
    shown = f"[{host}]" if ":" in host else host
    note(f"Serving at http://{shown}:{listener.getsockname()[1]}{path}. Ctrl-C ends it.")
    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=5, server_header=False)
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    return 0
