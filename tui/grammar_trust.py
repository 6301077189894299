"""The grammar of who may come in and what is kept: tokens and privacy. See `tui.grammar`."""

from __future__ import annotations

from tui.parser import Commands, json_command, subcommands


def trust(commands: Commands) -> None:
    """Add `token` and `privacy`."""
    _token(commands)


def _token(commands: Commands) -> None:
    example = "hausgeist token create tablet --scope chat --scope cameras"
    group = subcommands(commands, "token", "tokens for the servers: who may come in, and for what", example)
    create = json_command(group, "create", "token:create", "make a token and print it this once", example)
    create.add_argument("name", metavar="NAME", help="whose it is; one of that name is replaced")
    scope = "chat, cameras or admin (everything); repeatable (default: all three)"
    create.add_argument("--scope", action="append", default=[], metavar="SCOPE", help=scope)
    json_command(group, "list", "token:list_", "list the tokens with their scopes", "hausgeist token list")
    about = "make tokens invalid at once, also for servers that run"
    revoke = json_command(group, "revoke", "token:revoke", about, "hausgeist token revoke tablet")
    revoke.add_argument("names", nargs="+", metavar="NAME", help="tokens")
