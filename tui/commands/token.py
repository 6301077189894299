"""`hausgeist token`: the tokens that the servers ask for. Owns no server."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from runtime.errors import UnknownNameError
from tui.commands.common import open_house
from tui.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from agent.serving.tokens import Tokens
    from runtime.house import House


def create(options: Namespace) -> int:
    """Make a token and print it this once."""
    from agent.serving.access import SCOPES

    with open_house(options) as house:
        return create_token(house, options.name, options.scope or SCOPES, as_json=options.json)


def list_(options: Namespace) -> int:
    """List the tokens' names and scopes."""
    with open_house(options) as house:
        return list_tokens(house, as_json=options.json)


def revoke(options: Namespace) -> int:
    """Make tokens invalid."""
    with open_house(options) as house:
        return max(revoke_token(house, name, as_json=options.json) for name in options.names)


def create_token(house: House, name: str, scopes: Iterable[str], *, as_json: bool) -> int:
    """Make a token and print it. Raises `UsageError` for a bad name or scope."""
    tokens = open_tokens(house)
    token = tokens.make(name, house.now(), scopes)
    row = next(row for row in tokens.rows() if row.name == name)
    if as_json:
        print_json({"name": name, "scopes": list(row.scopes), "token": token})
    else:
        note(f"The token of {name} ({', '.join(row.scopes)}); it is shown only now:")
        say(token)
    return 0


def list_tokens(house: House, *, as_json: bool) -> int:
    """Print what is known of the tokens; the tokens themselves are not kept."""
    rows = open_tokens(house).rows()
    if as_json:
        print_json({"tokens": [asdict(row) for row in rows]})
    else:
        cells = [(row.name, row.made, ", ".join(row.scopes)) for row in rows]
        print_table(("token", "made", "scopes"), cells, empty="There is no token yet.")
    return 0


def revoke_token(house: House, name: str, *, as_json: bool) -> int:
    """Make a token invalid. Raises `UnknownNameError`."""
    tokens = open_tokens(house)
    if not tokens.remove(name):
        raise UnknownNameError("token", name, tokens.names())
    if as_json:
        print_json({"removed": name})
    else:
        say(f"The token of {name} is not valid any more.")
    return 0


def open_tokens(house: House) -> Tokens:
    """The tokens of this house."""
    from agent.serving.tokens import Tokens

    return Tokens(house.paths.config / "tokens.json")
