"""One turn on the screen: the request, the tool cards, the streamed reply. Owns no turn: events are handed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.app.card import ToolCard
from tui.app.home import home_of, tr
from tui.app.shown import LONGEST, cut, one_line
from tui.sanitize import Sanitizer

if TYPE_CHECKING:
    from textual.widgets import Markdown

    from agent.events import TurnEvent
    from tui.app.reply_flow import ReplyFlow


class TurnView(Vertical):
    """A turn. `turn` is its id in the history once it is kept; `reply` the text so far."""

    def __init__(self, request: str, files: list[str] | None = None, turn: int | None = None) -> None:
        super().__init__()
        self.request, self.files, self.turn = request, files or [], turn
        self.reply, self.running, self.failed = "", turn is None, False
        self._cards: dict[str, ToolCard] = {}
        self._markdown: Markdown | None = None
        self._flow: ReplyFlow | None = None
        self._sanitizer = Sanitizer()
        self._shown = 0

    def compose(self) -> ComposeResult:
        """The request; the rest comes as it happens."""
        if self.request:
            names = "".join(f"\n⊕ {one_line(name, 80)}" for name in self.files)
            yield Static(Content(cut(self.request, 4000) + names), classes="request")
        if self.running:
            yield Static(tr("thinking …"), classes="waiting", markup=False)

    async def take(self, event: TurnEvent) -> None:
        """Show one event."""
        from agent import events

        match event:
            case events.Routed(tool=tool, probability=share):
                self._wait(tr("answering …") if tool == "reply" else f"{tool} ({share:.0%})")
            case events.ToolStarted(call_id=call_id, tool=tool, args=args):
                await self._card(call_id, tool, args)
            case events.ToolProgress(call_id="", progress=progress):
                self._wait(one_line(progress.message))
            case events.ToolProgress(call_id=call_id, progress=progress):
                if call_id in self._cards:
                    self._cards[call_id].progress(progress)
            case events.ToolFinished(call_id=call_id, tool=tool, args=args, output=output, duration_s=seconds):
                card = self._cards.get(call_id) or await self._card(call_id, tool, args)
                await card.finish(output, seconds)
            case events.TextDelta(text=text):
                await self._write(text)
            case events.TurnFinished():
                await self.end()
            case events.TurnFailed(error=error, cancelled=cancelled):
                await self._fail(error, cancelled)

    async def end(self) -> None:
        """The turn is over; what it waited for is gone."""
        self.running = False
        if self._flow is not None:
            await self._flow.finish()
            self._flow = None
        await self.query(".waiting").remove()

    async def restore(self, reply: str, calls: list[dict[str, Any]]) -> None:
        """Show a turn of the history: its calls as closed cards, then the reply."""
        from textual.widgets import Markdown

        from tools.output import ToolOutput
        from tui.app.reply_flow import PIECE, ReplyFlow

        for number, call in enumerate(calls):
            card = await self._card(str(number), call["name"], call["args"])
            await card.finish(ToolOutput(status=call["status"]), 0.0, quiet=True)
        self.reply, shown = reply, cut(reply)
        markdown = Markdown(shown[:PIECE], open_links=False)
        await self.mount(markdown)
        if len(shown) > PIECE:
            flow = ReplyFlow(markdown, home_of(self).rest)
            flow.write(shown[PIECE:])
            await flow.finish()

    async def _card(self, call_id: str, tool: str, args: dict[str, Any]) -> ToolCard:
        card = self._cards[call_id] = ToolCard(tool, args)
        self._wait("")
        await self.mount(card)
        return card

    def _wait(self, text: str) -> None:
        for waiting in self.query(".waiting").results(Static):
            waiting.update(text)
            waiting.display = bool(text)

    async def _write(self, text: str) -> None:
        from textual.widgets import Markdown

        from tui.app.reply_flow import ReplyFlow

        self.reply += text
        self._wait("")
        if self._markdown is None:
            self._markdown = Markdown(open_links=False)
            await self.mount(self._markdown)
        if self._flow is None:
            self._flow = ReplyFlow(self._markdown, home_of(self).rest)
        if self._shown >= LONGEST:
            return
        room = LONGEST - self._shown
        self._shown += len(text)
        self._flow.write(self._sanitizer.feed(text[:room]))
        if len(text) > room:
            self._flow.write(f"\n\n{tr('[… the rest is in the export]')}")

    async def _fail(self, error: str, cancelled: bool) -> None:
        self.failed = True
        for card in self._cards.values():
            card.stop("" if cancelled else error)
        await self.end()
        text = tr("Stopped.") if cancelled else cut(error, 2000)
        await self.mount(Static(text, classes="stopped" if cancelled else "problem", markup=False))
