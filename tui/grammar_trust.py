"""The grammar of who may come in and what is kept: tokens and privacy. See `tui.grammar`."""

from __future__ import annotations

from tui.parser import Commands, Parser, json_command, subcommands


def trust(commands: Commands) -> None:
    """Add `token` and `privacy`."""
    _token(commands)
    _privacy(commands)


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


def _privacy(commands: Commands) -> None:
    about = "what is stored of you and the house: since when, how much, where; and deleting it"
    privacy = json_command(commands, "privacy", "privacy:show", about, "hausgeist privacy --json")
    group = privacy.add_subparsers(title="commands", metavar="COMMAND", required=False, parser_class=Parser)
    about = "delete what is kept of a person, a camera, a time or a thing, everywhere"
    example = "hausgeist privacy delete --camera study --since yesterday --dry-run"
    delete = json_command(group, "delete", "privacy:delete", about, example)
    person = "who is mentioned in facts, conversations and files; anyone: the ways people took past the cameras"
    delete.add_argument("--person", metavar="NAME", help=person)
    delete.add_argument("--camera", metavar="NAME", help="what was indexed and recorded of a camera; it stays itself")
    delete.add_argument("--item", metavar="THING", help="a thing: what was taught, seen and said of it")
    delete.add_argument("--since", metavar="TIME", help='"yesterday", "2 hours ago", or ISO 8601')
    delete.add_argument("--until", metavar="TIME", help="the same; the moment itself is not included")
    delete.add_argument("--dry-run", action="store_true", help="show what would go, and delete nothing")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    about = "delete now what is older than the limits (privacy.history_days, outputs_days, and the finder's)"
    json_command(group, "tidy", "privacy:tidy", about, "hausgeist privacy tidy --set privacy.history_days=90")
    about = "bring what is kept already to the settings: encryption, keyring, modes of files"
    example = "hausgeist privacy protect --set privacy.encrypt_evidence=true"
    json_command(group, "protect", "privacy:protect", about, example)
