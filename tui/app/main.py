"""Opens the terminal app: reads the few settings it needs itself, chooses language and pictures, and runs.

The first picture must stand within half a second, so nothing is imported for it but Textual: the house reads and checks
all settings in its own process, and tells what is wrong with them.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.clock import system_now

if TYPE_CHECKING:
    from agent.host.client import HouseLink

DEFAULTS = {"theme": "lantern", "language": "auto", "pictures": "auto", "guide": "true"}
"""As in `runtime.settings.UiSettings`; a test holds it."""


def run(overrides: Sequence[str] = (), session: str = "") -> int:
    """Run the app until the reader leaves; gives the exit status."""
    gc.disable()  # until the first picture stands; nothing of what is imported is ever garbage
    from tui.app.app import HausgeistApp
    from tui.app.home import Home
    from tui.app.late import LateHouse
    from tui.app.picture import picture_mode
    from tui.app.theme import THEMES
    from tui.app.words import Words, choose_language

    heed_the_window(os.environ)
    cache, file = _places(os.environ)
    chosen = ui_settings(file, os.environ, overrides)

    def make() -> HouseLink:
        from agent.host.client import HouseProcess

        return HouseProcess(overrides, log=cache / "house.log")

    home = Home(
        LateHouse(make),
        Words(choose_language(chosen["language"])),
        system_now,
        picture_mode(chosen["pictures"]),
        session,
        chosen["guide"] == "true",
        overrides=list(overrides),
    )
    known = {theme.name for theme in THEMES}
    return HausgeistApp(home, chosen["theme"] if chosen["theme"] in known else DEFAULTS["theme"]).run() or 0


def heed_the_window(environ: MutableMapping[str, str]) -> None:
    """Forget `COLUMNS` and `LINES` where the terminal tells its size itself.

    A shell may have left them from another window; Textual would believe them, and follow no change of the size.
    """
    try:
        columns, lines = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else -1)
    except (OSError, ValueError):
        return
    if columns and lines:
        environ.pop("COLUMNS", None)
        environ.pop("LINES", None)


def ui_settings(file: Path, environ: Mapping[str, str], overrides: Sequence[str]) -> dict[str, str]:
    """The settings of `ui` as texts, in the settings' order of strength; what cannot be read is the default here."""
    told = _told_in(file) if file.is_file() else {}
    found = DEFAULTS | {key: str(value).lower() for key, value in told.items() if key in DEFAULTS}
    found |= {key: environ[name] for key in DEFAULTS if (name := f"HAUSGEIST_UI__{key.upper()}") in environ}
    given = dict(override.partition("=")[::2] for override in overrides)
    return found | {key: given[f"ui.{key}"] for key in DEFAULTS if f"ui.{key}" in given}


def _told_in(file: Path) -> dict[str, Any]:
    """The part `ui` of a settings file; the house tells what is wrong with the file."""
    import tomllib  # only where there is a file: it takes as long to import as a widget

    try:
        return dict(tomllib.loads(file.read_text(encoding="utf-8")).get("ui", {}))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, ValueError):
        return {}


def _places(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """The cache's folder and the settings file."""
    from runtime.paths import Paths

    paths = Paths.from_environment(environ)
    return paths.cache, paths.settings_file


if __name__ == "__main__":
    raise SystemExit(run())
