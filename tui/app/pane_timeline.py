"""Timeline: a thing and people over the day, one lane for each camera, gaps marked. Owns no drawing (`lanes`)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from tui.app import lanes
from tui.app.home import home_of, local_time, tr
from tui.app.pane import Pane
from tui.app.shown import one_line

MOST_EVENTS = 14
MARGINS = 8
"""Columns beside a lane and its name: around it, and the scroll bar."""
WORDS = {"placed": "put down", "removed": "taken", "covered": "covered", "uncovered": "uncovered"}


class TimelinePane(Pane):
    """One day. Left and right go to the day before and after."""

    hint = "enter look for a thing · ctrl+b day before · ctrl+f day after"
    BINDINGS: ClassVar = [
        Binding("ctrl+b", "day(-1)", "Day before", priority=True),
        Binding("ctrl+f", "day(1)", "Day after", priority=True),
    ]

    def __init__(self, thing: str = "") -> None:
        super().__init__()
        self._thing, self._day = thing, ""
        self._found: dict[str, Any] | None = None

    def compose(self) -> ComposeResult:
        """The thing, the lanes, what happened."""
        field = Input(self._thing, placeholder=tr("A thing, such as watch; empty for people only"), classes="search")
        field.cursor_blink = not home_of(self.app).still
        yield field
        yield Static(classes="day", markup=False)
        with VerticalScroll(classes="lanes"):
            yield Static(classes="drawing", markup=False)
        yield Static(classes="progress", markup=False)
        yield Static(tr(self.hint), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Nothing runs yet."""
        self.query_one(".progress").display = False

    def look_for(self, thing: str) -> None:
        """Show this thing at the next visit."""
        self._thing = thing
        self.query_one(Input).value = thing

    async def load(self) -> None:
        """Ask for the day."""
        found = await self.ask("timeline", day=self._day, thing=self._thing)
        if found is not None:
            self._found, self._day = found, found["day"]
            self._draw()

    @on(Input.Submitted)
    def looked(self, event: Input.Submitted) -> None:
        """Look for a thing."""
        self._thing = event.value
        self.run_worker(self.load(), group="load", exclusive=True, exit_on_error=False)

    def action_day(self, step: int) -> None:
        """Go to another day."""
        if self._day:
            self._day = (date.fromisoformat(self._day) + timedelta(days=step)).isoformat()
            self.run_worker(self.load(), group="load", exclusive=True, exit_on_error=False)

    def on_resize(self) -> None:
        """Draw anew in the new width."""
        self._draw()

    @work(exclusive=True, group="draw")
    async def _draw(self) -> None:
        found = self._found
        if found is None:
            return
        if not found["lanes"]:
            self.query_one(".drawing", Static).update(tr("There is no camera yet."))
            return
        width = max(20, self.size.width - lanes.NAME - MARGINS)
        start, end = lanes.window(found["lanes"], found["from"], found["to"])
        lines = [lanes.scale(start, end, found["from"], width)]
        lines += [lanes.lane(row, start, end, width) for row in found["lanes"]]
        lines += [Content(""), self._legend(), Content(""), *self._events(found)]
        self.query_one(".day", Static).update(found["day"])
        self.query_one(".drawing", Static).update(Content("\n").join(lines))

    def _legend(self) -> Content:
        names = {
            "thing": self._thing or tr("thing"),
            "people": tr("people"),
            "covered": tr("recorded"),
            "none": tr("no footage"),
        }
        parts: list[Any] = []
        for kind in reversed(lanes.RANK):
            if kind != "thing" or self._thing:
                sign, colour = lanes.SIGNS[kind]
                parts += [(sign * 2, colour), f" {one_line(names[kind], 30)}   "]
        return Content.assemble(*parts)

    def _events(self, found: dict[str, Any]) -> list[Content]:
        changes = sorted((time, row["camera"], kind) for row in found["lanes"] for time, kind in row["changes"])
        lines = []
        for time, camera, kind in changes[-MOST_EVENTS:]:
            when = local_time(self, time, "%H:%M:%S")
            lines.append(
                Content.assemble((when, "$muted"), f"  {camera}  ", tr("something was {what}", what=tr(WORDS[kind])))
            )
        return lines
