"""Plays a sound that a tool made: play, pause, stop, and a level meter. Owns no sound device (the house does)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker

from tui.app.home import home_of, tr
from tui.app.shown import one_line

BARS = " ▁▂▃▄▅▆▇█"
WIDTH = 24


class Player(Vertical):
    """One sound. Space plays and pauses, s stops; the level of the last moments stands beside the time."""

    can_focus = True
    BINDINGS: ClassVar = [Binding("space,enter", "play", "Play or pause"), Binding("s", "stop", "Stop")]

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self._at = self._total = 0.0
        self._levels = [0.0] * WIDTH
        self._problem = ""
        self._playing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static(self._line())

    @property
    def playing(self) -> bool:
        """Whether sound is heard now."""
        return self._playing is not None and self._playing.is_running

    def action_play(self) -> None:
        """Play from where it is, or pause there."""
        if self.playing:
            assert self._playing is not None
            self._playing.cancel()
        else:
            self._problem = ""
            self._playing = self.run_worker(self._play(), exclusive=True)

    def action_stop(self) -> None:
        """End it; the next play begins at the start."""
        if self._playing is not None:
            self._playing.cancel()
        self._at = 0.0
        self._redraw()

    def on_click(self) -> None:
        """A click is space."""
        self.action_play()

    async def _play(self) -> None:
        start = 0.0 if self._total and self._at >= self._total - 0.05 else self._at
        try:
            await home_of(self).link.call("play", self._heard, file=str(self.file), start_s=start)
            self._at = self._total
        except Exception as problem:
            self._problem = str(problem)
        finally:
            self._levels = [0.0] * WIDTH
            self._redraw()

    def _heard(self, moment: dict[str, Any]) -> None:
        self._at, self._total = moment["at"], moment["total"]
        self._levels = [*self._levels[1:], moment["level"]]
        self._redraw()

    def _redraw(self) -> None:
        if self.is_mounted:
            self.query_one(Static).update(self._line())

    def _line(self) -> Content:
        if self._problem:
            return Content.assemble(("♪ ", "$accent"), self.file.name, "  ", (one_line(self._problem), "$warning"))
        meter = "".join(BARS[min(8, round(level * 8))] for level in self._levels)
        time = f"{self._at:.1f} / {self._total:.1f} s" if self._total else ""
        sign = "❚❚" if self.playing else "▶"
        hint = "" if self._total else tr("space plays")
        return Content.assemble(
            (f"{sign} ", "$accent"), self.file.name, f"  {time} ", (meter, "$accent"), (hint, "$muted")
        )
