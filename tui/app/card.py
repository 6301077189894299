"""The card of one tool call: what runs, how far it is, what came of it; retry, cancel, its pictures and sounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.app.filmstrip import Filmstrip
from tui.app.home import tr
from tui.app.picture import Picture
from tui.app.player import Player
from tui.app.shown import arguments, cut, one_line

if TYPE_CHECKING:
    from tools.output import Progress, ToolOutput

SIGNS = {"running": "●", "ok": "✓", "failed": "✗", "denied": "⊘", "cancelled": "■"}
COLOURS = {"running": "$accent", "ok": "$success", "failed": "$error", "denied": "$warning", "cancelled": "$warning"}
MOST_PICTURES, FACTS = 4, 6000
BAR = 16


class ToolCard(Vertical):
    """One call. `status`: "running", "ok", "failed", "denied" or "cancelled".

    Enter shows what it was told and what it found.
    """

    can_focus = True
    BINDINGS: ClassVar = [
        Binding("enter", "details", "Details"),
        Binding("r", "retry", "Run again"),
        Binding("c", "cancel", "Stop"),
    ]

    class Retry(Message):
        """The reader wants the call run again."""

        def __init__(self, tool: str, args: dict[str, Any]) -> None:
            super().__init__()
            self.tool, self.args = tool, args

    class Cancel(Message):
        """The reader wants the call stopped."""

    def __init__(self, tool: str, args: dict[str, Any]) -> None:
        super().__init__()
        self.tool, self.args, self.status = tool, args, "running"
        self._progress = ""
        self._share: float | None = None
        self._seconds: float | None = None
        self._facts = ""

    def compose(self) -> ComposeResult:
        """The head line; the rest comes as it happens."""
        yield Static(self._head(), classes="head")

    def progress(self, moment: Progress) -> None:
        """Show how far the call is."""
        share = moment.done / moment.total if moment.total > 0 else None
        self._share = min(1.0, max(0.0, share)) if share is not None else None
        amount = f"{moment.done:g}/{moment.total:g} {moment.unit}" if moment.total else ""
        self._progress = one_line(f"{moment.message} {amount}", 90)
        self._redraw()

    async def finish(self, output: ToolOutput, duration_s: float, quiet: bool = False) -> None:
        """Show what came of it. `quiet`: from the history, so that nothing is loaded anew."""
        self.status, self._seconds, self._progress, self._share = output.status, duration_s, "", None
        self._facts = json.dumps(output.facts, ensure_ascii=False, indent=1, default=str)
        self._redraw()
        if output.status != "ok":
            await self.mount(Static(cut(output.error or output.say, 1000), classes="problem", markup=False))
        if not quiet:
            await self._show_files(output)

    def stop(self, why: str = "") -> None:
        """The turn ended before the call did."""
        if self.status == "running":
            self.status, self._progress, self._share = ("failed" if why else "cancelled"), "", None
            self._redraw()
            if why:
                self.mount(Static(cut(why, 1000), classes="problem", markup=False))

    async def _show_files(self, output: ToolOutput) -> None:
        strip = Filmstrip.of(output.facts)
        if strip is not None:
            await self.mount(strip)
        pictures = [file for file in output.files if file.media_type.startswith("image/")][:MOST_PICTURES]
        for file in pictures if strip is None else []:
            await self.mount(Picture(Path(file.path)))
        for file in output.files:
            if file.media_type.startswith("audio/"):
                await self.mount(Player(Path(file.path)))
            elif not file.media_type.startswith("image/"):
                await self.mount(Static(f"→ {one_line(str(file.path))}", classes="file", markup=False))

    def _redraw(self) -> None:
        if self.is_mounted:
            self.set_classes(f"is-{self.status}")
            self.query_one(".head", Static).update(self._head())

    def _head(self) -> Content:
        parts: list[Any] = [(f"{SIGNS[self.status]} ", COLOURS[self.status]), (self.tool, "bold"), "  "]
        parts.append((arguments(self.args), "$muted"))
        if self._seconds is not None:
            parts.append((f"  {self._seconds:.1f} s", "$muted"))
        if self._share is not None:
            done = round(self._share * BAR)
            parts += ["\n  ", ("━" * done, "$accent"), ("─" * (BAR - done), "$border"), f" {self._share:.0%} "]
        elif self._progress:
            parts.append("\n  ")
        if self._progress:
            parts.append((self._progress, "$muted"))
        return Content.assemble(*parts)

    async def action_details(self) -> None:
        """Open or close the arguments and facts."""
        if shown := self.query(".details"):
            await shown.remove()
            return
        told = json.dumps(self.args, ensure_ascii=False, indent=1, default=str)
        text = f"{tr('Arguments')}\n{told}"
        if self._facts not in ("", "{}"):
            text += f"\n\n{tr('What it found')}\n{self._facts}"
        hint = tr("r run again · c stop · enter close")
        await self.mount(Static(f"{cut(text, FACTS)}\n\n{hint}", classes="details", markup=False), after=0)

    def action_retry(self) -> None:
        """Ask for the call anew."""
        if self.status != "running":
            self.post_message(self.Retry(self.tool, self.args))

    def action_cancel(self) -> None:
        """Ask for the call's end."""
        if self.status == "running":
            self.post_message(self.Cancel())

    def on_click(self) -> None:
        """A click is enter."""
        self.run_worker(self.action_details(), exclusive=True)
