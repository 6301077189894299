"""A slash command in the talk: what was typed and what it printed. Owns no process (see `slash.CommandRun`)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui.app.card import SIGNS
from tui.app.shown import one_line
from tui.app.turn_view import TurnView
from tui.sanitize import clean

MOST_LINES = 400
REDRAW_S = 0.1


class CommandView(TurnView):
    """The last lines of a command; it is drawn at most every tenth of a second."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(f"/{' '.join(words)}")
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._status: int | None = None
        self._due = False

    def compose(self) -> ComposeResult:
        """The command and its output."""
        yield Static(one_line(self.request), classes="request", markup=False)
        yield Static("", classes="output", markup=False)

    def add_line(self, line: str) -> None:
        """One more line of output."""
        self._lines.append(clean(line[:2000]))
        if not self._due:
            self._due = True
            self.set_timer(REDRAW_S, self._draw)

    def finish(self, status: int) -> None:
        """The command has ended."""
        self._status, self.running = status, False
        self.reply = "\n".join(self._lines)
        self._draw()

    def _draw(self) -> None:
        self._due = False
        if not self.is_mounted:
            return
        output = Content("\n".join(self._lines))
        if self._status:
            sign = SIGNS["cancelled"] if self._status == 130 else SIGNS["failed"]
            output = Content.assemble(output, "\n" if self._lines else "", (f"{sign} exit {self._status}", "$warning"))
        elif self._status == 0 and not self._lines:
            output = Content.assemble((SIGNS["ok"], "$success"))
        self.query_one(".output", Static).update(output)
