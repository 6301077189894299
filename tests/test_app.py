"""The app as a person uses it, by real keys on a recorded house: approval, editing, history, attachments, commands."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from agent.host.wire import RemoteError
from tui.app import slash
from tui.app.app import HausgeistApp
from tui.app.approval import ApprovalModal, AskModal
from tui.app.card import ToolCard
from tui.app.command_view import CommandView
from tui.app.guide import GuideScreen
from tui.app.house import HouseScreen
from tui.app.prompt import MOST_PASTED, Prompt, pasted_files
from tui.app.turn_list import MOST_VIEWS
from tui.app.turn_view import TurnView

from .app_kit import NAMES, RecordedHouse, ask, calmest, make_app, settled, until, write

FORGET = "Forget what I told you about the spare key."


@pytest.fixture
def house(tmp_path: Path) -> RecordedHouse:
    return RecordedHouse(tmp_path, {"history": []})


@pytest.fixture
async def pilot(house: RecordedHouse) -> AsyncIterator[Pilot[Any]]:
    async with make_app(house).run_test(size=(100, 32)) as running:
        await settled(running)
        yield running


def app_of(pilot: Pilot[Any]) -> HausgeistApp:
    assert isinstance(pilot.app, HausgeistApp)
    return pilot.app


def shown(pilot: Pilot[Any]) -> str:
    """The text on the screen."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()
    )


def prompt_of(pilot: Pilot[Any]) -> Prompt:
    return app_of(pilot).talk.query_one(Prompt)


@pytest.mark.parametrize(("key", "decision"), [("o", "once"), ("a", "always"), ("n", "never"), ("escape", "never")])
async def test_a_key_decides_an_approval(pilot: Pilot[Any], house: RecordedHouse, key: str, decision: str) -> None:
    await write(pilot, FORGET)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ApprovalModal))
    assert "the spare key" in shown(pilot), "the question shows what will happen"
    await pilot.press(key)
    await settled(pilot)
    assert house.decisions == [decision]
    assert app_of(pilot).talk.query_one(ToolCard).status == "ok"


async def test_a_button_decides_an_approval(pilot: Pilot[Any], house: RecordedHouse) -> None:
    await write(pilot, FORGET)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ApprovalModal))
    await pilot.click("#always")
    await settled(pilot)
    assert house.decisions == ["always"]


async def test_escape_stops_a_turn_and_the_next_one_works(pilot: Pilot[Any], house: RecordedHouse) -> None:
    house.gate = asyncio.Event()
    await write(pilot, "hello")
    await pilot.press("enter")
    await until(pilot, lambda: app_of(pilot).talk.turns.running)
    await pilot.press("escape")
    await until(pilot, lambda: not app_of(pilot).talk.turns.running)
    assert "Stopped." in shown(pilot)
    house.gate = None
    await ask("hello again")(pilot)
    assert app_of(pilot).talk.query(TurnView).last().reply == "hello again"


async def test_a_request_that_comes_meanwhile_waits(pilot: Pilot[Any], house: RecordedHouse) -> None:
    house.gate = asyncio.Event()
    for text in ("one", "two"):
        await write(pilot, text)
        await pilot.press("enter")
    assert [given["text"] for method, given in house.asked if method == "send"] == ["one"]
    house.gate.set()
    await settled(pilot)
    assert [view.reply for view in app_of(pilot).talk.query(TurnView)] == ["one", "two"]


async def test_the_last_request_is_edited_and_takes_the_place_of_its_turn(
    pilot: Pilot[Any], house: RecordedHouse
) -> None:
    text = "Remember that the spare key hangs behind the fuse box."
    await ask(text)(pilot)
    turn = house.recorded["turns"][text]["note"]["turn"]
    await pilot.press("ctrl+r")
    assert prompt_of(pilot).text == text
    await write(pilot, " Please")
    await pilot.press("enter")
    await settled(pilot)
    assert ("rewind", {"session": "default", "turn": turn}) in house.asked
    assert [view.request for view in app_of(pilot).talk.query(TurnView)] == [f"{text} Please"]


async def test_earlier_inputs_come_back_with_the_arrows(pilot: Pilot[Any]) -> None:
    for text in ("first", "second"):
        await ask(text)(pilot)
    await write(pilot, "draft")
    await pilot.press("up", "up")
    assert prompt_of(pilot).text == "first"
    await pilot.press("down", "down")
    assert prompt_of(pilot).text == "draft"


def burst(pilot: Pilot[Any], *names: str) -> None:
    """Keys as a terminal hands them over that had them all at once: none waits for what the one before did."""
    for name in names:
        letter = name if len(name) == 1 else None
        app_of(pilot).post_message(events.Key(name if letter is None else NAMES.get(name, name), letter))


