"""Runs turns and commands one after the other and shows what they tell. Owns the order, not the looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual.worker import Worker

from runtime.errors import HausgeistError
from tui.app.approval import ApprovalModal, AskModal
from tui.app.command_view import CommandView
from tui.app.home import home_of, tr
from tui.app.slash import CommandRun
from tui.app.turn_view import TurnView

if TYPE_CHECKING:
    from agent.events import TurnEvent
    from tui.app.talk import TalkScreen

Job = Callable[[], Awaitable[None]]
DENIED = 3


class Turns:
    """One turn at a time; what comes meanwhile waits."""

    def __init__(self, screen: TalkScreen) -> None:
        self._screen = screen
        self._waiting: list[Job] = []
        self._worker: Worker[None] | None = None
        self._replaces: int | None = None
        self.busy = ""

    @property
    def running(self) -> bool:
        """Whether a turn or command runs."""
        return self._worker is not None and self._worker.is_running

    async def ask(self, text: str, files: Sequence[str] = ()) -> None:
        """Send a request; it waits for the one before."""
        home = home_of(self._screen)
        replaces, self._replaces = self._replaces, None
        if replaces is not None:
            await self._rewind(home.session, replaces)
        view = TurnView(text, list(files))
        await self._screen.add(view)
        self._begin(lambda: self._turn(view, text, files))

    async def repeat(self, tool: str, args: dict[str, Any]) -> None:
        """Run one tool again."""
        view = TurnView("")
        await self._screen.add(view)
        link, session = home_of(self._screen).link, home_of(self._screen).session
        self._begin(lambda: self._show(view, link.repeat(tool, args, session)))

    async def run(self, words: list[str]) -> None:
        """Run a command of the command line."""
        view = CommandView(words)
        await self._screen.add(view)
        self._begin(lambda: self._command(view, words))

    def stop(self) -> None:
        """Stop what runs, and what waits behind it."""
        self._waiting.clear()
        if self._worker is not None and self._worker.is_running:
            self._worker.cancel()

    def leave(self) -> None:
        """The reader goes to another talk."""
        self._replaces = None
        self.stop()

    def edit_last(self) -> None:
        """Put the last kept request into the prompt, to be sent in place of its turn."""
        views = [view for view in self._screen.query(TurnView) if view.request and not isinstance(view, CommandView)]
        if not views or self.running:
            return
        self._screen.entry.put(views[-1].request)
        self._replaces = views[-1].turn
        views[-1].add_class("edited")

    # Work -------------------------------------------------------------------------------------------------------

    def _begin(self, job: Job) -> None:
        self._waiting.append(job)
        if not self.running:
            self._worker = self._screen.run_worker(self._drain(), group="turn", exit_on_error=False)

    async def _drain(self) -> None:
        self.busy = "●"
        self._screen.show_busy()
        try:
            while self._waiting:
                await self._waiting.pop(0)()
        finally:
            self.busy = ""
            self._screen.refresh_status()
            self._screen.tidy_later()

    async def _turn(self, view: TurnView, text: str, files: Sequence[str]) -> None:
        home = home_of(self._screen)
        await self._screen.resumed.wait()
        if not home.session:
            home.session = await home.link.call("free_name", text=text)
            self._screen.named(home.session)
        await self._show(view, home.link.send(text, files, home.session))
        view.turn = home.link.note.turn if home.link.note is not None else None

    async def _show(self, view: TurnView, events: AsyncIterator[TurnEvent]) -> None:
        from agent.events import ApprovalNeeded, TurnFailed, TurnFinished

        ended = False
        try:
            async for event in events:
                if isinstance(event, ApprovalNeeded):
                    decision = await self._screen.app.push_screen_wait(
                        ApprovalModal(event.tool, event.args, event.risk)
                    )
                    event.answer.set_result(decision)
                    continue
                ended = ended or isinstance(event, (TurnFinished, TurnFailed))
                await view.take(event)
        except asyncio.CancelledError:
            if not ended:
                await view.take(TurnFailed("", 130, cancelled=True))
            raise
        if not ended:
            await view.take(TurnFailed(tr("The house gave no answer."), 1))

    async def _command(self, view: CommandView, words: list[str]) -> None:
        run = CommandRun(words, home_of(self._screen).overrides)
        try:
            async for line in run.lines():
                view.add_line(line)
        except asyncio.CancelledError:
            view.finish(130)
            raise
        view.finish(run.status or 0)
        if run.status == DENIED and "--yes" not in words and await self._approve(words):
            await self._command(view, [*words, "--yes"])

    async def _approve(self, words: Sequence[str]) -> bool:
        title = tr("This command asks for your approval. Run it?")
        modal = AskModal(title, f"hausgeist {' '.join(words)}")
        answer: bool = await self._screen.app.push_screen_wait(modal)
        return answer

    async def _rewind(self, session: str, turn: int) -> None:
        try:
            await home_of(self._screen).link.call("rewind", session=session, turn=turn)
        except HausgeistError as problem:
            self._screen.notify(str(problem), severity="error", markup=False)
        later = [view for view in self._screen.query(TurnView) if view.turn is not None and view.turn >= turn]
        for view in [*later, *self._screen.query(".edited").results(TurnView)]:
            await view.remove()
