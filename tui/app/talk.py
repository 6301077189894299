"""The conversation's screen: the bars, the turns (`turn_list`), the input (`input_area`); running is `turns`' work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button

from runtime.errors import HausgeistError
from tui.app import slash
from tui.app.bars import LoadBar, StatusBar, TopBar
from tui.app.card import ToolCard
from tui.app.home import home_of, tr
from tui.app.input_area import InputArea
from tui.app.sidebar import TalkList
from tui.app.turn_list import TurnList
from tui.app.turn_view import TurnView
from tui.app.turns import Turns

if TYPE_CHECKING:
    from textual.timer import Timer

    from agent.host.wire import HouseState

TIDY_S = 1.5
"""Seconds after a turn that the reader has to begin typing; then Python collects its garbage."""


class TalkScreen(Screen[None]):
    """One conversation at a time. Its first picture holds only what is seen; `furnish` adds the rest."""

    BINDINGS: ClassVar = [
        Binding("escape", "stop", "Stop", show=False),
        Binding("ctrl+r", "edit_last", "Edit and resend", priority=True),
        Binding("ctrl+g", "copy_reply", "Copy reply", priority=True),
        Binding("pageup", "scroll_talk(-1)", show=False, priority=True),
        Binding("pagedown", "scroll_talk(1)", show=False, priority=True),
    ]

    class Stands(Message):
        """The first picture is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns(self)
        self._tidying: Timer | None = None
        self.resumed = asyncio.Event()
        """Set once the talk to go on with is known; what is sent before waits for it."""

    def compose(self) -> ComposeResult:
        """What is seen before any model is there."""
        yield TopBar(id="top")
        yield LoadBar(id="load", markup=False)
        with Horizontal(id="body"):
            yield TalkList(id="side")
            yield TurnList()
        yield InputArea()
        yield StatusBar(id="status", markup=False)

    def on_mount(self) -> None:
        """Ready for input at once."""
        self.query_one(StatusBar).redraw()
        self.query_one(TopBar).set(home_of(self).session)
        self.call_after_refresh(self.post_message, self.Stands())

    async def furnish(self) -> None:
        """Add what is not seen at first."""
        await self.query_one(TalkList).furnish()
        await self.views.furnish()
        await self.entry.furnish()

    @property
    def entry(self) -> InputArea:
        """The prompt and what stands around it."""
        return self.query_one(InputArea)

    @property
    def views(self) -> TurnList:
        """The turns."""
        return self.query_one(TurnList)

    # State ------------------------------------------------------------------------------------------------------

    def show_state(self, state: HouseState) -> None:
        """Show how far the house is."""
        self.query_one(LoadBar).show(state)

    def show_busy(self) -> None:
        """Show whether something runs, and whether the house listens."""
        self.query_one(StatusBar).show_busy(self.turns.busy, self.entry.listening)

    def refresh_status(self) -> None:
        """Ask for the status bar's figures."""
        self.show_busy()
        self.query_one(StatusBar).reload()

    def tidy_later(self) -> None:
        """Collect garbage at the next moment when nobody types and nothing runs."""
        if self._tidying is None:
            self._tidying = self.set_timer(TIDY_S, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        if self.turns.running:
            return  # it asks again at its end
        if not home_of(self).rest.tidy():
            self.tidy_later()

    # Talks ------------------------------------------------------------------------------------------------------

    def named(self, name: str) -> None:
        """The talk has got a name."""
        self.query_one(TopBar).set(name)
        self.query_one(TalkList).reload()

    async def resume(self, name: str) -> None:
        """Go on with a conversation after the start; what was sent meanwhile stays, below the history."""
        home_of(self).session = name
        try:
            if name:
                self.entry.prompt.inputs = await self.views.load(name)
                self.views.anchor()
        finally:
            self.named(name)
            self.resumed.set()

    async def open_talk(self, name: str) -> None:
        """Show another conversation, or the same anew."""
        home_of(self).session = name
        self.turns.leave()
        await self.views.clear()
        self.query_one(TopBar).set(name)
        if name:
            self.entry.prompt.inputs = await self.views.load(name)
        self.views.greet()
        self.views.anchor()
        self.query_one(TalkList).reload()
        self.entry.prompt.focus()
        self.refresh_status()

    def on_screen_resume(self) -> None:
        """The reader comes back from the house, where cameras may have been added."""
        if self.resumed.is_set():
            self.refresh_status()

    @on(Button.Pressed, "#earlier")
    async def load_earlier(self) -> None:
        """Show turns before the oldest one shown."""
        prompt = self.entry.prompt
        prompt.inputs = await self.views.load(home_of(self).session, earlier=True) + prompt.inputs

    async def add(self, view: TurnView) -> None:
        """Put a turn at the end."""
        await self.views.add(view)

    # Input ------------------------------------------------------------------------------------------------------

    @on(InputArea.Sent)
    async def send(self, message: InputArea.Sent) -> None:
        """A request, or a command."""
        if message.text.startswith("/") and not message.text.startswith("//"):
            await self.command(message.text)
        else:
            await self.turns.ask(message.text.removeprefix("/"), message.files)

    async def command(self, text: str) -> None:
        """Run a slash command: an action of the app, or a command of the command line."""
        try:
            words = slash.split(text)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
            return
        own = next((one for one in slash.OWN if words and one.words == words[0]), None)
        if own is not None:
            self.app.run_command(own, words[1:])  # type: ignore[attr-defined]
        elif words:
            await self.turns.run(words)

    def attach(self, files: list[Path]) -> None:
        """Add files to the next request."""
        self.entry.attach(files)

    # Actions ----------------------------------------------------------------------------------------------------

    def action_stop(self) -> None:
        """Close what is open, else drop attachments, else stop the answer."""
        if not self.entry.close():
            self.turns.stop()
        self.entry.prompt.focus()

    def action_edit_last(self) -> None:
        """Put the last request back into the prompt; sending it takes the place of that turn."""
        self.turns.edit_last()

    def action_copy_reply(self) -> None:
        """Copy the last reply."""
        replies = [view.reply for view in self.query(TurnView) if view.reply]
        if replies:
            self.app.copy_to_clipboard(replies[-1])
            self.notify(tr("The reply was copied."))

    def action_scroll_talk(self, pages: int) -> None:
        """A page up or down, without leaving the prompt."""
        (self.views.action_page_down if pages > 0 else self.views.action_page_up)()

    @on(ToolCard.Retry)
    async def retry(self, message: ToolCard.Retry) -> None:
        """Run a call again."""
        await self.turns.repeat(message.tool, message.args)

    @on(ToolCard.Cancel)
    def cancel(self) -> None:
        """Stop the turn that the card belongs to."""
        self.turns.stop()
