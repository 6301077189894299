"""Where requests are typed: several lines, the history of inputs, attachments by path or paste. Owns no sending."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.widgets import TextArea

from tui.app.home import home_of

MOST_PASTED = 4000
"""Characters from which on a paste becomes an attachment instead of text."""
MOST_INPUTS = 500


class Prompt(TextArea):
    """The input. Enter sends, Shift+Enter or Ctrl+J begins a new line, Up and Down go through earlier inputs."""

    BINDINGS: ClassVar = [
        Binding("enter", "submit", "Send"),
        Binding("shift+enter,ctrl+j,alt+enter", "newline", "New line"),
        Binding("tab", "complete", "Complete", show=False),
    ]

    class Sent(Message):
        """The reader sends a request."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Attached(Message):
        """Files were pasted by their paths."""

        def __init__(self, files: list[Path]) -> None:
            super().__init__()
            self.files = files

    class LongPaste(Message):
        """A text was pasted that is too long to type."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Complete(Message):
        """The reader wants the marked suggestion, or to move the mark by `step`; `take` puts it in."""

        def __init__(self, step: int = 0, take: bool = False) -> None:
            super().__init__()
            self.step, self.take = step, take

    def __init__(self, placeholder: str = "") -> None:
        super().__init__(
            id="prompt", soft_wrap=True, tab_behavior="focus", show_line_numbers=False, placeholder=placeholder,
            highlight_cursor_line=False,
        )  # fmt: skip
        self.inputs: list[str] = []
        self.suggested = ""
        """The text that suggestions are shown for; empty while none are."""
        self._back = 0
        self._draft = ""

    @property
    def suggesting(self) -> bool:
        """Whether suggestions are shown for what stands here now; keys that came in one burst may be ahead of them."""
        return bool(self.suggested) and self.suggested == self.text

    async def _on_key(self, event: events.Key) -> None:
        """Keys that edit or send, in their place among the letters.

        Textual runs a binding when its key has come back to the app unhandled (or, with priority, before letters that
        still wait for this widget), so a line that comes in one burst, "Ctrl+U, text, Enter", would be cut anywhere.
        """
        home_of(self).rest.typed()
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):  # False: it passes the key on, as copying nothing does
                event.stop()
                event.prevent_default()  # else the base class would take the key as well
                return

    def action_submit(self) -> None:
        """Send what is there, or take the marked suggestion."""
        if self.suggesting:
            self.post_message(self.Complete(take=True))
            return
        text = self.text.strip()
        if not text:
            return
        self.remember(text)
        self.text = ""
        self.post_message(self.Sent(text))

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_complete(self) -> None:
        """Take the marked suggestion; without one, go to the next widget."""
        if self.suggesting:
            self.post_message(self.Complete(take=True))
        else:
            self.screen.focus_next()

    def remember(self, text: str) -> None:
        """Put an input into the history."""
        if not self.inputs or self.inputs[-1] != text:
            self.inputs = [*self.inputs, text][-MOST_INPUTS:]
        self._back = 0

    def action_cursor_up(self, select: bool = False) -> None:
        """Up: a line, at the first one the input before, or the suggestion above."""
        if self.suggesting:
            self.post_message(self.Complete(step=-1))
        elif select or self.cursor_location[0] > 0:
            super().action_cursor_up(select)
        else:
            self._recall(1)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down: a line, at the last one the input after, or the suggestion below."""
        if self.suggesting:
            self.post_message(self.Complete(step=1))
        elif select or self.cursor_location[0] < self.document.line_count - 1:
            super().action_cursor_down(select)
        else:
            self._recall(-1)

    def _recall(self, step: int) -> None:
        back = max(0, min(len(self.inputs), self._back + step))
        if back == self._back:
            return
        if self._back == 0:
            self._draft = self.text
        self._back = back
        self.text = self.inputs[-back] if back else self._draft
        self.move_cursor(self.document.end)

    async def _on_paste(self, event: events.Paste) -> None:
        files = pasted_files(event.text)
        if files:
            event.prevent_default()
            event.stop()
            self.post_message(self.Attached(files))
        elif len(event.text) > MOST_PASTED:
            event.prevent_default()
            event.stop()
            self.post_message(self.LongPaste(event.text))
        else:
            await super()._on_paste(event)


def pasted_files(text: str) -> list[Path]:
    """The files that a pasted text names and nothing else; terminals paste a dropped file as its path or address."""
    if not text.strip() or len(text) > 4096 or "\0" in text:
        return []
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    found = []
    for word in words:
        path = Path(word.removeprefix("file://")).expanduser()
        if not (path.is_absolute() and path.is_file()):
            return []
        found.append(path)
    return found


def keep_paste(text: str, folder: Path) -> Path:
    """Write a long pasted text to a file; for a thread. The name is made from the time, the mode is 0600."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"pasted-{time.time_ns()}.txt"
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8", errors="replace")
    return file
