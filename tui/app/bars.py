"""The lines at the top and the bottom: the talk's name, the loading bar, the status. Owns no figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import work
from textual.content import Content
from textual.widgets import Static

from runtime.errors import HausgeistError
from tui.app.home import home_of, size_of, tr
from tui.app.shown import one_line

if TYPE_CHECKING:
    from agent.host.wire import HouseState

NAMES = {"speech recogniser": "recogniser"}
WIDTH = 24
LONG, SHORT = 40, 18
"""Letters of the model's name, and on a narrow screen."""


class TopBar(Static):
    """The program's and the talk's name, and the few keys one must know."""

    def set(self, session: str, place: str = "") -> None:
        """Show where the reader is."""
        self._parts = (session, place)
        self.refresh(layout=False)
        self.update(self._line())

    _parts = ("", "")

    def on_resize(self) -> None:
        """Fewer keys on a narrow screen."""
        self.update(self._line())

    def _line(self) -> Content:
        session, place = self._parts
        keys = [("F1", tr("keys")), ("F2", tr("house")), ("^O", tr("talks")), ("^P", tr("commands"))]
        left = Content.assemble(
            ("◖◗ ", "$accent"),
            ("Hausgeist", "bold"),
            ("  ", ""),
            (one_line(place or session or tr("new talk"), 40), "$muted"),
        )
        room = self.size.width - left.cell_length - 2
        right = Content("")
        for key, word in keys:
            more = Content.assemble((f" {key} ", "$accent"), (f"{word} ", "$muted"))
            if right.cell_length + more.cell_length <= room:
                right = right + more
        return left + Content(" " * max(1, room - right.cell_length)) + right


class LoadBar(Static):
    """How far the house is with opening; gone once it is ready."""

    def on_mount(self) -> None:
        """Show the first step at once."""
        self.update(self._line(0.02, tr("waking the house …")))

    def show(self, state: HouseState) -> None:
        """Show a state."""
        words = {
            "starting": tr("waking the house …"),
            "opening": tr("opening the house …"),
            "learning": tr("getting the tools ready …"),
            "loading": tr("loading {model} …", model=one_line(state.text, 40)),
        }
        self.set_class(state.phase == "failed", "failed")
        self.display = state.phase != "ready"
        if state.phase == "failed":
            self.update(Content.assemble(("✗ ", "$error"), one_line(state.text.removeprefix("missing: "))))
        elif state.phase in words:
            self.update(self._line(state.share, words[state.phase]))

    @staticmethod
    def _line(share: float, text: str) -> Content:
        done = round(share * WIDTH)
        bar = [("━" * done, "$accent"), ("━" * (WIDTH - done), "$border")]
        return Content.assemble(*bar, f" {text} ", (tr("you can type already"), "$muted"))


class StatusBar(Static):
    """Model, speed, context, memory by worker, cameras, microphone. Where there is no room, the smaller workers are one
    sum, then all of them, then the model's name is cut; what does not fit then is left out from the right.
    """

    figures: dict[str, Any] | None = None
    speed: float = 0.0
    microphone: str = ""
    busy: str = ""

    def show_busy(self, busy: str, listening: bool) -> None:
        """Show whether something runs, and whether the house listens."""
        self.busy, self.microphone = busy, tr("listening") if listening else ""
        self.redraw()

    def show_workers(self, workers: list[dict[str, Any]]) -> None:
        """Show which workers run; the house tells each change."""
        self.figures = {**(self.figures or {}), "workers": workers}
        self.redraw()

    @work(exclusive=True, group="status", exit_on_error=False)
    async def reload(self) -> None:
        """Ask the house for all figures."""
        home = home_of(self)
        try:
            self.figures = await home.link.call("status", session=home.session)
        except HausgeistError:
            self.figures = None
        note = home.link.note
        self.speed = note.tokens_per_s if note is not None else 0.0
        self.redraw()

    def redraw(self) -> None:
        """Show the figures as they are."""
        self.update(self._line())

    def on_resize(self) -> None:
        """Fewer parts on a narrow screen."""
        self.redraw()

    def _line(self) -> Content:
        room = self.size.width - 2
        count = len((self.figures or {}).get("workers", []))
        names = range(count, 0, -1)
        tries = [*((n, LONG, True) for n in names), *((n, LONG, False) for n in names), (0, LONG, True)]
        for named, model, off in [*tries, (0, SHORT, True)]:
            parts = self._parts(named, model, off)
            if _joined(parts).cell_length <= room:
                break
        while len(parts) > 1 and _joined(parts).cell_length > room:
            parts.pop()
        return _joined(parts)

    def _parts(self, named: int, model: int, off: bool) -> list[Content]:
        """The parts, with `named` workers by name, at most `model` letters of the model's; `off`: say so of the mic."""
        found = self.figures or {}
        parts = [Content.assemble((f"{self.busy}", "$accent"))] if self.busy else []
        parts.append(Content(one_line(found.get("model", "–"), model)))
        if self.speed:
            parts.append(Content(tr("≈{speed:.0f} tokens/s", speed=self.speed)))
        if found.get("context_tokens"):
            used, most = found["context"], found["context_tokens"]
            parts.append(Content(tr("context {used} of {most}", used=used, most=most)))
        parts += _memory(found.get("workers", []), named)
        if found:
            parts.append(Content(tr("cameras {count}", count=found.get("cameras", 0))))
        if self.microphone or off:
            parts.append(Content(self.microphone or tr("microphone off")))
        return parts


def _memory(workers: Sequence[dict[str, Any]], named: int) -> list[Content]:
    """The largest `named` workers with their memory, then the others as one sum."""
    ordered = sorted(workers, key=lambda worker: -worker["bytes"])
    parts = []
    for worker in ordered[:named]:
        name = NAMES.get(worker["name"], worker["name"])
        parts.append(Content(f"{_sign([worker])} {name} {size_of(worker['bytes'])}"))
    if rest := ordered[named:]:
        more = f"+{len(rest)} " if named else ""
        parts.append(Content(f"{_sign(rest)} {more}{size_of(sum(worker['bytes'] for worker in rest))}"))
    return parts


def _sign(workers: Sequence[dict[str, Any]]) -> str:
    return "●" if any(worker["in_use"] for worker in workers) else "○"


def _joined(parts: list[Content]) -> Content:
    return Content.assemble(("  ·  ", "$border")).join(parts)
