"""Zones of one camera, drawn on its newest still with the mouse or the keys. Owns no zone (the house does)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runtime.errors import HausgeistError
from tui.app.asking import FormModal
from tui.app.bars import TopBar
from tui.app.home import home_of, tr
from tui.app.shown import one_line
from tui.app.still import Still

LEAST = 3


class ZonesScreen(Screen[None]):
    """Mark corners, then enter names the zone."""

    CSS_PATH = "house.tcss"
    BINDINGS: ClassVar = [
        Binding("escape", "back", "Back"),
        Binding("enter", "save", "Save", priority=True),
        Binding("delete", "remove", "Remove"),
    ]

    def __init__(self, camera: str, file: str, scale: float, zones: Sequence[dict[str, Any]]) -> None:
        super().__init__()
        self._camera, self._file, self._scale = camera, Path(file), scale
        self._zones = {zone["name"]: [tuple(point) for point in zone["polygon"]] for zone in zones}

    def compose(self) -> ComposeResult:
        """The still, and the zones that there are."""
        yield TopBar(id="top")
        with Horizontal(id="zones"):
            yield Still(self._file)
            with Vertical(classes="list"):
                yield Static(tr("Zones"), classes="title", markup=False)
                yield OptionList(compact=True, markup=False)
                yield Static(classes="told", markup=False)
        text = tr("arrows or mouse · space marks a corner · backspace takes it back · enter saves · esc back")
        yield Static(text, classes="hint", markup=False)

    def on_mount(self) -> None:
        """Draw on the picture."""
        self.query_one(TopBar).set("", tr("zones of {camera}", camera=one_line(self._camera, 30)))
        self.query_one(Still).focus()
        self._show()

    def _show(self) -> None:
        box = self.query_one(OptionList)
        box.clear_options()
        box.add_options([Option(one_line(name, 24), id=name) for name in sorted(self._zones)])
        still = self.query_one(Still)
        still.zones = [[(x * self._scale, y * self._scale) for x, y in zone] for zone in self._zones.values()]
        still.redraw()
        self._tell()

    @on(Still.Marked)
    def _tell(self) -> None:
        count = len(self.query_one(Still).corners)
        text = tr("{count} corners marked", count=count) if count else tr("Mark the corners of a place.")
        ready = tr("enter gives it a name") if count >= LEAST else ""
        self.query_one(".told", Static).update(Content.assemble(text, "\n", (ready, "$accent")))

    @work
    async def action_save(self) -> None:
        """Name the zone that was drawn and keep it."""
        still = self.query_one(Still)
        if len(still.corners) < LEAST:
            self.notify(tr("A zone has at least three corners."), severity="warning")
            return
        given = await self.app.push_screen_wait(FormModal(tr("Name of this place"), [(tr("Such as desk"), "")]))
        if not given or not given[0].strip():
            return
        polygon = [[x / self._scale, y / self._scale] for x, y in still.corners]
        if await self._ask("set_zone", camera=self._camera, name=given[0].strip(), polygon=polygon):
            self._zones[given[0].strip()] = [(x, y) for x, y in polygon]
            still.corners = []
            self._show()
        still.focus()

    @work
    async def action_remove(self) -> None:
        """Forget the zone that is marked in the list."""
        box = self.query_one(OptionList)
        if box.highlighted is None:
            return
        name = str(box.get_option_at_index(box.highlighted).id)
        if await self._ask("remove_zone", camera=self._camera, name=name):
            self._zones.pop(name, None)
            self._show()

    async def _ask(self, method: str, **args: Any) -> bool:
        try:
            await home_of(self).link.call(method, **args)
        except HausgeistError as problem:
            self.notify(str(problem), severity="error", markup=False)
            return False
        return True

    def action_back(self) -> None:
        """Back to the cameras."""
        self.dismiss()
