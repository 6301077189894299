"""Things: what was seen, each where it was last, with its picture. Owns no sighting."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Input, Static

from tui.app.home import home_of, local_time, tr
from tui.app.pane import TablePane
from tui.app.picture import image_widget
from tui.app.shown import one_line


class ThingsPane(TablePane):
    """Taught items first, then things by what they look like."""

    columns = ("thing", "camera", "last seen", "times")
    empty = "Nothing was seen yet: add a camera and index it."
    hint = "/ filter · t timeline · enter ask where it is"
    BINDINGS: ClassVar = [Binding("slash", "search", "Filter"), Binding("t", "timeline", "Timeline")]

    def above(self) -> ComposeResult:
        """The filter."""
        field = Input(placeholder=tr("Filter by words, such as blue mug"), classes="search")
        field.cursor_blink = not home_of(self.app).still
        yield field

    async def load(self) -> None:
        """Ask for the things."""
        found = await self.ask("things", query=self.query_one(Input).value)
        if found is not None:
            self.fill(found)

    def cells(self, row: dict[str, Any]) -> Sequence[str | tuple[str, str]]:
        """Name, camera, time, count."""
        name = f"★ {row['name']}" if row.get("taught") else row["name"]
        this_year = f"{home_of(self).clock().year}-"
        when = local_time(self, row["last_seen"]).removeprefix(this_year) if row["last_seen"] else "–"
        return (one_line(name, 34), one_line(row["camera"], 20), when, str(row["times"]))

    def detail(self, row: dict[str, Any]) -> Content:
        """Where it was; its picture follows."""
        self._show_picture(row)
        parts: list[Any] = [(one_line(row["name"], 80), "bold"), "\n"]
        if row["last_seen"]:
            first, last = local_time(self, row["first_seen"]), local_time(self, row["last_seen"], "%H:%M")
            parts.append((f"{row['camera']}, {first} – {last}", "$muted"))
        elif row.get("taught"):
            self._look_where(row["name"])
            parts.append((tr("You taught it; looking where it was last …"), "$muted"))
        return Content.assemble(*parts)

    @work(exclusive=True, group="where", exit_on_error=False)
    async def _look_where(self, name: str) -> None:
        answer = await self.ask("where", thing=name)
        row = self.chosen
        if answer is not None and row is not None and row["name"] == name:
            told = Content.assemble((one_line(name, 80), "bold"), "\n", one_line(answer, 400))
            self.query_one(".detail", Static).update(told)

    @work(exclusive=True, group="crop", exit_on_error=False)
    async def _show_picture(self, row: dict[str, Any]) -> None:
        place = self.query_one(".details", VerticalScroll)
        await place.query(".crop").remove()
        mode = home_of(self).pictures
        if not row["crop"] or mode == "off":
            return
        from textual.worker import get_current_worker

        def read() -> Any:
            from PIL import Image

            from runtime.picture_faults import PICTURE_FAULTS

            try:
                image = Image.open(io.BytesIO(base64.b64decode(row["crop"]))).convert("RGB")
            except PICTURE_FAULTS:  # a damaged picture is not shown; the rest of the row is
                return None, None
            return image_widget(mode), image

        kind, image = await self.run_worker(read, thread=True, exit_on_error=False).wait()
        if kind is not None and not get_current_worker().is_cancelled and place.is_mounted:
            widget = kind(image, classes="crop")
            await place.mount(widget)

    @on(Input.Submitted)
    async def filtered(self) -> None:
        """Filter, then go to the results."""
        await self.load()
        self.query_one(DataTable).focus()

    @on(DataTable.RowSelected)
    def asked(self) -> None:
        """Go back to the talk with the question."""
        row = self.chosen
        if row is not None:
            app: Any = self.app
            self.screen.dismiss()
            app.talk.entry.put(tr("Where is my {thing}?", thing=row["name"]))

    def action_search(self) -> None:
        """Go to the filter."""
        self.query_one(Input).focus()

    async def action_timeline(self) -> None:
        """The thing over the day."""
        row = self.chosen
        screen: Any = self.screen
        if row is not None:
            await screen.look_for(row["name"])