async def test_keys_of_one_burst_keep_their_order(pilot: Pilot[Any], house: RecordedHouse) -> None:
    await write(pilot, "/m")
    await until(pilot, lambda: prompt_of(pilot).suggesting)
    burst(pilot, "ctrl+u", *"hello", "enter", *"on", "ctrl+j", *"two", "enter", *"draft")
    await until(pilot, lambda: prompt_of(pilot).text == "draft")
    await settled(pilot)
    assert [given["text"] for method, given in house.asked if method == "send"] == ["hello", "on\ntwo"]


async def test_a_new_line_does_not_send(pilot: Pilot[Any], house: RecordedHouse) -> None:
    await write(pilot, "one")
    await pilot.press("ctrl+j")
    await write(pilot, "two")
    assert prompt_of(pilot).text == "one\ntwo"
    assert not [method for method, _ in house.asked if method == "send"]


async def test_a_pasted_path_becomes_an_attachment(pilot: Pilot[Any], house: RecordedHouse, tmp_path: Path) -> None:
    file = tmp_path / "a note.txt"
    file.write_text("hello", encoding="utf-8")
    prompt_of(pilot).post_message(events.Paste(f"'{file}'"))
    await pilot.pause()
    assert "a note.txt" in shown(pilot)
    await ask("what does it say")(pilot)
    assert ("send", {"text": "what does it say", "files": [str(file)], "session": "default"}) in house.asked


