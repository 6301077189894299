"""All keys of the screen the reader is on, and of the app. Owns no key."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.app.home import tr

PARTS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Talk", (
        ("Enter", "send"), ("Ctrl+J, Shift+Enter", "new line"), ("↑ ↓", "earlier inputs"), ("Esc", "stop the answer"),
        ("PgUp PgDn", "scroll"), ("Ctrl+R", "edit and resend the last request"), ("Ctrl+G", "copy the last reply"),
        ("/", "commands"), ("Tab", "to the cards and pictures, and back"), ("paste a path", "attach the file"),
    )),
    ("Card or picture in focus", (
        ("Enter", "details, or enlarge"), ("R", "run again"), ("C", "stop"), ("O", "open outside"),
        ("Space", "play or pause a sound"), ("S", "stop a sound"),
    )),
    ("Everywhere", (
        ("F1", "these keys"), ("F2", "house: cameras, things, memory, models, settings, doctor"), ("F3", "timeline"),
        ("F4", "push to talk"), ("Ctrl+O", "all talks"), ("Ctrl+N", "new talk"), ("Ctrl+P", "command palette"),
        ("Ctrl+Q", "leave"),
    )),
    ("House", (
        ("Ctrl+← Ctrl+→", "tab before, next tab"), ("Alt+1 … Alt+7", "a tab"), ("Esc", "stop long work, or back"),
    )),
)  # fmt: skip


class KeysScreen(ModalScreen[None]):
    """The keys; any of escape, F1, q or enter closes it."""

    BINDINGS: ClassVar = [Binding("escape,f1,q,enter", "dismiss", "Close", priority=True)]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._below = below

    def compose(self) -> ComposeResult:
        """Groups of keys; those of the shown screen's hint stand first."""
        with Vertical(id="question", classes="tall"):
            yield Static(tr("Keys"), classes="title", markup=False)
            with VerticalScroll():
                yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        lines: list[Content] = []
        for hint in self._below.query(".hint").results(Static):
            if hint.region:
                lines += [Content.styled(tr("Here"), "bold"), Content(str(hint.content)), Content("")]
        for title, keys in PARTS:
            lines.append(Content.styled(tr(title), "bold"))
            lines += [Content.assemble((f"  {key:<22}", "$accent"), tr(what)) for key, what in keys]
            lines.append(Content(""))
        return Content("\n").join(lines)
