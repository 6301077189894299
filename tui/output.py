"""How commands write: results on standard output, progress and errors on standard error.

Everything goes through `tui.sanitize` here. Owns no content.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from tui.sanitize import clean, clean_line

if TYPE_CHECKING:
    from rich.console import Console

_UNCUT = 10_000
_UNESCAPED_CONTROLS = re.compile("[\x7f-\x9f]")


def print_json(value: Any) -> None:
    """Write one JSON object as one line of UTF-8. A file name that is no UTF-8 is escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = _UNESCAPED_CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say(text: object = "") -> None:
    """Write a line for people on standard output, made safe."""
    _write(sys.stdout, f"{clean(text)}\n")


def note(text: object) -> None:
    """Write a line for people on standard error, made safe; results stay alone on standard output."""
    _write(sys.stderr, f"{clean(text)}\n")


class SafeFormatter(logging.Formatter):
    """Log records on one line each, made safe: a client's name or a library's words may carry escape sequences."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text without anything a terminal would obey."""
        return clean(super().format(record))


def log_to_stderr() -> None:
    """Send log records to standard error, made safe; nothing happens where logging was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])


def print_error(message: str, remedy: str | None, exit_status: int, *, as_json: bool) -> None:
    """One line `hausgeist: …` on standard error; with `as_json` also one object on standard output."""
    line = clean_line(f"{message} {remedy}" if remedy else message)
    _write(sys.stderr, f"hausgeist: {line}\n")
    if as_json:
        print_json({"error": message, "remedy": remedy, "exit_status": exit_status})


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()


def console(*, stderr: bool = False) -> Console:
    """A rich console without markup, emoji codes or guessed highlights: it prints what it is given."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table of cells made safe, or the line `empty` when there is no row."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, no_wrap=position == 0)
    for row in rows:
        table.add_row(*(Text(clean_line("" if cell is None else cell)) for cell in row))
    if not table.row_count:
        say(empty)
        return
    out = console()
    if out.is_terminal:
        out.print(table)
        return
    out.width = _UNCUT  # a pipe has no width: every row on one line
    with out.capture() as captured:
        out.print(table)
    say("\n".join(line.rstrip() for line in captured.get().splitlines()))


ShowProgress = Callable[[str, float, float, str], None]
"""`show(message, done, total, unit)`; total 0 when unknown."""


@contextmanager
def progress_bar(unit_text: Callable[[float, float, str], str] | None = None) -> Iterator[ShowProgress]:
    """A progress bar on standard error while the body runs; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda message, done, total, unit: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    words = unit_text or describe_amount
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, amount="")

        def show(message: str, done: float, total: float, unit: str) -> None:
            amount = words(done, total, unit)
            text = clean_line(message)
            progress.update(task, description=text, completed=done, total=total or None, amount=amount)

        yield show


def describe_amount(done: float, total: float, unit: str) -> str:
    """ "3.1 of 9.8 MB": an amount for people; bytes become megabytes."""
    if unit in {"B", "bytes", "byte"}:
        done, total, unit = done / 1e6, total / 1e6, "MB"
    if not done and not total:
        return ""
    digits = 0 if float(done).is_integer() and float(total).is_integer() else 1
    of = f" of {total:.{digits}f}" if total else ""
    return f"{done:.{digits}f}{of} {unit}".rstrip()