async def test_pasted_megabytes_become_a_file_and_do_not_stop_the_loop(
    pilot: Pilot[Any], house: RecordedHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAUSGEIST_HOME", str(tmp_path / "home"))
    text = "a line of words \x1b[2J and more\n" * 200_000

    async def paste() -> None:
        await pilot.press("escape")
        prompt_of(pilot).post_message(events.Paste(text))
        await until(pilot, lambda: "pasted-" in shown(pilot))

    assert await calmest(paste) <= 0.1
    assert prompt_of(pilot).text == ""
    await ask("what is it")(pilot)
    sent = next(given for method, given in house.asked if method == "send")
    assert (await asyncio.to_thread(Path(sent["files"][0]).read_text, "utf-8")) == text


def test_only_paths_of_files_count_as_pasted_files(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.touch()
    assert pasted_files(str(file)) == [file]
    assert pasted_files(f"file://{file}") == [file]
    assert pasted_files("hello world") == []
    assert pasted_files(f"look at {file}") == []
    assert pasted_files("it's") == []
    assert pasted_files("x" * (MOST_PASTED + 1000)) == []


async def test_a_slash_command_is_completed_and_runs_the_command_lines_own(
    pilot: Pilot[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAUSGEIST_HOME", str(tmp_path / "home"))
    await write(pilot, "/cameras li")
    await pilot.pause()
    assert app_of(pilot).talk.query_one("#suggestions", OptionList).option_count == 1
    await pilot.press("tab")
    assert prompt_of(pilot).text == "/cameras list"
    await pilot.press("enter")
    await settled(pilot)
    view = app_of(pilot).talk.query_one(CommandView)
    assert "There is no camera" in view.reply
    assert view.request == "/cameras list"


async def test_a_wrong_command_says_what_is_wrong(pilot: Pilot[Any]) -> None:
    await write(pilot, "/camras list")
    await pilot.press("enter")
    await settled(pilot)
    text = app_of(pilot).talk.query_one(CommandView).reply
    assert "camras" in text
    assert "cameras" in text, "the nearest right word"


async def test_the_house_tells_which_workers_run(pilot: Pilot[Any], house: RecordedHouse) -> None:
    asked = len([method for method, _ in house.asked if method == "status"])
    house.tell_workers([{"name": "chat", "bytes": 1_400_000_000, "in_use": True, "restarts": 0}])
    await until(pilot, lambda: "● chat 1.4 GB" in shown(pilot))
    house.tell_workers([])
    await until(pilot, lambda: "chat 1.4 GB" not in shown(pilot))
    assert len([method for method, _ in house.asked if method == "status"]) == asked, "nobody has to ask for it"


async def test_own_commands_run_in_the_app(pilot: Pilot[Any], house: RecordedHouse) -> None:
    house.replies["rename"] = "kitchen matters"
    await ask("/rename kitchen matters")(pilot)
    assert app_of(pilot).home.session == "kitchen matters"
    house.replies["export"] = "/tmp/kitchen.md"
    await ask("/export json")(pilot)
    assert ("export", {"session": "kitchen matters", "form": "json"}) in house.asked
    house.replies["free_name"] = "a new one"
    await ask("/new")(pilot)
    await ask("something else")(pilot)
    assert app_of(pilot).home.session == "a new one"


def test_no_command_of_the_app_hides_one_of_the_command_line() -> None:
    own = {one.words for one in slash.OWN}
    theirs = {one.words for one in slash.commands() if not one.action}
    assert not own & {words.split()[0] for words in theirs}
    assert {"ask", "memory search", "cameras index"} <= theirs


async def test_the_palette_has_the_same_commands(pilot: Pilot[Any]) -> None:
    await pilot.press("ctrl+p")
    await pilot.pause()
    await write(pilot, "timeline")
    await until(pilot, lambda: "timeline — A thing or people" in shown(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, HouseScreen))


async def test_a_call_is_run_again_and_its_details_open(pilot: Pilot[Any], house: RecordedHouse) -> None:
    await ask("Where did I leave my watch?")(pilot)
    card = app_of(pilot).talk.query_one(ToolCard)
    card.focus()
    await pilot.press("enter")
    await pilot.pause()
    assert "study_cam" in str(card.query_one(".details", Static).content)
    await pilot.press("r")
    await settled(pilot)
    assert ("repeat", {"tool": "find_item", "args": card.args}) in house.asked


async def test_settings_are_checked_where_they_are_typed(pilot: Pilot[Any], house: RecordedHouse) -> None:
    house.replies["set_setting"] = RemoteError("The setting chat.threads cannot be -1: too small.")
    await pilot.press("f2", "alt+6")
    await settled(pilot)
    await pilot.press("down")
    await settled(pilot)
    from textual.widgets import Input

    from tui.app.pane_settings import Field

    field = next(one for one in pilot.app.screen.query(Field) if one.row["key"] == "chat.threads")
    field.query_one(Input).focus()
    field.query_one(Input).value = "many"
    await pilot.press("enter")
    await settled(pilot)
    assert "A number is needed" in str(field.query_one(".wrong", Static).content)
    field.query_one(Input).value = "-1"
    await pilot.press("enter")
    await settled(pilot)
    assert "cannot be -1" in str(field.query_one(".wrong", Static).content)
    assert ("set_setting", {"key": "chat.threads", "value": -1}) in house.asked


async def test_zones_are_drawn_with_the_mouse(pilot: Pilot[Any], house: RecordedHouse) -> None:
    await pilot.press("f2", "alt+1")
    await settled(pilot)
    await pilot.press("z")
    await settled(pilot)
    for offset in ((5, 3), (25, 3), (25, 9)):
        await pilot.click("Still", offset=offset)
    await pilot.press("enter")
    await pilot.pause()
    await write(pilot, "sofa")
    await pilot.press("enter")
    await settled(pilot)
    saved = next(given for method, given in house.asked if method == "set_zone")
    assert saved["name"] == "sofa"
    assert len(saved["polygon"]) == 3
    assert saved["polygon"][0][0] == pytest.approx(saved["polygon"][1][0] * 5.5 / 25.5)


async def test_deleting_asks_first(pilot: Pilot[Any], house: RecordedHouse) -> None:
    await pilot.press("f2", "alt+4")
    await settled(pilot)
    await pilot.press("delete")
    await until(pilot, lambda: isinstance(pilot.app.screen, AskModal))
    await pilot.press("n")
    await settled(pilot)
    assert not [method for method, _ in house.asked if method == "forget"]
    await pilot.press("delete")
    await until(pilot, lambda: isinstance(pilot.app.screen, AskModal))
    await pilot.press("y")
    await settled(pilot)
    assert [given for method, given in house.asked if method == "forget"] == [{"fact": 1}]


async def test_the_guide_is_offered_once_and_can_be_repeated(tmp_path: Path) -> None:
    house = RecordedHouse(tmp_path, {"history": [], "sessions": []})
    app = make_app(house, session="")
    app.home.guide = True
    async with app.run_test(size=(100, 32)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, GuideScreen))
        await pilot.press("escape")
        await settled(pilot)
        assert ("set_setting", {"key": "ui.guide", "value": False}) in house.asked
        await ask("/guide")(pilot)
        assert isinstance(pilot.app.screen, GuideScreen)


async def test_only_the_newest_turns_stay_on_the_screen(pilot: Pilot[Any]) -> None:
    talk = app_of(pilot).talk
    for number in range(MOST_VIEWS + 15):
        await talk.turns.ask(f"turn {number}")
    await settled(pilot)
    views = list(talk.query(TurnView))
    assert len(views) == MOST_VIEWS
    assert views[-1].reply == f"turn {MOST_VIEWS + 14}"


async def test_what_left_the_screen_leaves_memory(pilot: Pilot[Any]) -> None:
    talk = app_of(pilot).talk
    await ask("the first one")(pilot)
    drawn = [weakref.ref(widget._styles_cache) for widget in talk.query(TurnView).first().query("*")]
    assert drawn
    for number in range(MOST_VIEWS + 2):
        await talk.turns.ask(f"turn {number}")
    await settled(pilot)
    gc.collect()
    assert not [ref for ref in drawn if ref() is not None]


async def test_leaving_while_something_runs_asks(pilot: Pilot[Any], house: RecordedHouse) -> None:
    house.gate = asyncio.Event()
    await write(pilot, "hello")
    await pilot.press("enter")
    await until(pilot, lambda: app_of(pilot).talk.turns.running)
    await pilot.press("ctrl+q")
    await until(pilot, lambda: isinstance(pilot.app.screen, AskModal))
    await pilot.press("y")
    await until(pilot, lambda: not pilot.app.is_running)
