"""`hausgeist serve`: the house over HTTP; and the tokens that its servers ask for."""

from __future__ import annotations

import json
import socket
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from runtime.errors import UnknownNameError, UsageError
from tui.commands.common import open_house
from tui.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from agent.serving.tokens import Tokens
    from runtime.house import House


def serve(options: Namespace) -> int:
    """Serve until Ctrl-C, or do what an option asks for instead."""
    with open_house(options) as house:
        if options.openapi:
            from agent.serving.app import description

            print(json.dumps(description(), indent=1, ensure_ascii=False))
            return 0
        if options.new_token or options.remove_token or options.list_tokens:
            return _tokens(options, open_tokens(house), house)
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
        app = build_app(session, owner=tokens.owner, host=host)
        return run_server(app, host, settings.port if options.port is None else options.port, "/v1")


def _tokens(options: Namespace, tokens: Tokens, house: House) -> int:
    if options.new_token:
        token = tokens.make(options.new_token, house.now())
        if options.json:
            print_json({"name": options.new_token, "token": token})
        else:
            note(f"The token of {options.new_token}; it is shown only now:")
            say(token)
    elif options.remove_token:
        if not tokens.remove(options.remove_token):
            raise UnknownNameError("token", options.remove_token, tokens.names())
        if options.json:
            print_json({"removed": options.remove_token})
        else:
            say(f"The token of {options.remove_token} is not valid any more.")
    elif options.json:
        print_json({"tokens": [{"name": name, "made": made} for name, made in tokens.names().items()]})
    else:
        print_table(("token", "made"), tokens.names().items(), empty="There is no token yet.")
    return 0


def open_tokens(house: House) -> Tokens:
    """The tokens of this house."""
    from agent.serving.tokens import Tokens

    return Tokens(house.paths.config / "tokens.json")


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
