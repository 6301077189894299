"""A small form over the screen: one or more texts. Owns no meaning of what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from tui.app.home import home_of, tr
from tui.app.shown import one_line


class FormModal(ModalScreen[list[str] | None]):
    """Asks for texts; enter in the last one is done, escape gives None. `fields` are (label, text so far)."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, title: str, fields: Sequence[tuple[str, str]], note: str = "") -> None:
        super().__init__()
        self._title, self._fields, self._note = title, fields, note

    def compose(self) -> ComposeResult:
        """A title, the fields, two buttons."""
        with Vertical(id="question"):
            yield Static(one_line(self._title), classes="title", markup=False)
            if self._note:
                yield Static(self._note, classes="risk", markup=False)
            for label, text in self._fields:
                yield Label(label, markup=False)
                yield Input(text)
            with Horizontal(classes="buttons"):
                yield Button(tr("Done"), id="done", variant="primary")
                yield Button(tr("Cancel"), id="cancel")

    def on_mount(self) -> None:
        """The first field is under the cursor."""
        for field in self.query(Input):
            field.cursor_blink = not home_of(self).still
        self.query(Input).first().focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, or is done."""
        fields = list(self.query(Input))
        at = fields.index(event.input)
        if at + 1 < len(fields):
            fields[at + 1].focus()
        else:
            self.dismiss([field.value for field in fields])

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button ends it."""
        self.dismiss([field.value for field in self.query(Input)] if event.button.id == "done" else None)
