"""Every screen of the app as a picture, at 80×24 and 160×50, reached by real keys, on what a real house told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable

from tui.app.approval import ApprovalModal
from tui.app.picture import PictureScreen

from .app_kit import RecordedHouse, ask, make_app, settled, until, write

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
Drive = Callable[[Pilot[Any]], Awaitable[None]]


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> RecordedHouse:
    return RecordedHouse(tmp_path_factory.mktemp("house"))


def keys(*pressed: str) -> Drive:
    """Presses each key and lets the app settle after it."""

    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        for key in pressed:
            await pilot.press(key)
            await settled(pilot)

    return run


def tab(number: int, *more: str) -> Drive:
    """Opens a tab of the house."""
    return keys("f2", f"alt+{number}", *more)


@pytest.mark.parametrize("size", SIZES)
def test_the_first_sight(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    house.replies = {"history": [], "sessions": []}
    assert snap_compare(make_app(house, session=""), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES)
def test_a_found_thing_with_its_filmstrip(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    house.replies = {"history": []}
    assert snap_compare(make_app(house), terminal_size=size, run_before=ask("Where did I leave my watch?"))


@pytest.mark.parametrize("size", SIZES)
def test_a_talk_that_was_come_back_to(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES)
def test_a_reply_in_markdown(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    house.replies = {"history": []}
    table = "| leaf | minutes |\n|---|---|\n| green | 2 |\n| 红茶 | 4 |\n"
    text = f"# Tea\n\n1. *Boil* water\n2. Wait **four** minutes\n\n{table}\n```python\nprint('ready')\n```"
    assert snap_compare(make_app(house), terminal_size=size, run_before=_sent(text))


def _sent(text: str) -> Drive:
    async def run(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        await settled(pilot)
        await app.talk.turns.ask(text)
        await settled(pilot)

    return run


@pytest.mark.parametrize("size", SIZES)
def test_a_question_of_approval(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    house.replies = {"history": []}

    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await write(pilot, "Forget what I told you about the spare key.")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ApprovalModal))

    assert snap_compare(make_app(house), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES)
def test_slash_commands(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    house.replies = {"history": []}
    assert snap_compare(make_app(house), terminal_size=size, run_before=keys("slash", "m", "e"))


@pytest.mark.parametrize("size", SIZES)
def test_all_talks(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=keys("ctrl+o"))


@pytest.mark.parametrize("size", SIZES)
def test_cameras(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(1, "down"))


@pytest.mark.parametrize("size", SIZES)
def test_zones_drawn_by_keys(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    drawn = ["space", *["shift+right"] * 2, "space", "shift+down", "space"]
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(1, "z", *drawn))


@pytest.mark.parametrize("size", SIZES)
def test_things(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    for row in house.recorded["calls"]['things {"query": ""}']:
        row["crop"] = ""  # a JPEG, which machines may decode differently; the picture itself has tests of its own
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(2, "down"))


@pytest.mark.parametrize("size", SIZES)
def test_the_timeline(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(3, "w", "a", "t", "c", "h", "enter"))


@pytest.mark.parametrize("size", SIZES)
def test_memory(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(4))


@pytest.mark.parametrize("size", SIZES)
def test_models(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(5))


@pytest.mark.parametrize("size", SIZES)
def test_settings(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(6, "down", "down"))


@pytest.mark.parametrize("size", SIZES)
def test_the_doctor(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=tab(7))


@pytest.mark.parametrize("size", SIZES)
def test_keys(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(house), terminal_size=size, run_before=keys("f1"))


@pytest.mark.parametrize("size", SIZES)
def test_the_guide(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    house.replies = {"history": [], "sessions": []}
    app = make_app(house, session="")
    app.home.guide = True
    assert snap_compare(app, terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_enlarged(snap_compare: Any, house: RecordedHouse, size: tuple[int, int]) -> None:
    house.replies = {"history": []}

    async def run(pilot: Pilot[Any]) -> None:
        await ask("Where did I leave my watch?")(pilot)
        await pilot.press("shift+tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PictureScreen))
        await settled(pilot)

    assert snap_compare(make_app(house), terminal_size=size, run_before=run)


@pytest.mark.parametrize("theme", ["daylight", "high-contrast", "colour-blind"])
def test_themes(snap_compare: Any, house: RecordedHouse, theme: str) -> None:
    app = make_app(house, theme=theme)
    assert snap_compare(app, terminal_size=(80, 24), run_before=ask("我的手表在哪里?"))


@pytest.mark.parametrize("width", [60, 240])
def test_narrow_and_very_wide(snap_compare: Any, house: RecordedHouse, width: int) -> None:
    assert snap_compare(make_app(house), terminal_size=(width, 30), run_before=ask("Where did I leave my watch?"))


def test_chinese_words(snap_compare: Any, house: RecordedHouse) -> None:
    app = make_app(house, language="zh")
    assert snap_compare(app, terminal_size=(80, 24), run_before=tab(1))


async def test_every_tab_is_reached_by_mouse(house: RecordedHouse) -> None:
    app = make_app(house)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f2")
        await settled(pilot)
        for name in ("memory", "models", "cameras"):
            await pilot.click(f"#--content-tab-{name}")
            await settled(pilot)
            assert pilot.app.screen.query_one(f"#{name}").query_one(DataTable).region.height > 0


def test_the_recording_names_no_machine() -> None:
    text = (Path(__file__).parent / "recordings" / "house.json").read_text(encoding="utf-8")
    assert "/tmp/" not in text
    assert "/root/" not in text
