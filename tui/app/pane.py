"""What the house's screens share: a table with details below it, a line of progress, errors as messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Static

from runtime.errors import HausgeistError
from tui.app.home import home_of, left_of, tr
from tui.app.shown import one_line

BAR = 20


class Pane(Vertical):
    """One screen of the house. `load` asks the house and shows what it says."""

    hint = ""

    async def load(self) -> None:
        """Ask the house for what is shown."""

    async def ask(self, method: str, **args: Any) -> Any:
        """The house's answer; None after an error, which is shown."""
        try:
            return await home_of(self).link.call(method, **args)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
            return None

    async def long(self, method: str, title: str, **args: Any) -> Any:
        """As `ask`, for long work: its progress is shown, and escape stops it."""
        line = self.query_one(".progress", Static)
        line.display = True
        line.update(Content.assemble(("● ", "$accent"), title))
        try:
            return await home_of(self).link.call(
                method, lambda moment: line.update(progress_line(title, moment)), **args
            )
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
            return None
        finally:
            if line.is_mounted:
                line.display = False


def progress_line(title: str, moment: dict[str, Any]) -> Content:
    """How far long work is: a bar, amounts, rate and remaining time where they are known."""
    done, total = float(moment.get("done", 0)), float(moment.get("total", 0))
    share = min(1.0, done / total) if total > 0 else 0.0
    text = moment.get("message") or " ".join(str(moment.get(key, "")) for key in ("state", "model", "file"))
    extra = ""
    if moment.get("rate"):
        extra = f"{moment['rate'] / 1e6:.1f} MB/s  {left_of(moment.get('remaining_s'))}"
    filled = round(share * BAR)
    bar = [("━" * filled, "$accent"), ("━" * (BAR - filled), "$border")]
    stop = tr("esc stops")
    return Content.assemble(*bar, f" {share:.0%} ", (one_line(f"{title} {text} {extra}", 90), "$muted"), f"  {stop}")


class TablePane(Pane):
    """A table, details of the row under the cursor, and a hint of keys."""

    columns: Sequence[str] = ()
    empty = ""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []

    def compose(self) -> ComposeResult:
        """The table with its details at the side (wide) or below."""
        yield from self.above()
        with Horizontal(classes="both"):
            table: DataTable[Any] = DataTable(cursor_type="row", zebra_stripes=False)
            yield table
            with VerticalScroll(classes="details"):
                yield Static(classes="detail", markup=False)
        yield Static(classes="progress", markup=False)
        yield Static(classes="hint", markup=False)

    def above(self) -> ComposeResult:
        """What stands over the table."""
        yield from ()

    def on_mount(self) -> None:
        """The columns."""
        self.query_one(".progress").display = False
        self.query_one(".details").can_focus = False
        self.query_one(".hint", Static).update(tr(self.hint))
        self.query_one(DataTable).add_columns(*(tr(name) for name in self.columns))

    def fill(self, rows: list[dict[str, Any]]) -> None:
        """Show `rows`; the cursor stays where it was."""
        self.rows = rows
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear()
        for row in rows:
            table.add_row(*(self._cell(cell) for cell in self.cells(row)))
        table.move_cursor(row=min(at, max(0, len(rows) - 1)))
        self.query_one(".detail", Static).update(self.detail(rows[table.cursor_row]) if rows else tr(self.empty))

    def cells(self, row: dict[str, Any]) -> Sequence[str | tuple[str, str]]:
        """The cells of a row; a pair is a text and the name of its colour in the theme."""
        raise NotImplementedError

    def _cell(self, cell: str | tuple[str, str]) -> Text:
        text, colour = (cell, "") if isinstance(cell, str) else cell
        return Text(one_line(text, 120), style=self.app.theme_variables.get(colour, ""), no_wrap=True)

    def detail(self, row: dict[str, Any]) -> Content:
        """What is said below the table of the row under the cursor."""
        return Content("")

    @property
    def chosen(self) -> dict[str, Any] | None:
        """The row under the cursor."""
        at = self.query_one(DataTable).cursor_row
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def on_data_table_row_highlighted(self) -> None:
        """Show the details of another row."""
        if (row := self.chosen) is not None:
            self.query_one(".detail", Static).update(self.detail(row))
