"""The turns of a talk on the screen: the history, and what comes. Owns no talk and runs no turn (`turns`)."""

from __future__ import annotations

from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button, Static

from tui.app.home import home_of, tr
from tui.app.turn_view import TurnView

MOST_VIEWS, EARLIER = 20, 12


def forget_drawn_lines() -> None:
    """Let go of what removed widgets have drawn.

    Textual (8.2) remembers two colours of each widget by an `lru_cache` on a method, whose keys hold the drawn lines of
    the last 1024 widgets, tens of megabytes, after the widgets are gone. The colours are computed anew within
    microseconds.
    """
    StylesCache.get_inner_outer.cache_clear()


class TurnList(VerticalScroll):
    """The newest turns; older ones come by a button (the history keeps all)."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="talk")
        self._oldest: int | None = None

    def compose(self) -> ComposeResult:
        """What one may ask; the rest is not seen at first (`furnish`)."""
        yield Static(self._welcome(), id="welcome", markup=False)

    @staticmethod
    def _welcome() -> str:
        return tr(
            "Good to see you.\n\n"
            "Where is my watch?\nWhat does the front door camera show?\n"
            "Remember that the spare key hangs behind the fuse box.\nSay out loud: dinner is ready"
        )

    async def furnish(self) -> None:
        """Add what is hidden at first."""
        earlier = Button(tr("↑ earlier turns"), id="earlier", compact=True)
        earlier.display = False
        await self.mount(earlier, before=0)

    async def load(self, name: str, *, earlier: bool = False) -> list[str]:
        """Show the last turns of a talk, or those before the oldest one shown; gives their requests."""
        before = self._oldest if earlier else None
        past = await home_of(self).link.call("history", session=name, limit=EARLIER, before=before)
        views = [TurnView(turn["user"], turn=turn["id"]) for turn in past]
        first = self.query(TurnView).first() if self.query(TurnView) else None
        await (self.mount_all(views, before=first) if first else self.mount_all(views))
        for view, turn in zip(views, past, strict=True):
            await view.restore(turn["reply"], turn["tool_calls"])
        self._oldest = past[0]["id"] if past else self._oldest
        self.query_one("#earlier").display = len(past) == EARLIER
        self.greet()
        return [turn["user"] for turn in past]

    async def clear(self) -> None:
        """Take all turns off the screen."""
        self._oldest = None
        await self.query(TurnView).remove()
        forget_drawn_lines()

    def greet(self) -> None:
        """Say what one may ask, where nothing was."""
        self.query_one("#welcome").display = not self.query(TurnView)

    async def add(self, view: TurnView) -> None:
        """Put a turn at the end; the oldest leave the screen."""
        self.query_one("#welcome").display = False
        await self.mount(view)
        self.anchor()
        views = list(self.query(TurnView))
        gone = views[: max(0, len(views) - MOST_VIEWS)]
        for old in gone:
            await old.remove()
        if gone:
            forget_drawn_lines()
            kept = [shown.turn for shown in views[len(gone) :] if shown.turn is not None]
            self._oldest = min(kept) if kept else self._oldest
            self.query_one("#earlier").display = True
