"""Doctor: what is installed, missing or running, with the remedy for each. Owns no finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding
from textual.content import Content

from tui.app.home import tr
from tui.app.pane import TablePane
from tui.app.shown import cut, one_line

SIGNS = {"ok": ("✓", "success"), "warn": ("!", "warning"), "missing": ("✗", "error")}


class DoctorPane(TablePane):
    """The findings; what is wrong stands first."""

    columns = ("", "what", "detail")
    empty = "Looking …"
    hint = "r look again"
    BINDINGS: ClassVar = [Binding("r", "again", "Look again")]

    async def load(self) -> None:
        """Look."""
        self.fill([])
        found = await self.ask("doctor")
        if found is not None:
            self.fill(sorted(found, key=lambda row: row["state"] == "ok"))

    @work(exclusive=True, group="load", exit_on_error=False)
    async def action_again(self) -> None:
        """Look again."""
        await self.load()

    def cells(self, row: dict[str, Any]) -> Sequence[str | tuple[str, str]]:
        """Sign, name, detail."""
        return (
            SIGNS.get(row["state"], ("?", "")),
            one_line(row["name"], 26),
            one_line(row["detail"], 110),
        )

    def detail(self, row: dict[str, Any]) -> Content:
        """The whole finding and its remedy."""
        parts: list[Any] = [(f"{row['area']}: {row['name']}", "bold"), "\n", (cut(row["detail"], 1000), "$muted")]
        if row["remedy"]:
            parts += ["\n\n", tr("Remedy"), "\n", cut(row["remedy"], 1000)]
        return Content.assemble(*parts)
