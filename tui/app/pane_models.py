"""Models: size, licence, installed, resident; pull with progress. Owns no transfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from tui.app.approval import AskModal
from tui.app.home import size_of, tr
from tui.app.pane import TablePane
from tui.app.shown import one_line


class ModelsPane(TablePane):
    """The catalogue, and which workers run."""

    columns = ("model", "for", "size", "here", "licence")
    empty = "The catalogue is empty."
    hint = "p pull · P pull the starter set · del remove"
    BINDINGS: ClassVar = [
        Binding("p", "pull", "Pull"),
        Binding("P", "starter", "Pull the starter set"),
        Binding("delete", "remove", "Remove"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._workers: list[dict[str, Any]] = []

    async def load(self) -> None:
        """Ask for the models and the workers."""
        found, status = await self.ask("models"), await self.ask("status")
        self._workers = status["workers"] if status else []
        if found is not None:
            self.fill(found)

    def show_workers(self, workers: list[dict[str, Any]]) -> None:
        """The house tells that other workers run now."""
        self._workers = workers
        if self.chosen is not None:
            self.query_one(".detail", Static).update(self.detail(self.chosen))

    def cells(self, row: dict[str, Any]) -> Sequence[str | tuple[str, str]]:
        """Id, task, size, installed, licence."""
        here = ("✓", "success") if row["installed"] else "–"
        return (row["id"], one_line(row["task"], 20), size_of(row["bytes"]), here, one_line(row["licence"], 20))

    def detail(self, row: dict[str, Any]) -> Content:
        """What it is, and what runs now."""
        parts: list[Any] = [
            (one_line(row["title"], 200), "bold"),
            "\n",
            (f"{row['task']} · {row['licence']}", "$muted"),
        ]
        parts += ["\n\n", tr("Running now"), "\n"]
        lines = [f"{'●' if w['in_use'] else '○'} {w['name']}  {size_of(w['bytes'])}" for w in self._workers]
        parts.append(("\n".join(lines) or tr("no model"), "$muted"))
        return Content.assemble(*parts)

    def action_pull(self) -> None:
        """Get the model under the cursor."""
        if self.chosen is not None:
            self._pull([self.chosen["id"]])

    def action_starter(self) -> None:
        """Get the starter set."""
        self._pull(["starter"])

    @work(group="long", exclusive=True, exit_on_error=False)
    async def _pull(self, names: list[str]) -> None:
        pulled = await self.long("pull", tr("Pulling"), names=names)
        if pulled is not None:
            self.notify(tr("Pulled and verified: {names}", names=", ".join(pulled) or tr("nothing new")), markup=False)
        await self.load()

    @work
    async def action_remove(self) -> None:
        """Delete a model's files, after asking."""
        row = self.chosen
        if row is None or not row["installed"]:
            return
        title = tr("Remove the model {name}?", name=row["id"])
        if await self.app.push_screen_wait(AskModal(title, tr("It can be pulled again."))):
            await self.ask("remove_model", name=row["id"])
            await self.load()
