"""The commands that fit what was typed after a slash. Owns no command (see `slash`)."""

from __future__ import annotations

from typing import Any, cast

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.app import slash
from tui.app.home import tr

MARGINS = 10
"""Columns around a line: the box, its distance from the edges, the scroll bar."""


class Suggestions(OptionList):
    """A list over the prompt, hidden while nothing fits; the prompt keeps the cursor."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="suggestions", compact=True, markup=False)
        self.display = False
        self._known: list[slash.Slash] = []

    def show_for(self, text: str) -> bool:
        """Show what fits `text`, and tell whether anything does; a command that is whole and goes on needs none."""
        typed = text.startswith("/") and not text.startswith("//") and "\n" not in text
        if typed and not self._known:
            self._known = cast(Any, self.app).commands or slash.commands()
        words = text.removeprefix("/")
        complete = typed and any(words.startswith(f"{one.words} ") for one in self._known)
        found = slash.matching(text, self._known) if typed and not complete else []
        self.display = bool(found)
        self.clear_options()
        room = max(20, self.app.size.width - MARGINS)
        lines = [Content(f"/{one.words:<18} {tr(one.about)}").truncate(room, ellipsis=True) for one in found]
        self.add_options([Option(line, id=one.words) for line, one in zip(lines, found, strict=True)])
        if found:
            self.highlighted = 0
        return bool(found)

    @property
    def marked(self) -> str | None:
        """The words of the marked command."""
        return str(self.get_option_at_index(self.highlighted).id) if self.highlighted is not None else None

    def command(self, words: str) -> slash.Slash:
        """The command of these words."""
        return next(one for one in self._known if one.words == words)
