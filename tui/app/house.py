"""The house's screens as tabs: cameras, things, timeline, memory, models, settings, doctor."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import DataTable, Input, OptionList, TabbedContent, TabPane, Tabs

from tui.app.bars import TopBar
from tui.app.home import home_of, tr
from tui.app.pane import Pane
from tui.app.pane_cameras import CamerasPane
from tui.app.pane_doctor import DoctorPane
from tui.app.pane_memory import MemoryPane
from tui.app.pane_models import ModelsPane
from tui.app.pane_settings import SettingsPane
from tui.app.pane_things import ThingsPane
from tui.app.pane_timeline import TimelinePane

TABS: tuple[tuple[str, str, type[Pane]], ...] = (
    ("cameras", "Cameras", CamerasPane),
    ("things", "Things", ThingsPane),
    ("timeline", "Timeline", TimelinePane),
    ("memory", "Memory", MemoryPane),
    ("models", "Models", ModelsPane),
    ("settings", "Settings", SettingsPane),
    ("doctor", "Doctor", DoctorPane),
)


class HouseScreen(Screen[None]):
    """One tab at a time; Ctrl+Left and Ctrl+Right, or 1 to 7 with Alt, go to another."""

    CSS_PATH = "house.tcss"
    BINDINGS: ClassVar = [
        Binding("escape", "back", "Back", show=False),
        Binding("ctrl+right", "next(1)", "Next tab", priority=True),
        Binding("ctrl+left", "next(-1)", "Previous tab", priority=True),
        *(Binding(f"alt+{number}", f"tab('{tab[0]}')", show=False) for number, tab in enumerate(TABS, 1)),
    ]

    def __init__(self, tab: str = "cameras", thing: str = "") -> None:
        super().__init__()
        self._first, self._thing = tab, thing

    def compose(self) -> ComposeResult:
        """The tabs."""
        yield TopBar(id="top")
        with TabbedContent(initial=self._first):
            for name, title, _ in TABS:
                yield TabPane(tr(title), id=name)

    def on_mount(self) -> None:
        """Say where the reader is."""
        self.query_one(TopBar).set("", tr("house"))

    async def pane(self, name: str) -> Pane:
        """The pane of a tab; made at the first visit."""
        place = self.query_one(f"#{name}", TabPane)
        for there in place.query(Pane):
            return there
        kind = next(kind for tab, _, kind in TABS if tab == name)
        made = kind(self._thing) if issubclass(kind, TimelinePane) else kind()
        await place.mount(made)
        return made

    async def look_for(self, thing: str) -> None:
        """Show a thing over the day."""
        self._thing = thing
        pane = await self.pane("timeline")
        assert isinstance(pane, TimelinePane)
        pane.look_for(thing)
        self.show_tab("timeline")

    def show_tab(self, name: str) -> None:
        """Go to a tab."""
        self.query_one(TabbedContent).active = name

    def action_tab(self, name: str) -> None:
        """Go to a tab."""
        self.show_tab(name)

    def action_next(self, step: int) -> None:
        """Go to the next tab, or the one before."""
        names = [name for name, _, _ in TABS]
        at = names.index(self.query_one(TabbedContent).active)
        self.show_tab(names[(at + step) % len(names)])

    @on(TabbedContent.TabActivated)
    async def shown(self) -> None:
        """Load what is shown now, and put the cursor into it."""
        pane = await self.pane(self.query_one(TabbedContent).active)
        self._focus(pane)
        self.run_worker(pane.load(), group="load", exclusive=True, exit_on_error=False)

    @staticmethod
    def _focus(pane: Pane) -> None:
        for kind in (DataTable, OptionList, Input):
            if found := list(pane.query(kind)):
                found[0].focus()
                return
        pane.screen.query_one(Tabs).focus()

    def action_back(self) -> None:
        """Stop long work, else leave an input, else go back to the talk."""
        running = [worker for worker in self.app.workers if worker.group == "long" and worker.is_running]
        if running:
            for worker in running:
                worker.cancel()
        else:
            self.dismiss()


__all__ = ["TABS", "HouseScreen", "home_of"]
