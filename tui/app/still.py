"""A still drawn in half blocks with polygons over it, and a cursor to mark corners with. Owns no zone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from PIL.Image import Image

Point = tuple[float, float]
LINE, OTHER, MARK = (255, 190, 90), (120, 170, 220), (255, 255, 255)


class Still(Widget):
    """The picture fills the widget. Arrows move the cursor (with Shift faster), space or a click marks a corner."""

    can_focus = True
    BINDINGS: ClassVar = [
        Binding("left", "move(-1,0)", show=False),
        Binding("right", "move(1,0)", show=False),
        Binding("up", "move(0,-1)", show=False),
        Binding("down", "move(0,1)", show=False),
        Binding("shift+left", "move(-8,0)", show=False),
        Binding("shift+right", "move(8,0)", show=False),
        Binding("shift+up", "move(0,-4)", show=False),
        Binding("shift+down", "move(0,4)", show=False),
        Binding("space", "mark", "Mark a corner"),
        Binding("backspace", "unmark", "Take the last corner back"),
    ]

    class Marked(Message):
        """The corners have changed."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._picture: Image | None = None
        self._rows: list[Strip] = []
        self.picture_size = (1, 1)
        self.corners: list[Point] = []
        """Corners of the zone that is being drawn, in pixels of the JPEG."""
        self.zones: list[list[Point]] = []
        self.cursor = (0, 0)

    def on_mount(self) -> None:
        """Read the picture, elsewhere."""
        self._read()

    @work(thread=True, exit_on_error=False)
    def _read(self) -> None:
        from PIL import Image

        with Image.open(self._file) as opened:
            picture = opened.convert("RGB")
        self.app.call_from_thread(self._have, picture)

    def _have(self, picture: Image) -> None:
        self._picture, self.picture_size = picture, picture.size
        self.redraw()

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.cursor = (self.size.width // 2, self.size.height // 2)
        self.redraw()

    @work(thread=True, exclusive=True, group="draw", exit_on_error=False)
    def redraw(self) -> None:
        """Make the rows anew, elsewhere."""
        width, height = self.size.width, self.size.height
        if self._picture is None or width < 2 or height < 2:
            return
        rows = self._drawn(self._picture, width, height)
        self.app.call_from_thread(self._put, rows)

    def _put(self, rows: list[Strip]) -> None:
        self._rows = rows
        self.refresh()

    def _drawn(self, picture: Image, width: int, height: int) -> list[Strip]:
        from PIL import ImageDraw

        small = picture.resize((width, height * 2))
        pen = ImageDraw.Draw(small)
        for zone in self.zones:
            pen.polygon([self._to_small(point, width, height) for point in zone], outline=OTHER)
        corners = [self._to_small(point, width, height) for point in self.corners]
        if len(corners) > 1:
            pen.line([*corners, corners[0]] if len(corners) > 2 else corners, fill=LINE)
        for corner in corners:
            pen.point(corner, fill=MARK)
        pixels = small.load()
        assert pixels is not None
        rows = []
        for y in range(height):
            segments = [
                Segment("▀", Style.from_color(*_pair(pixels[x, 2 * y], pixels[x, 2 * y + 1]))) for x in range(width)
            ]
            rows.append(Strip(segments, width))
        return rows

    def _to_small(self, point: Point, width: int, height: int) -> tuple[int, int]:
        across, down = self.picture_size
        return (min(width - 1, int(point[0] / across * width)), min(2 * height - 1, int(point[1] / down * 2 * height)))

    def render_line(self, y: int) -> Strip:
        """One row; the cursor stands on its cell."""
        if y >= len(self._rows) or self._rows[y].cell_length != self.size.width:
            return Strip.blank(self.size.width, self.rich_style)
        row = self._rows[y]
        x, at = self.cursor
        if at != y or not self.has_focus:
            return row
        sign = Strip([Segment("┼", Style(color="black", bgcolor="white", bold=True))], 1)
        return Strip.join([row.crop(0, x), sign, row.crop(x + 1, self.size.width)])

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor."""
        x, y = self.cursor
        self.cursor = (max(0, min(self.size.width - 1, x + across)), max(0, min(self.size.height - 1, y + down)))
        self.refresh()

    def action_mark(self) -> None:
        """Mark a corner at the cursor."""
        x, y = self.cursor
        across, down = self.picture_size
        self.corners.append(((x + 0.5) / self.size.width * across, (y + 0.5) / self.size.height * down))
        self._changed()

    def action_unmark(self) -> None:
        """Take the last corner back."""
        if self.corners:
            self.corners.pop()
            self._changed()

    def on_click(self, event: events.Click) -> None:
        """A click marks a corner; with the right button it takes the last one back."""
        if event.button == 3:
            self.action_unmark()
            return
        self.cursor = (max(0, min(self.size.width - 1, event.x)), max(0, min(self.size.height - 1, event.y)))
        self.action_mark()

    def _changed(self) -> None:
        self.post_message(self.Marked())
        self.redraw()
        self.refresh()


def _pair(upper: Any, lower: Any) -> tuple[Color, Color]:
    return Color.from_rgb(*upper), Color.from_rgb(*lower)
