"""Evidence as a filmstrip: before, last seen, after, with the box. Owns no search; the house draws the frames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual import work
from textual.containers import Horizontal

from tui.app.home import home_of, local_time, tr
from tui.app.picture import Picture

ROWS = 10
WIDE, SIDE, MOST, MARGINS = 110, 34, 120, 14
"""Columns from which the list of talks stands at the side, what it takes, the widest turn, and what is around it."""
NARROW = 72
"""Columns below which the pictures stand below each other, as the class -narrow does."""


class Filmstrip(Horizontal):
    """Up to three pictures side by side; on a narrow screen they stand below each other (see `styles.tcss`)."""

    def __init__(self, camera: str, first_seen: str, last_seen: str, box: list[float], frame: str) -> None:
        super().__init__()
        self._ask: dict[str, Any] = {"camera": camera, "first_seen": first_seen, "last_seen": last_seen, "box": box}
        self._frame = frame

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Filmstrip | None:
        """The strip of the newest sighting in a `find_item` result; None where there is none."""
        seen = facts.get("sightings")
        if not isinstance(seen, list) or not seen or not isinstance(seen[0], Mapping):
            return None
        one = seen[0]
        try:
            box = [float(value) for value in one["box"]]
            return cls(str(one["camera"]), str(one["first_seen"]), str(one["last_seen"]), box, str(one["frame"]))
        except (KeyError, TypeError, ValueError):
            return None

    def on_mount(self) -> None:
        """Ask the house for the frames."""
        self._load()

    def _columns(self) -> int:
        """Columns of one picture, from the terminal's width alone: the layout may not be known yet."""
        width = self.app.size.width
        room = min(width - (SIDE if width >= WIDE else 0), MOST) - MARGINS
        return room if width < NARROW else room // 3 - 3

    @work
    async def _load(self) -> None:
        names = {"before": tr("before"), "seen": tr("last seen"), "after": tr("after")}
        try:
            frames = await home_of(self).link.call("filmstrip", **self._ask)
        except Exception:  # the frame that the tool gave is there in any case
            frames = []
        if not self.is_mounted:
            return
        columns = self._columns()
        if not any(frame["when"] == "seen" for frame in frames):
            await self.mount(Picture(Path(self._frame), names["seen"], rows=ROWS, columns=columns))
        for frame in frames:
            caption = f"{names[frame['when']]} {local_time(self, frame['time'], '%H:%M')}"
            await self.mount(Picture(Path(frame["file"]), caption, rows=ROWS, columns=columns))
