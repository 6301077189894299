"""What comes from outside does no harm: control characters, right-to-left text, huge replies, resize storms."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tui.app.turn_view import TurnView

from .app_kit import RecordedHouse, ask, calmest, make_app, settled

ESCAPES = (
    "\x1b[2J\x1b[H",
    "\x1b]0;owned\x07",
    "\x1b]52;c;ZXZpbA==\x1b\\",
    "\x9b31m",
    "\x90q#0;2;0;0;0\x9c",
    "\x1bP+q544e\x1b\\",
    "\x07\x08\x0b\x0e\x7f\x85",
    "\u202eevil\u202c",
    "\ud800",
)
RTL = "مرحبا بالعالم، أين ساعتي؟ שלום"


def cells(pilot: Pilot[Any]) -> str:
    """Every character that goes to the terminal as text."""
    strips = pilot.app.screen._compositor.render_strips()
    return "".join(segment.text for strip in strips for segment in strip if not segment.control)


def harmless(text: str) -> bool:
    return not any(unicodedata.category(c) in {"Cc", "Cs"} or c in "\u202a\u202b\u202d\u202e" for c in text)


@pytest.fixture
def house(tmp_path: Path) -> RecordedHouse:
    return RecordedHouse(tmp_path, {"history": []})


@pytest.mark.parametrize("escape", ESCAPES, ids=[ascii(text) for text in ESCAPES])
async def test_no_escape_sequence_of_a_reply_or_tool_reaches_the_terminal(house: RecordedHouse, escape: str) -> None:
    evil = f"before {escape} after\n\n```\ncode {escape}\n```\n\n| a{escape} | b |\n|---|---|\n| c | d |\n"
    output = {"status": "failed", "say": evil, "error": evil, "facts": {"said": evil}, "files": []}
    timing = {"route_s": 0.0, "args_s": 0.0, "tools_s": 0.0, "reply_s": 0.0, "first_token_s": 0.0, "total_s": 0.0}
    house.recorded["turns"]["go"] = {
        "events": [
            {"event": "ToolStarted", "call_id": "1", "tool": f"tool{escape}", "args": {"x": evil}},
            {"event": "ToolProgress", "call_id": "1",
             "progress": {"message": evil, "done": 1, "total": 2, "unit": escape}},
            {"event": "ToolFinished", "call_id": "1", "tool": f"tool{escape}", "args": {"x": evil},
             "duration_s": 0.1, "output": output},
            *({"event": "TextDelta", "text": piece} for piece in evil),
            {"event": "TurnFinished", "reply": evil, "timing": timing, "model": escape},
        ],
        "note": {"turn": None, "tokens": 0, "tokens_per_s": 0.0, "session": "default"},
    }  # fmt: skip
    async with make_app(house).run_test(size=(100, 40)) as pilot:
        await ask("go")(pilot)
        await pilot.press("shift+tab", "enter")
        await settled(pilot)
        assert "before" in cells(pilot)
        assert harmless(cells(pilot))


async def test_right_to_left_and_wide_text_is_shown(house: RecordedHouse) -> None:
    async with make_app(house).run_test(size=(60, 30)) as pilot:
        app: Any = pilot.app
        await settled(pilot)
        for text in (RTL, "我的手表在哪里？" * 30, "👩‍👩‍👧‍👦 e\u0301 \u200b" * 20):
            await app.talk.turns.ask(text)
        await settled(pilot)
        assert harmless(cells(pilot))
        assert all(strip.cell_length == 60 for strip in pilot.app.screen._compositor.render_strips())


async def test_a_reply_of_megabytes_is_cut_and_does_not_stop_the_loop(house: RecordedHouse) -> None:
    async with make_app(house).run_test(size=(100, 40)) as pilot:
        app: Any = pilot.app
        await settled(pilot)

        async def send() -> None:
            await app.talk.turns.ask("word " * 400_000)
            await settled(pilot)

        longest = await calmest(send)
        assert "the rest is in the export" in cells(pilot)
        assert len(app.talk.query(TurnView).last().reply) == 2_000_000
        assert longest <= 0.1


async def test_a_storm_of_sizes(house: RecordedHouse) -> None:
    chance = random.Random(7)
    async with make_app(house).run_test(size=(100, 40)) as pilot:
        await ask("Where did I leave my watch?")(pilot)
        for number in range(24):
            await pilot.resize_terminal(chance.randint(10, 250), chance.randint(3, 90))
            if number % 10 == 7:
                await pilot.press("f2")
        await pilot.resize_terminal(90, 30)
        await settled(pilot)
        assert harmless(cells(pilot))
        assert pilot.app.is_running
