"""All talks: search, open, rename, delete. Owns no talk."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from runtime.errors import HausgeistError
from tui.app.approval import AskModal
from tui.app.asking import FormModal
from tui.app.home import home_of, tr
from tui.app.shown import one_line


class TalksScreen(ModalScreen[str | None]):
    """Type to search in names and words; enter opens the marked talk."""

    BINDINGS: ClassVar = [
        Binding("escape", "dismiss", "Close"),
        Binding("down", "mark(1)", show=False, priority=True),
        Binding("up", "mark(-1)", show=False, priority=True),
        Binding("f6,ctrl+r", "rename", "Rename", priority=True),
        Binding("delete", "remove", "Delete", priority=True),
    ]

    def compose(self) -> ComposeResult:
        """A search over a list."""
        with Vertical(id="question", classes="tall"):
            yield Static(tr("Talks"), classes="title", markup=False)
            field = Input(placeholder=tr("Search in names and words"))
            field.cursor_blink = not home_of(self).still
            yield field
            yield OptionList(compact=True, markup=False)
            text = tr("enter opens · F6 renames · del deletes · esc closes")
            yield Static(text, classes="hint", markup=False)

    def on_mount(self) -> None:
        """All talks, the latest first."""
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()
        self._search()

    @on(Input.Changed)
    def typed(self) -> None:
        """Search while typing."""
        self._search()

    @work(exclusive=True, exit_on_error=False)
    async def _search(self) -> None:
        try:
            talks = await home_of(self).link.call("sessions", query=self.query_one(Input).value)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
            return
        box = self.query_one(OptionList)
        box.clear_options()
        box.add_options([self._option(talk) for talk in talks])
        box.highlighted = 0 if talks else None

    def _option(self, talk: dict[str, Any]) -> Option:
        turns = tr("{count} turns", count=talk["turns"])
        when = str(talk["updated"])[:16].replace("T", " ")
        name = (one_line(talk["name"], 40), "bold")
        title = (
            f"  {one_line(talk['title'], 44)}" if talk["title"] and not talk["title"].startswith(talk["name"]) else ""
        )
        return Option(Content.assemble(name, (title, "$muted"), (f"\n{when} · {turns}", "$muted")), id=talk["name"])

    @property
    def _marked(self) -> str | None:
        box = self.query_one(OptionList)
        return str(box.get_option_at_index(box.highlighted).id) if box.highlighted is not None else None

    def action_mark(self, step: int) -> None:
        """Move the mark."""
        box = self.query_one(OptionList)
        (box.action_cursor_down if step > 0 else box.action_cursor_up)()

    @on(Input.Submitted)
    def opened(self) -> None:
        """Open the marked talk."""
        if self._marked is not None:
            self.dismiss(self._marked)

    @on(OptionList.OptionSelected)
    def clicked(self, event: OptionList.OptionSelected) -> None:
        """Open the talk that was clicked."""
        self.dismiss(str(event.option.id))

    @work
    async def action_rename(self) -> None:
        """Give the marked talk another name."""
        name = self._marked
        if name is None:
            return
        given = await self.app.push_screen_wait(FormModal(tr("Rename"), [(tr("Name"), name)]))
        if given and given[0].strip():
            await self._ask("rename", session=name, name=given[0])
            if home_of(self).session == name:
                home_of(self).session = " ".join(given[0].split())

    @work
    async def action_remove(self) -> None:
        """Delete the marked talk, after asking."""
        name = self._marked
        if name is None:
            return
        title = tr("Delete the talk {name}?", name=one_line(name, 40))
        if await self.app.push_screen_wait(AskModal(title, tr("What was learned from it stays in the memory."))):
            await self._ask("delete_session", session=name)

    async def _ask(self, method: str, **args: Any) -> None:
        try:
            await home_of(self).link.call(method, **args)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
        self._search()
