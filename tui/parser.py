"""An argument parser whose errors name the nearest right word. Owns no command: see `tui.grammar`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What commands are added to."""
_SET_HELP = "a setting for this run, over environment and file (repeatable); see `hausgeist settings`"
_LISTS = {argparse.ZERO_OR_MORE, argparse.ONE_OR_MORE}


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError` and takes words of a list before and after options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The options of `arguments`, with `overrides` from every `--set`. Raises `UsageError`."""
        options, unknown = self.parse_known_args(arguments)
        command: Parser = options.parser
        if unknown:
            command._take_rest(options, unknown)
        options.overrides = [*options.set_before, *options.set_after]
        return options

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with `message` as a sentence."""
        from runtime.errors import UsageError

        text = message[:1].upper() + message[1:]
        ended = text if text.endswith((".", "?")) else f"{text}."
        raise UsageError(ended, remedy=f"See `{self.prog} --help`.")

    def _take_rest(self, options: argparse.Namespace, unknown: Sequence[str]) -> None:
        """Add words that argparse left over to the command's list; it stops a list at the first option."""
        lists = [action for action in self._actions if not action.option_strings and action.nargs in _LISTS]
        if not lists or unknown[0].startswith("-"):
            known = [name for action in self._actions for name in action.option_strings]
            self.error(f"There is no option or argument {unknown[0]!r} here.{_suggest(unknown[0], known)}")
        given = getattr(options, lists[-1].dest)
        setattr(options, lists[-1].dest, [*([] if given is lists[-1].default else given), *unknown])

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        hint = _suggest(str(value), known) or f" Known: {', '.join(known)}."
        what = "command" if isinstance(action, argparse._SubParsersAction) else "choice"
        self.error(f"There is no {what} {str(value)!r}.{hint}")


def command(commands: Commands, name: str, handler: str, about: str, example: str) -> Parser:
    """Add the command `name` ("module:function" of `tui.commands` does it) with its help and an example."""
    parser = commands.add_parser(name, help=about, description=sentence(about), epilog=f"example: {example}")
    parser.add_argument("--set", action="append", default=[], dest="set_after", metavar="KEY=VALUE", help=_SET_HELP)
    parser.set_defaults(handler=handler, parser=parser)
    return parser


def json_command(commands: Commands, name: str, handler: str, about: str, example: str) -> Parser:
    """A command that takes `--json`."""
    parser = command(commands, name, handler, about, example)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    return parser


def subcommands(commands: Commands, name: str, about: str, example: str) -> Commands:
    """Add a command that has commands of its own."""
    parser = commands.add_parser(name, help=about, description=sentence(about), epilog=f"example: {example}")
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)


def root(description: str, epilog: str) -> tuple[Parser, Commands]:
    """The program's parser, and what its commands are added to."""
    parser = Parser(prog="hausgeist", description=description, epilog=epilog)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and leave")
    parser.add_argument("--set", action="append", default=[], dest="set_before", metavar="KEY=VALUE", help=_SET_HELP)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    return parser, commands


def sentence(text: str) -> str:
    """`text` with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import version

        print(f"hausgeist {version('hausgeist')}")
        parser.exit()


def _suggest(word: str, known: Sequence[str]) -> str:
    from runtime.errors import nearest

    near = nearest(word.partition("=")[0], known)
    return f" Did you mean {near!r}?" if near else ""
