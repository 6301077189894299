"""The question before a tool runs: what exactly will happen, and once, always for this tool, or never."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.app.home import tr
from tui.app.shown import cut, one_line

if TYPE_CHECKING:
    from agent.events import Decision


class ApprovalModal(ModalScreen["Decision"]):
    """Asks for one decision; escape is never. Nothing runs meanwhile."""

    BINDINGS: ClassVar = [
        Binding("o,y", "decide('once')", "Once"),
        Binding("a", "decide('always')", "Always"),
        Binding("n,escape", "decide('never')", "Never"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, tool: str, args: Mapping[str, Any], risk: str) -> None:
        super().__init__()
        self._tool, self._args, self._risk = tool, args, risk

    def compose(self) -> ComposeResult:
        """The call in full, and three buttons."""
        risks = {
            "sensitive": tr("It deletes something, or reaches outside the house."),
            "write": tr("It makes or keeps something."),
            "read": tr("It only looks."),
        }
        with Vertical(id="question"):
            yield Static(tr("May {tool} run?", tool=one_line(self._tool, 40)), classes="title", markup=False)
            yield Static(risks.get(self._risk, self._risk), classes="risk", markup=False)
            with VerticalScroll(classes="call"):
                yield Static(self._call(), markup=False)
            with Horizontal(classes="buttons"):
                yield Button(tr("Once (o)"), id="once", variant="primary")
                yield Button(tr("Always for this tool (a)"), id="always")
                yield Button(tr("Never (n)"), id="never")

    def _call(self) -> str:
        if not self._args:
            return tr("It takes no arguments.")
        lines = [f"{name}: {self._value(value)}" for name, value in self._args.items()]
        return cut("\n".join(lines), 8000)

    @staticmethod
    def _value(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

    def on_mount(self) -> None:
        """The careful answer is under the cursor."""
        self.query_one("#never", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button decides."""
        decision: Any = event.button.id
        self.dismiss(decision)

    def action_decide(self, decision: Decision) -> None:
        """A key decides."""
        self.dismiss(decision)


class AskModal(ModalScreen[bool]):
    """A yes-or-no question before something that cannot be undone; escape is no."""

    BINDINGS: ClassVar = [Binding("y", "answer(True)", "Yes"), Binding("n,escape", "answer(False)", "No")]

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """The question and two buttons."""
        with Vertical(id="question"):
            yield Static(one_line(self._title), classes="title", markup=False)
            yield Static(cut(self._text, 2000), classes="risk", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(tr("Yes (y)"), id="yes", variant="primary")
                yield Button(tr("No (n)"), id="no")

    def on_mount(self) -> None:
        """No is under the cursor."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button answers."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """A key answers."""
        self.dismiss(answer)
