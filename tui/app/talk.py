"""The conversation's screen: turns, the prompt with its suggestions, the bars. Running a turn is `turns`' work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, OptionList, Static, TextArea

from runtime.errors import HausgeistError
from tui.app import slash
from tui.app.bars import LoadBar, StatusBar, TopBar
from tui.app.card import ToolCard
from tui.app.home import home_of, tr
from tui.app.listening import Ear
from tui.app.prompt import Prompt, keep_paste
from tui.app.shown import one_line
from tui.app.sidebar import TalkList
from tui.app.suggestions import Suggestions
from tui.app.turn_view import TurnView
from tui.app.turns import Turns

if TYPE_CHECKING:
    from textual.timer import Timer

    from agent.host.wire import HouseState

MOST_VIEWS, EARLIER = 20, 12
TIDY_S = 1.5
"""Seconds after a turn that the reader has to begin typing; then Python collects its garbage."""


class TalkScreen(Screen[None]):
    """One conversation at a time."""

    BINDINGS: ClassVar = [
        Binding("escape", "stop", "Stop", show=False),
        Binding("ctrl+r", "edit_last", "Edit and resend", priority=True),
        Binding("ctrl+g", "copy_reply", "Copy reply", priority=True),
        Binding("pageup", "scroll_talk(-1)", show=False, priority=True),
        Binding("pagedown", "scroll_talk(1)", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns(self)
        self._attached: list[Path] = []
        self._oldest: int | None = None
        self._tidying: Timer | None = None
        self.resumed = asyncio.Event()
        """Set once the talk to go on with is known; what is sent before waits for it."""

    def compose(self) -> ComposeResult:
        """Everything that is seen before any model is there."""
        yield TopBar(id="top")
        yield LoadBar(id="load", markup=False)
        with Horizontal(id="body"):
            yield TalkList(id="side")
            with VerticalScroll(id="talk"):
                yield Button(tr("↑ earlier turns"), id="earlier", compact=True)
                yield Static(self._welcome(), id="welcome", markup=False)
        yield Suggestions()
        with Vertical(id="below"):
            yield Ear(id="ear", markup=False)
            yield Static(id="chips", markup=False)
            yield Prompt(tr("Ask, or type / for commands"))
        yield StatusBar(id="status", markup=False)

    def on_mount(self) -> None:
        """Ready for input at once."""
        self.query_one("#earlier").display = False
        self.query_one("#chips").display = False
        self.query_one("#talk").can_focus = False
        prompt = self.query_one(Prompt)
        prompt.cursor_blink = not home_of(self).still
        prompt.focus()
        self.query_one(StatusBar).redraw()
        self.query_one(TopBar).set(home_of(self).session)

    @staticmethod
    def _welcome() -> str:
        return tr(
            "Good to see you.\n\n"
            "Where is my watch?\nWhat does the front door camera show?\n"
            "Remember that the spare key hangs behind the fuse box.\nSay out loud: dinner is ready"
        )

    # State ------------------------------------------------------------------------------------------------------

    def show_state(self, state: HouseState) -> None:
        """Show how far the house is."""
        self.query_one(LoadBar).show(state)

    def show_busy(self) -> None:
        """Show whether something runs, and whether the house listens."""
        self.query_one(StatusBar).show_busy(self.turns.busy, self.query_one(Ear).on)

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
                await self._load(name, None)
                self.query_one("#talk", VerticalScroll).anchor()
        finally:
            self.named(name)
            self.resumed.set()

    async def open_talk(self, name: str) -> None:
        """Show another conversation, or the same anew."""
        home_of(self).session = name
        self.turns.leave()
        await self.query(TurnView).remove()
        self.query_one(TopBar).set(name)
        self._oldest = None
        if name:
            await self._load(name, None)
        self.query_one("#welcome").display = not self.query(TurnView)
        self.query_one("#talk", VerticalScroll).anchor()
        self.query_one(TalkList).reload()
        self.query_one(Prompt).focus()
        self.refresh_status()

    def on_screen_resume(self) -> None:
        """The reader comes back from the house, where cameras may have been added."""
        if self.resumed.is_set():
            self.refresh_status()

    async def _load(self, name: str, before: int | None) -> None:
        talk = self.query_one("#talk", VerticalScroll)
        past = await home_of(self).link.call("history", session=name, limit=EARLIER, before=before)
        views = [TurnView(turn["user"], turn=turn["id"]) for turn in past]
        anchor = self.query(TurnView).first() if self.query(TurnView) else None
        await talk.mount_all(views, before=anchor) if anchor else await talk.mount_all(views)
        for view, turn in zip(views, past, strict=True):
            await view.restore(turn["reply"], turn["tool_calls"])
        prompt = self.query_one(Prompt)
        prompt.inputs = [turn["user"] for turn in past] + (prompt.inputs if before is not None else [])
        self._oldest = past[0]["id"] if past else self._oldest
        self.query_one("#earlier").display = len(past) == EARLIER
        self.query_one("#welcome").display = not self.query(TurnView)

    @on(Button.Pressed, "#earlier")
    async def load_earlier(self) -> None:
        """Show turns before the oldest one shown."""
        await self._load(home_of(self).session, self._oldest)

    async def add(self, view: TurnView) -> None:
        """Put a turn at the end; the oldest leave the screen (the history keeps them)."""
        talk = self.query_one("#talk", VerticalScroll)
        self.query_one("#welcome").display = False
        await talk.mount(view)
        talk.anchor()
        views = list(self.query(TurnView))
        gone = views[: max(0, len(views) - MOST_VIEWS)]
        for old in gone:
            await old.remove()
        if gone:
            kept = [shown.turn for shown in views[len(gone) :] if shown.turn is not None]
            self._oldest = min(kept) if kept else self._oldest
            self.query_one("#earlier").display = True

    # Input ------------------------------------------------------------------------------------------------------

    @on(Prompt.Sent)
    async def send(self, message: Prompt.Sent) -> None:
        """A request, or a command."""
        if message.text.startswith("/") and not message.text.startswith("//"):
            await self.command(message.text)
            return
        files, self._attached = [str(file) for file in self._attached], []
        self._show_chips()
        await self.turns.ask(message.text.removeprefix("/") if message.text[:2] == "//" else message.text, files)

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
        self._attached += [file for file in files if file not in self._attached]
        self._show_chips()

    @on(Prompt.Attached)
    def pasted(self, message: Prompt.Attached) -> None:
        """Files were pasted by path."""
        self.attach(message.files)

    @on(Prompt.LongPaste)
    def pasted_long(self, message: Prompt.LongPaste) -> None:
        """A long paste becomes a file."""
        self._keep_paste(message.text)

    @work(thread=True)
    def _keep_paste(self, text: str) -> None:
        from runtime.paths import Paths

        file = keep_paste(text, Paths.from_environment().cache / "pasted")
        self.app.call_from_thread(self.attach, [file])

    def _show_chips(self) -> None:
        chips = self.query_one("#chips", Static)
        chips.display = bool(self._attached)
        chips.update("  ".join(f"⊕ {one_line(file.name, 40)}" for file in self._attached) + f"   {tr('esc removes')}")

    # Suggestions ------------------------------------------------------------------------------------------------

    @on(TextArea.Changed, "#prompt")
    def suggest(self, event: TextArea.Changed) -> None:
        """Show the commands that fit what was typed after a slash."""
        text = event.text_area.text
        self.query_one(Prompt).suggested = text if self.query_one(Suggestions).show_for(text) else ""

    @on(Prompt.Complete)
    async def complete(self, message: Prompt.Complete) -> None:
        """Move the mark, or take the marked command."""
        box = self.query_one(Suggestions)
        if not message.take:
            (box.action_cursor_down if message.step > 0 else box.action_cursor_up)()
        elif (words := box.marked) is not None:
            await self._take(words)

    @on(OptionList.OptionSelected, "#suggestions")
    async def clicked(self, event: OptionList.OptionSelected) -> None:
        """A click takes a suggestion."""
        await self._take(str(event.option.id))

    async def _take(self, words: str) -> None:
        """Put a command into the prompt; one that is there whole and needs nothing more is run."""
        prompt = self.query_one(Prompt)
        one = self.query_one(Suggestions).command(words)
        if prompt.text.strip() == f"/{words}" and not one.needs:
            prompt.text = ""
            prompt.remember(f"/{words}")
            await self.command(f"/{words}")
            return
        prompt.text = f"/{words} " if one.needs else f"/{words}"
        prompt.move_cursor(prompt.document.end)

    # Actions ----------------------------------------------------------------------------------------------------

    def action_stop(self) -> None:
        """Close what is open, else drop attachments, else stop the answer."""
        prompt = self.query_one(Prompt)
        if prompt.suggesting:
            self.query_one(Suggestions).show_for("")
            prompt.suggested = ""
        elif self.query_one(Ear).on:
            self.query_one(Ear).stop()
        elif self._attached:
            self._attached = []
            self._show_chips()
        else:
            self.turns.stop()
        prompt.focus()

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
        talk = self.query_one("#talk", VerticalScroll)
        (talk.action_page_down if pages > 0 else talk.action_page_up)()

    @on(ToolCard.Retry)
    async def retry(self, message: ToolCard.Retry) -> None:
        """Run a call again."""
        await self.turns.repeat(message.tool, message.args)

    @on(ToolCard.Cancel)
    def cancel(self) -> None:
        """Stop the turn that the card belongs to."""
        self.turns.stop()
