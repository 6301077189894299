"""Pictures in the terminal by textual-image: Kitty's protocol, Sixel, or half blocks. Owns no picture file.

A picture is read and made small in a thread; the event loop only hands over cells. textual-image asks the terminal
what it can do when it is imported; since the app reads the keys by then, the answer comes from the environment instead.
"""

from __future__ import annotations

import fcntl
import io
import os
import struct
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Center, Middle, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.app.home import home_of, tr
from tui.app.shown import one_line

if TYPE_CHECKING:
    from PIL.Image import Image

_KITTY = {"kitty", "ghostty"}
_SIXEL_TERMS = ("foot", "mlterm", "yaft", "contour", "xterm-sixel")
_SIXEL_PROGRAMS = {"WezTerm", "iTerm.app", "mintty", "vscode-sixel"}
MOST_PIXELS = {"kitty": 1280, "sixel": 640}
"""Longest side handed to the terminal; Sixel is encoded in Python, on the loop."""


def picture_mode(setting: str, environ: Mapping[str, str] = os.environ) -> str:
    """How pictures can be drawn here: the setting, or with "auto" what the terminal's name says it can do."""
    if setting != "auto":
        return setting
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if "TMUX" in environ or "TEXTUAL_DRIVER" in environ or term.startswith(("screen", "tmux")):
        return "blocks"
    if "KITTY_WINDOW_ID" in environ or program.lower() in _KITTY or any(name in term for name in _KITTY):
        return "kitty"
    if term.startswith(_SIXEL_TERMS) or program in _SIXEL_PROGRAMS:
        return "sixel"
    return "blocks"


class Picture(Vertical):
    """One picture with a caption; enter or a click enlarges it. `rows` is its greatest height in cells."""

    can_focus = True
    BINDINGS: ClassVar = [
        Binding("enter", "enlarge", "Enlarge"),
        Binding("o", "outside", "Open outside"),
    ]

    class Enlarge(Message):
        """The reader wants to see the picture large."""

        def __init__(self, file: Path) -> None:
            super().__init__()
            self.file = file

    class Outside(Message):
        """The reader wants to see the file in another program."""

        def __init__(self, file: Path) -> None:
            super().__init__()
            self.file = file

    def __init__(
        self, file: Path, caption: str = "", *, rows: int = 12, columns: int = 0, classes: str | None = None
    ) -> None:
        super().__init__(classes=classes)
        self.file, self._caption, self._rows, self._columns = file, caption, rows, columns

    def compose(self) -> ComposeResult:
        """A caption; the picture comes when it was read."""
        yield Static(one_line(self._caption or self.file.name), classes="caption", markup=False)

    def on_mount(self) -> None:
        """Read the picture, elsewhere."""
        mode = home_of(self).pictures
        if mode == "off":
            self.query_one(".caption", Static).update(one_line(str(self.file)))
            return
        columns = max(16, self._columns or min(self.app.size.width - 12, 100))
        self._read(mode, columns)

    @work(thread=True, exit_on_error=False)
    def _read(self, mode: str, columns: int) -> None:
        try:
            image, cells = prepared(self.file, columns, self._rows, mode)
            kind = image_widget(mode)
        except Exception as problem:
            self.app.call_from_thread(self._fail, str(problem))
            return
        self.app.call_from_thread(self._show, partial(kind, image), cells)

    def _show(self, make: Any, cells: tuple[int, int]) -> None:
        if self.is_mounted:
            widget = make()
            widget.styles.width, widget.styles.height = cells
            self.mount(widget, before=0)

    def _fail(self, why: str) -> None:
        if self.is_mounted:
            text = tr("The picture {name} cannot be shown: {why}", name=self.file.name, why=why)
            self.query_one(".caption", Static).update(one_line(text))

    def on_click(self) -> None:
        """Enlarge."""
        self.action_enlarge()

    def action_enlarge(self) -> None:
        """Ask for the large view."""
        self.post_message(self.Enlarge(self.file))

    def action_outside(self) -> None:
        """Ask for another program."""
        self.post_message(self.Outside(self.file))


class PictureScreen(ModalScreen[None]):
    """One picture as large as the screen."""

    BINDINGS: ClassVar = [Binding("escape,q,enter", "dismiss", "Close"), Binding("o", "outside", "Open outside")]

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def compose(self) -> ComposeResult:
        """The picture in the middle."""
        rows = max(6, self.app.size.height - 4)
        with Middle(), Center():
            columns = max(16, self.app.size.width - 6)
            yield Picture(self._file, f"{self._file.name}   esc", rows=rows, columns=columns, classes="large")

    def action_outside(self) -> None:
        """Ask for another program."""
        self.app.post_message(Picture.Outside(self._file))


def prepared(file: Path, columns: int, rows: int, mode: str) -> tuple[Image, tuple[int, int]]:
    """The picture in RGB, upright, and its columns and rows: as large as fits into `columns` by `rows` cells.

    It has no more pixels than are drawn: with half blocks one in a cell's width and two in its height. Raises what
    Pillow raises.
    """
    from PIL import Image, ImageOps

    width, height = cell_pixels()
    with Image.open(file) as opened:
        opened.draft("RGB", (columns * width, rows * height))
        image = ImageOps.exif_transpose(opened).convert("RGB")
    scale = min(columns * width / image.width, rows * height / image.height)
    cells = (max(1, round(image.width * scale / width)), max(1, round(image.height * scale / height)))
    if mode == "blocks":
        return image.resize((cells[0], cells[1] * 2)), cells
    image.thumbnail((min(cells[0] * width, MOST_PIXELS[mode]), min(cells[1] * height, MOST_PIXELS[mode])))
    return image, cells


def image_widget(mode: str) -> Any:
    """textual-image's widget for `mode`; its import asks the terminal nothing."""
    with _terminal_not_asked():
        from textual_image import widget
    kinds = {"kitty": widget.TGPImage, "sixel": widget.SixelImage, "blocks": widget.HalfcellImage}
    return kinds[mode]


def open_outside(file: Path) -> bool:
    """Open a file in the desktop's program for it; False where none is found. For a thread."""
    import shutil
    import subprocess

    program = shutil.which("xdg-open") or shutil.which("open")
    if program is None:
        return False
    subprocess.Popen([program, str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    return True


def cell_pixels() -> tuple[int, int]:
    """Width and height of a terminal cell in pixels, as far as the terminal's driver knows; 10 by 20 otherwise."""
    try:
        packed = fcntl.ioctl(sys.__stdout__, termios.TIOCGWINSZ, b"\0" * 8)  # type: ignore[arg-type]
        rows, columns, width, height = struct.unpack("HHHH", packed)
    except (OSError, ValueError, TypeError):
        return 10, 20
    return (width // columns or 10, height // rows or 20) if rows and columns else (10, 20)


@contextmanager
def _terminal_not_asked() -> Iterator[None]:
    """While textual-image is imported, standard output is no terminal to it."""
    if "textual_image.widget" in sys.modules:
        yield
        return
    width, height = cell_pixels()
    os.environ.setdefault("TEXTUAL_CELL_WIDTH", str(width))
    os.environ.setdefault("TEXTUAL_CELL_HEIGHT", str(height))
    real = sys.__stdout__
    sys.__stdout__ = io.StringIO()  # type: ignore[misc,assignment]
    try:
        yield
    finally:
        sys.__stdout__ = real  # type: ignore[misc]
