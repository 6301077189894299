"""The command `hausgeist`: reads the command line, calls one sub-command, turns errors into exit statuses.

Exit status: 0 done, 1 a tool or model failed, 2 wrong usage or settings, 3 an approval was refused or
could not be asked for, 130 interrupted by Ctrl-C, 141 the reader of a pipe went away. This module imports
almost nothing, so that `hausgeist --help` is quick; a sub-command is imported when it is called.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.errors import HausgeistError

INTERRUPTED, PIPE_CLOSED = 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.umask(0o077)  # what is made is the owner's alone (`runtime.private`); workers and helpers inherit it
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except SystemExit as stop:  # argparse leaves so after --help and --version
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        sys.stderr.write("hausgeist: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_output()
        return PIPE_CLOSED
    except Exception as problem:
        return _report(_expected(problem), as_json="--json" in arguments)


def _run(arguments: list[str]) -> int:
    if not arguments:
        if sys.stdin.isatty() and sys.stdout.isatty():
            from tui.app.main import run

            return run()
        arguments = ["demo"]
    from tui.grammar import build_parser

    options = build_parser().parse(arguments)
    module, _, function = options.handler.partition(":")
    status: int = getattr(import_module(f"tui.commands.{module}"), function)(options)
    return status


def _report(problem: HausgeistError, *, as_json: bool) -> int:
    from tui.output import print_error

    try:
        print_error(problem.message, problem.remedy, problem.exit_status, as_json=as_json)
        sys.stdout.flush()
    except OSError:  # standard output itself is what cannot be written; standard error has said it
        _abandon_output()
    return problem.exit_status


def _expected(problem: Exception) -> HausgeistError:
    """`problem` as an expected error; the traceback of a surprise shows with `--set log_level=debug`."""
    import logging
    from pathlib import Path

    from runtime.errors import HausgeistError, storage_errors

    if isinstance(problem, HausgeistError):
        return problem
    logging.getLogger("hausgeist").debug("Unexpected error", exc_info=problem)
    if isinstance(problem, ModuleNotFoundError):
        remedy = "Install all parts: pip install 'hausgeist[all]'."
        return HausgeistError(f"The Python package {problem.name} is not installed.", remedy=remedy)
    try:
        with storage_errors(Path("standard output")):
            raise problem
    except HausgeistError as storage:
        return storage
    except Exception:
        message = f"Unexpected {type(problem).__name__}: {problem}."
        return HausgeistError(message, remedy="Run it again with --set log_level=debug to see where.")


def _abandon_output() -> None:
    """Send what is still buffered nowhere, so that the flush at exit is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
