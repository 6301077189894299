"""Opens the terminal app: reads the settings it needs, chooses language and pictures, and runs. Loads no model."""

from __future__ import annotations

import os
from collections.abc import Sequence

from runtime.house import system_now
from runtime.paths import Paths
from runtime.settings import load_settings


def run(overrides: Sequence[str] = (), session: str = "") -> int:
    """Run the app until the reader leaves; gives the exit status. Raises `SettingsError` before anything is drawn."""
    from agent.host.client import HouseProcess
    from tui.app.app import HausgeistApp
    from tui.app.home import Home
    from tui.app.picture import picture_mode
    from tui.app.words import Words, choose_language

    paths = Paths.from_environment()
    settings = load_settings(paths.settings_file, os.environ, overrides)
    home = Home(
        HouseProcess(overrides, log=paths.cache / "house.log"),
        Words(choose_language(settings.ui.language)),
        system_now,
        picture_mode(settings.ui.pictures),
        session,
        settings.ui.guide,
        overrides=list(overrides),
    )
    status = HausgeistApp(home, settings.ui.theme).run()
    return status or 0


if __name__ == "__main__":
    raise SystemExit(run())
