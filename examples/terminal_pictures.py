"""Makes the pictures of docs/terminal.md: drives the app on the sample home with the starter model.

    python examples/terminal_pictures.py FOLDER

FOLDER is a house (as HAUSGEIST_HOME) that may be empty; the sample home is made and indexed in it. The pictures are
written to docs/pictures as SVG, drawn by Textual itself.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from agent.host.client import HouseProcess
from tui.app.app import HausgeistApp
from tui.app.home import Home
from tui.app.words import Words

DOCS = Path(__file__).resolve().parent.parent / "docs" / "pictures"
NOW = datetime(2026, 3, 14, 11, 7, tzinfo=UTC)
SIZE = (100, 32)


async def quiet(pilot: Pilot[Any], seconds: float = 1.5) -> None:
    """Wait until no turn runs, then until what it brought is drawn."""
    app: Any = pilot.app
    await pilot.pause(0.3)
    while app.talk.turns.running and app.screen is app.talk:
        await pilot.pause(0.1)
    await pilot.pause(seconds)


async def ready(pilot: Pilot[Any]) -> None:
    """Wait until the models are loaded."""
    app: Any = pilot.app
    while app.state is None or app.state.phase not in {"ready", "failed"}:
        await pilot.pause(0.2)


def keep(pilot: Pilot[Any], name: str) -> None:
    """Write what is on the screen."""
    svg = pilot.app.export_screenshot(title="Hausgeist")
    svg = re.sub(r"(?:/[\w.-]+)+/cache/demo", "/home/you/.cache/hausgeist/demo", svg)  # no machine's own paths
    (DOCS / f"{name}.svg").write_text(svg, encoding="utf-8")


async def draw(folder: Path, language: str) -> None:
    """One pass through the screens."""
    environ = {**os.environ, "HAUSGEIST_HOME": str(folder), "HAUSGEIST_FAKE_NOW": NOW.isoformat(), "TZ": "UTC"}
    home = Home(
        HouseProcess(environ=environ), Words(language), lambda: NOW, "blocks", f"pictures {language}", still=True
    )
    async with HausgeistApp(home).run_test(size=SIZE) as pilot:
        await ready(pilot)
        app: Any = pilot.app
        if language == "zh":
            await app.talk.turns.ask("我的手表在哪里?")
            await quiet(pilot, 4.0)
            keep(pilot, "talk-zh")
            return
        await home.link.call("sample_home")
        await app.talk.turns.ask("Where did I leave my watch?")
        await quiet(pilot, 4.0)
        keep(pilot, "talk")
        await app.talk.turns.ask("Remember that the spare key hangs behind the fuse box.")
        await quiet(pilot)
        await _house(pilot)
        await app.talk.turns.ask("Forget what I told you about the spare key.")
        while not app.screen.is_modal:
            await pilot.pause(0.1)
        await pilot.pause(0.3)
        keep(pilot, "approval")
        await pilot.press("n")
        await quiet(pilot)
        await pilot.press("slash")
        await pilot.pause(0.5)
        keep(pilot, "commands")


async def _house(pilot: Pilot[Any]) -> None:
    await pilot.press("f2")
    await quiet(pilot)
    keep(pilot, "cameras")
    await pilot.press("z")
    await quiet(pilot, 2.5)
    await pilot.press("space", *["shift+right"] * 2, "space", *["shift+down"] * 2, "space")
    await pilot.pause(0.5)
    keep(pilot, "zones")
    await pilot.press("escape")
    for number, name in ((2, "things"), (3, "timeline"), (4, "memory"), (5, "models"), (6, "settings")):
        await pilot.press(f"alt+{number}")
        await quiet(pilot, 2.0)
        if name == "timeline":
            await pilot.press("w", "a", "t", "c", "h", "enter")
            await quiet(pilot, 5.0)
        if name == "things":
            await pilot.press("down")
            await quiet(pilot, 1.5)
        keep(pilot, name)
    await pilot.press("escape")
    await quiet(pilot)


def main() -> None:
    """Draw in English, then one picture in Chinese."""
    folder = Path(sys.argv[1]).absolute()
    DOCS.mkdir(parents=True, exist_ok=True)
    for language in ("en", "zh"):
        asyncio.run(draw(folder, language))


if __name__ == "__main__":
    main()
