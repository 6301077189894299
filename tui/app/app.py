"""The terminal app: which screens there are, what keys do, how the house is started. Owns no screen's content."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

from runtime.errors import HausgeistError
from tui.app.ahead import import_later
from tui.app.approval import AskModal
from tui.app.bars import StatusBar
from tui.app.farewell import Farewell
from tui.app.home import Home, tr
from tui.app.palette import Commands
from tui.app.picture import Picture, PictureScreen, open_outside
from tui.app.sidebar import TalkList
from tui.app.styling import StyledApp
from tui.app.talk import TalkScreen
from tui.app.theme import THEMES

if TYPE_CHECKING:
    from agent.host.wire import HouseState
    from tui.app.slash import Slash

MOST_RESTARTS = 3


class HausgeistApp(StyledApp):
    """The app over a house. Leaves with status 0."""

    TITLE = "Hausgeist"
    CSS_PATH = "styles.tcss"
    COMMANDS: ClassVar = {Commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as Textual declares it
        (0, "-narrow"),
        (72, "-usual"),
        (110, "-wide"),
    ]
    BINDINGS: ClassVar = [
        Binding("f1", "keys", "Keys", priority=True),
        Binding("f2", "house", "House", priority=True),
        Binding("f3", "timeline", "Timeline", priority=True),
        Binding("f4", "talk_aloud", "Push to talk", priority=True),
        Binding("ctrl+o", "talks", "Talks", priority=True),
        Binding("ctrl+n", "new_talk", "New talk", priority=True),
        Binding("ctrl+q", "quit", "Leave", priority=True),
    ]

    def __init__(self, home: Home, theme: str = "lantern") -> None:
        super().__init__()
        self.home = home
        self.talk = TalkScreen()
        self._restarts = 0
        self.commands: list[Slash] = []
        self.prepared = asyncio.Event()
        """Set once what screens need was imported; a screen that is asked for before waits for it."""
        self._preparing = False
        self.state: HouseState | None = None
        for one in THEMES:
            self.register_theme(one)
        self._begin_in(theme)
        if home.still:
            self.animation_level = "none"

    def _begin_in(self, theme: str) -> None:
        """Set the first theme before any style was read; set later, all styles would be read twice."""
        self.set_reactive(App.theme, theme)
        dark = self.current_theme.dark
        self.update_classes({f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables of the styles that a theme may leave out."""
        return {"border": "#444444", "muted": "#888888"}

    def get_default_screen(self) -> Screen[None]:
        """The talk: no empty screen is made and drawn below it."""
        return self.talk

    @on(TalkScreen.Stands)
    async def _begin(self) -> None:
        """The first picture stands: what was made so far is for good, the rest is made, and the house is woken."""
        self.home.rest.begin()
        if not self.is_headless:
            Farewell(self.exit, sys.__stdin__.fileno() if sys.__stdin__ else 0).begin()
        await self.talk.furnish()
        self._wake()

    async def on_unmount(self) -> None:
        """The house ends with the app."""
        await self.home.link.close()

    # The house --------------------------------------------------------------------------------------------------

    @work(exit_on_error=False, group="prepare")
    async def _prepare(self) -> None:
        """Import what later screens need, and read their styles, off the loop, once the house is opening."""
        if self._preparing:
            return
        self._preparing = True
        try:
            self.commands = await asyncio.to_thread(import_later)
            await self.add_styles(Path(__file__).with_name("house.tcss"))
        finally:
            self.home.rest.settle()
            self.prepared.set()

    @work(exit_on_error=False)
    async def _wake(self) -> None:
        await self.home.link.start(self._told, self._workers_changed)
        await self._resume()

    async def _resume(self) -> None:
        """Go on with the latest talk; without any, offer the guide."""
        name = self.home.session
        self._prepare()
        await self.prepared.wait()
        try:
            if not name:
                talks = await self.home.link.call("sessions")
                name = talks[0]["name"] if talks else ""
                if not talks and self.home.guide:
                    self.action_guide()
            await self.talk.resume(name)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
            self.talk.resumed.set()

    def _told(self, state: HouseState) -> None:
        self.state = state
        if self.talk.is_mounted:
            self.talk.show_state(state)
        if state.phase != "starting":
            self._prepare()
        if state.phase == "ready":
            self._restarts = 0
            self.talk.refresh_status()
        died = state.phase == "failed" and "ended unexpectedly" in state.text
        if died and self._restarts < MOST_RESTARTS and not self._exit:
            self._restarts += 1
            self.set_timer(1.0, self._again)

    def _workers_changed(self, workers: list[dict[str, Any]]) -> None:
        if self.talk.is_mounted:
            self.talk.query_one(StatusBar).show_workers(workers)
        for pane in self.screen.query("ModelsPane"):
            pane.show_workers(workers)  # type: ignore[attr-defined]

    @work(exit_on_error=False)
    async def _again(self) -> None:
        await self.home.link.start(self._told, self._workers_changed)

    @work(exclusive=True, group="restart", exit_on_error=False)
    async def restart_house(self) -> None:
        """Open the house anew, with the settings as they are now."""
        self.talk.turns.stop()
        await self.home.link.close()
        await self.home.link.start(self._told, self._workers_changed)

    # Commands ---------------------------------------------------------------------------------------------------

    def run_command(self, command: Slash, words: list[str]) -> None:
        """Run one of the app's own slash commands."""
        action: Any = getattr(self, f"action_{command.action}", None) or getattr(self.talk, f"action_{command.action}")
        if command.usage:
            action(" ".join(words))
        else:
            action()

    @on(TalkList.Chosen)
    async def _chosen(self, message: TalkList.Chosen) -> None:
        await self.talk.open_talk(message.name)

    def open_talk(self, name: str) -> None:
        """Show a talk."""
        self.run_worker(self.talk.open_talk(name))

    def action_new_talk(self) -> None:
        """Begin a new talk; its name comes with the first request."""
        self.open_talk("")

    @work
    async def action_talks(self) -> None:
        """The list of talks."""
        from tui.app.talks import TalksScreen

        if any(isinstance(screen, TalksScreen) for screen in self.screen_stack):
            return
        chosen = await self.push_screen_wait(TalksScreen())
        if chosen is not None:
            await self.talk.open_talk(chosen)

    @work
    async def action_rename(self, name: str = "") -> None:
        """Give this talk another name."""
        if not self.home.session or not name:
            self.notify(tr("Write /rename and the new name, once the talk has begun."), severity="warning")
            return
        try:
            self.home.session = await self.home.link.call("rename", session=self.home.session, name=name)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
        self.talk.named(self.home.session)

    def action_attach(self, file: str = "") -> None:
        """Add a file to the next request."""
        path = Path(file).expanduser().absolute()
        if not file or not path.is_file():
            self.notify(tr("There is no file {name}.", name=file or "–"), severity="error", markup=False)
        else:
            self.talk.attach([path])

    @work
    async def action_export(self, form: str = "") -> None:
        """Write this talk to a file."""
        try:
            file = await self.home.link.call("export", session=self.home.session, form=form or "md")
            self.notify(tr("Written to {file}", file=file), markup=False)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)

    def action_theme(self) -> None:
        """The next colours; they are kept in the settings."""
        names = [one.name for one in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.notify(tr("Colours: {name}", name=self.theme), timeout=2)
        self.run_worker(self._keep_theme(self.theme), exclusive=True, group="theme", exit_on_error=False)

    async def _keep_theme(self, name: str) -> None:
        await self.home.link.call("set_setting", key="ui.theme", value=name)

    def action_house(self, tab: str = "") -> None:
        """The house's screens."""
        if not self.prepared.is_set():
            self._later(self.action_house, tab)
            return
        from tui.app.house import HouseScreen

        shown = next((screen for screen in self.screen_stack if isinstance(screen, HouseScreen)), None)
        if shown is not None and shown is self.screen:
            shown.dismiss() if not tab else shown.show_tab(tab)
        elif shown is None:
            self.push_screen(HouseScreen(tab or "cameras"))

    def action_timeline(self, thing: str = "") -> None:
        """The day's lanes, with a thing where one is named."""
        if not self.prepared.is_set():
            self._later(self.action_timeline, thing)
            return
        from tui.app.house import HouseScreen

        shown = next((screen for screen in self.screen_stack if isinstance(screen, HouseScreen)), None)
        if shown is not None:
            self.run_worker(shown.look_for(thing))
        else:
            self.push_screen(HouseScreen("timeline", thing))

    @work(exclusive=True, group="later", exit_on_error=False)
    async def _later(self, action: Callable[[str], None], argument: str) -> None:
        """Run an action once what it needs was imported."""
        await self.prepared.wait()
        action(argument)

    def action_keys(self) -> None:
        """All keys."""
        from tui.app.keys import KeysScreen

        if not isinstance(self.screen, KeysScreen):
            self.push_screen(KeysScreen(self.screen))

    def action_guide(self) -> None:
        """The guide of the first start."""
        from tui.app.guide import GuideScreen

        self.push_screen(GuideScreen())

    def action_talk_aloud(self) -> None:
        """Push to talk: begin, or end and send."""
        self.talk.entry.talk_aloud()

    async def action_quit(self) -> None:
        """Leave; while something runs, ask first."""
        if self.talk.turns.running and not isinstance(self.screen, AskModal):
            self._ask_to_leave()
        else:
            self.exit(0)

    @work
    async def _ask_to_leave(self) -> None:
        title = tr("Something still runs. Leave all the same?")
        if await self.push_screen_wait(AskModal(title, tr("It is stopped; what was finished stays."))):
            self.exit(0)

    # Pictures ---------------------------------------------------------------------------------------------------

    @on(Picture.Enlarge)
    def _enlarge(self, message: Picture.Enlarge) -> None:
        if not isinstance(self.screen, PictureScreen):
            self.push_screen(PictureScreen(message.file))

    @on(Picture.Outside)
    def _outside(self, message: Picture.Outside) -> None:
        if self.is_web:
            self.deliver_binary(message.file)
        else:
            self._open_outside(message.file)

    @work(thread=True, exit_on_error=False)
    def _open_outside(self, file: Path) -> None:
        if not open_outside(file):
            self.call_from_thread(self.notify, tr("No program to open it was found: {file}", file=file), markup=False)
