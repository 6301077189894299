"""What stands around the prompt: suggestions, attachments, the line of the microphone. Owns no turn and no command."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static, TextArea

from tui.app.home import home_of, tr
from tui.app.listening import Ear
from tui.app.prompt import Prompt, keep_paste
from tui.app.shown import one_line
from tui.app.suggestions import Suggestions


class InputArea(Vertical):
    """The prompt, and over it what belongs to what is typed."""

    class Sent(Message):
        """The reader sends a request, with files, or a command that begins with a slash."""

        def __init__(self, text: str, files: list[str]) -> None:
            super().__init__()
            self.text, self.files = text, files

    def __init__(self) -> None:
        super().__init__(id="below")
        self._attached: list[Path] = []

    def compose(self) -> ComposeResult:
        """The prompt; the rest is not seen at first (`furnish`)."""
        yield Prompt(tr("Ask, or type / for commands"))

    def on_mount(self) -> None:
        """Ready for input at once."""
        self.prompt.cursor_blink = not home_of(self).still
        self.prompt.focus()

    async def furnish(self) -> None:
        """Add what is hidden at first; what was typed meanwhile gets its suggestions."""
        chips = Static(id="chips", markup=False)
        chips.display = False
        await self.mount_all([Suggestions(), Ear(id="ear", markup=False), chips], before=0)
        self._suggest(self.prompt.text)
        self._show_chips()

    @property
    def prompt(self) -> Prompt:
        """Where requests are typed."""
        return self.query_one(Prompt)

    @property
    def listening(self) -> bool:
        """Whether the house listens."""
        return any(ear.on for ear in self.query(Ear))

    def talk_aloud(self) -> None:
        """Push to talk: begin, or end and send."""
        for ear in self.query(Ear):
            ear.toggle()

    def put(self, text: str) -> None:
        """Put a text into the prompt, to be gone on with."""
        self.prompt.text = text
        self.prompt.move_cursor(self.prompt.document.end)
        self.prompt.focus()

    def close(self) -> bool:
        """Close suggestions, else forget what is heard, else drop attachments; whether there was any."""
        if self.prompt.suggesting:
            self._suggest("")
        elif self.listening:
            for ear in self.query(Ear):
                ear.stop()
        elif self._attached:
            self._attached = []
            self._show_chips()
        else:
            return False
        return True

    # Sending and attachments ------------------------------------------------------------------------------------

    @on(Prompt.Sent)
    def send(self, message: Prompt.Sent) -> None:
        """A request takes the attachments with it; a command leaves them."""
        message.stop()
        files: list[str] = []
        if not message.text.startswith("/") or message.text.startswith("//"):
            files, self._attached = [str(file) for file in self._attached], []
            self._show_chips()
        self.post_message(self.Sent(message.text, files))

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
        for chips in self.query("#chips").results(Static):
            chips.display = bool(self._attached)
            names = "  ".join(f"⊕ {one_line(file.name, 40)}" for file in self._attached)
            chips.update(f"{names}   {tr('esc removes')}")

    # Suggestions ------------------------------------------------------------------------------------------------

    @on(TextArea.Changed, "#prompt")
    def typed(self, event: TextArea.Changed) -> None:
        """Show the commands that fit what was typed after a slash."""
        self._suggest(event.text_area.text)

    def _suggest(self, text: str) -> None:
        for box in self.query(Suggestions):
            self.prompt.suggested = text if box.show_for(text) else ""

    @on(Prompt.Complete)
    def complete(self, message: Prompt.Complete) -> None:
        """Move the mark, or take the marked command."""
        box = self.query_one(Suggestions)
        if not message.take:
            (box.action_cursor_down if message.step > 0 else box.action_cursor_up)()
        elif (words := box.marked) is not None:
            self._take(words)

    @on(OptionList.OptionSelected, "#suggestions")
    def clicked(self, event: OptionList.OptionSelected) -> None:
        """A click takes a suggestion."""
        event.stop()
        self._take(str(event.option.id))

    def _take(self, words: str) -> None:
        """Put a command into the prompt; one that is there whole and needs nothing more is run."""
        one = self.query_one(Suggestions).command(words)
        if self.prompt.text.strip() == f"/{words}" and not one.needs:
            self.prompt.text = ""
            self.prompt.remember(f"/{words}")
            self.post_message(self.Sent(f"/{words}", []))
            return
        self.put(f"/{words} " if one.needs else f"/{words}")
