"""What every widget of the app may use: the house, the words, the clock. Handed down by the app; never global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from textual._context import active_app
from textual.app import App
from textual.dom import DOMNode

from tui.app.rest import Rest
from tui.app.words import Words

if TYPE_CHECKING:
    from agent.host.client import HouseLink


@dataclass
class Home:
    """The app's surroundings. `pictures`: "kitty", "sixel", "blocks" or "off"."""

    link: HouseLink
    words: Words
    clock: Callable[[], datetime]
    pictures: str = "blocks"
    session: str = "default"
    guide: bool = False
    still: bool = False
    """Whether nothing moves by itself (no blinking, no animation), for pictures and tests."""
    overrides: list[str] = field(default_factory=list)
    """`--set` options, for commands that run as programs of their own."""
    rest: Rest = field(default_factory=Rest)


class HomeApp(App[int]):
    """An app that has a `home`."""

    home: Home


def home_of(node: DOMNode) -> Home:
    """The home of the app that `node` is in."""
    return cast(HomeApp, node.app).home


def tr(text: str, /, **values: Any) -> str:
    """The screens' words for `text` in the reader's language, with `{values}` put in."""
    found = cast(HomeApp, active_app.get()).home.words(text)
    return found.format(**values) if values else found


def local_time(node: DOMNode, seconds: float, form: str = "%Y-%m-%d %H:%M") -> str:
    """Unix seconds in the zone of the home's clock."""
    return datetime.fromtimestamp(seconds, home_of(node).clock().tzinfo).strftime(form)


def size_of(count: float) -> str:
    """Bytes for people: "1.4 GB", "310 MB"."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= one:
            return f"{count / one:.1f} {unit}" if count < 10 * one else f"{count / one:.0f} {unit}"
    return f"{count:.0f} B"


def left_of(seconds: float | None) -> str:
    """A remaining time for people: "2 min 05 s"; empty where it is unknown."""
    if seconds is None:
        return ""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"
