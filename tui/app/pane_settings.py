"""Settings: a form made from the settings' models, checked by them. Owns no setting; the house writes the file."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Select, Static, Switch
from textual.widgets.option_list import Option

from runtime.errors import HausgeistError
from tui.app.home import home_of, tr
from tui.app.pane import Pane
from tui.app.shown import one_line

GENERAL = "general"


class Field(Vertical):
    """One setting: its name, where its value is from, what it means, and the control to change it."""

    def __init__(self, row: dict[str, Any]) -> None:
        super().__init__()
        self.row = row

    def compose(self) -> ComposeResult:
        """Label, control, description."""
        yield Static(self._label(), classes="label", markup=False)
        yield self._control()
        yield Static(one_line(self.row["description"], 300), classes="about", markup=False)
        yield Static(classes="wrong", markup=False)

    def on_mount(self) -> None:
        """Nothing is wrong yet."""
        self.query_one(".wrong").display = False

    def _label(self) -> Content:
        name = self.row["key"].rpartition(".")[2]
        changed = self.row["from"] != "default"
        origin = tr(
            {"file": "set", "environment": "from the environment", "option": "from --set"}.get(self.row["from"], "")
        )
        return Content.assemble((name, "bold"), "  ", (f"● {origin}" if changed else "", "$accent"))

    def _control(self) -> Input | Select[str] | Switch:
        value, kind = self.row["value"], self.row["kind"]
        if kind == "bool":
            return Switch(bool(value), animate=False)
        if kind == "choice":
            select: Select[str] = Select(
                [(choice, choice) for choice in self.row["choices"]], value=str(value), allow_blank=False, compact=True
            )
            return select
        shown = (
            ""
            if value is None or kind == "secret"
            else value
            if isinstance(value, str)
            else json.dumps(value, ensure_ascii=False)
        )
        default = self.row["default"]
        field = Input(
            shown, password=kind == "secret", placeholder=str(default) if default not in (None, "") else tr("not set")
        )
        field.cursor_blink = not home_of(self.app).still
        return field

    def show(self, wrong: str) -> None:
        """Say what is wrong with the value; nothing when it was taken."""
        line = self.query_one(".wrong", Static)
        line.display = bool(wrong)
        line.update(one_line(wrong, 300))


class SettingsPane(Pane):
    """Sections on the left, the section's form on the right."""

    hint = "enter saves a text · ctrl+d back to the default · counts from the next start of the house (ctrl+s)"
    BINDINGS: ClassVar = [
        Binding("ctrl+d", "default", "Back to the default", priority=True),
        Binding("ctrl+s", "restart", "Start the house anew", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[dict[str, Any]] = []
        self._section = GENERAL

    def compose(self) -> ComposeResult:
        """Two columns."""
        with Horizontal(classes="both"):
            yield OptionList(classes="sections", compact=True, markup=False)
            yield VerticalScroll(classes="form")
        yield Static(classes="progress", markup=False)
        yield Static(tr(self.hint), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Nothing runs yet."""
        self.query_one(".progress").display = False
        self.query_one(".form").can_focus = False

    async def load(self) -> None:
        """Ask for the settings."""
        found = await self.ask("settings")
        if found is None:
            return
        self._rows = found
        box = self.query_one(OptionList)
        names = list(dict.fromkeys(_section_of(row) for row in found))
        if box.option_count != len(names):
            box.clear_options()
            box.add_options([Option(name, id=name) for name in names])
            box.highlighted = names.index(self._section) if self._section in names else 0
        else:
            await self._show_section(self._section)

    @on(OptionList.OptionHighlighted)
    async def section(self, event: OptionList.OptionHighlighted) -> None:
        """Show another section's form."""
        await self._show_section(str(event.option.id))

    async def _show_section(self, name: str) -> None:
        self._section = name
        form = self.query_one(".form", VerticalScroll)
        await form.query(Field).remove()
        for row in [row for row in self._rows if _section_of(row) == name]:
            await form.mount(Field(row))
            if self._section != name:
                return  # the reader has gone on meanwhile
        form.scroll_home(animate=False)

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        """Save a text."""
        field = _field_of(event.input)
        try:
            self._save(field, _value(field.row, event.value))
        except ValueError as problem:
            field.show(str(problem))

    @on(Switch.Changed)
    def switched(self, event: Switch.Changed) -> None:
        """Save a switch."""
        field = _field_of(event.switch)
        if event.value != field.row["value"]:
            self._save(field, event.value)

    @on(Select.Changed)
    def selected(self, event: Select.Changed) -> None:
        """Save a choice."""
        field = _field_of(event.select)
        if event.value != field.row["value"]:
            self._save(field, event.value)

    def action_default(self) -> None:
        """The setting under the cursor goes back to its default."""
        focused = self.screen.focused
        if focused is not None and any(isinstance(above, Field) for above in focused.ancestors):
            self._save(_field_of(focused), None)

    def action_restart(self) -> None:
        """Start the house anew, so that every setting counts."""
        app: Any = self.app
        app.restart_house()
        self.notify(tr("The house starts anew."))

    @work(exit_on_error=False)
    async def _save(self, field: Field, value: Any) -> None:
        key = field.row["key"]
        try:
            self._rows = await home_of(self).link.call("set_setting", key=key, value=value)
        except HausgeistError as problem:
            field.show(str(problem))
            return
        field.show("")
        field.row = {**next(row for row in self._rows if row["key"] == key), "value": value}
        if key == "ui.theme" and isinstance(value, str):
            self.app.theme = value
        self.notify(tr("{name} is saved.", name=key), timeout=2)


def _section_of(row: dict[str, Any]) -> str:
    return row["key"].partition(".")[0] if "." in row["key"] else GENERAL


def _field_of(widget: Any) -> Field:
    found: Field = next(above for above in widget.ancestors if isinstance(above, Field))
    return found


def _value(row: dict[str, Any], text: str) -> Any:
    """The value that was typed, for the settings file; None stands for the default. Raises `ValueError`."""
    if not text.strip() and (row["optional"] or row["kind"] not in {"text", "secret"}):
        return None
    if row["kind"] in {"int", "float"}:
        try:
            return int(text) if row["kind"] == "int" else float(text)
        except ValueError:
            raise ValueError(tr("A number is needed here.")) from None
    if row["kind"] == "json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(tr('Write it as JSON, such as ["a", "b"].')) from None
    return text
