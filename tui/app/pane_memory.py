"""Memory: search, source, correct, delete. Owns no fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import DataTable, Input

from tui.app.approval import AskModal
from tui.app.asking import FormModal
from tui.app.home import home_of, tr
from tui.app.pane import TablePane
from tui.app.shown import cut, one_line


class MemoryPane(TablePane):
    """What is remembered, the newest first, or what answers a search."""

    columns = ("what", "told", "from")
    empty = "Nothing is remembered here yet."
    hint = "/ search · a add · e correct · del delete for good"
    BINDINGS: ClassVar = [
        Binding("slash", "search", "Search"),
        Binding("a", "add", "Add"),
        Binding("e", "correct", "Correct"),
        Binding("delete", "forget", "Delete"),
    ]

    def above(self) -> ComposeResult:
        """The search."""
        field = Input(placeholder=tr("Search by meaning"), classes="search")
        field.cursor_blink = not home_of(self.app).still
        yield field

    async def load(self) -> None:
        """Ask for the facts."""
        found = await self.ask("facts", query=self.query_one(Input).value)
        if found is not None:
            self.fill(found)

    def cells(self, row: dict[str, Any]) -> Sequence[str | tuple[str, str]]:
        """Text, time, source."""
        room = max(30, min(90, self.app.size.width - 46))
        return (one_line(row["text"], room), str(row["time"])[:10], one_line(row["source"], 24))

    def detail(self, row: dict[str, Any]) -> Content:
        """The whole fact and where it is from."""
        origin = tr("told {time} · {source} · number {id}", time=str(row["time"])[:16].replace("T", " "),
                    source=one_line(row["source"], 80), id=row["id"])  # fmt: skip
        return Content.assemble(cut(row["text"], 2000), "\n\n", (origin, "$muted"))

    @on(Input.Submitted)
    async def searched(self) -> None:
        """Search, then go to the results."""
        await self.load()
        self.query_one(DataTable).focus()

    def action_search(self) -> None:
        """Go to the search."""
        self.query_one(Input).focus()

    @work
    async def action_add(self) -> None:
        """Remember something."""
        given = await self.app.push_screen_wait(FormModal(tr("Remember"), [(tr("What"), "")]))
        if given and given[0].strip():
            await self.ask("remember", text=given[0])
            await self.load()

    @work
    async def action_correct(self) -> None:
        """Put another text in a fact's place."""
        row = self.chosen
        if row is None:
            return
        given = await self.app.push_screen_wait(FormModal(tr("Correct"), [(tr("What is right"), row["text"])]))
        if given and given[0].strip() and given[0] != row["text"]:
            await self.ask("correct", fact=row["id"], text=given[0])
            await self.load()

    @work
    async def action_forget(self) -> None:
        """Delete a fact for good, after asking."""
        row = self.chosen
        if row is None:
            return
        title = tr("Delete this for good?")
        if await self.app.push_screen_wait(AskModal(title, one_line(row["text"], 300))):
            await self.ask("forget", fact=row["id"])
            await self.load()
