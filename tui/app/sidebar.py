"""The list of talks at the side of a wide screen. Owns no talk."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runtime.errors import HausgeistError
from tui.app.home import home_of, tr
from tui.app.shown import one_line

MOST = 60


class TalkList(Vertical):
    """The newest talks; enter or a click opens one."""

    class Chosen(Message):
        """The reader chose a talk."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def compose(self) -> ComposeResult:
        """A title; the list is empty at first (`furnish`)."""
        yield Static(tr("Talks"), classes="title", markup=False)

    async def furnish(self) -> None:
        """Add the list."""
        await self.mount(OptionList(id="talks", compact=True, markup=False))

    @work(exclusive=True, exit_on_error=False)
    async def reload(self) -> None:
        """Ask the house for the talks."""
        try:
            talks = await home_of(self).link.call("sessions")
        except HausgeistError:
            return
        current = home_of(self).session
        box = self.query_one(OptionList)
        box.clear_options()
        for talk in talks[:MOST]:
            sign = ("● ", "$accent") if talk["name"] == current else ("  ", "")
            title = talk["title"] if talk["name"] == "default" else talk["name"]
            box.add_option(Option(Content.assemble(sign, one_line(title, 25)), id=talk["name"]))

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Tell the choice."""
        event.stop()
        self.post_message(self.Chosen(str(event.option.id)))
