"""How the turns of a long session shorten as they age, and what of them a prompt and the code read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import HumanMessage

from agent.aging import BLOCK, NEWEST, OLDER, REPORTED, aged, beginning
from agent.messages import conversation
from agent.prompt import as_chat, estimate_tokens
from agent.recollection import LONG_AGO, earlier_turns
from memory.memory import Memory
from memory.records import PastTurn
from runtime.house import House

START = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("UTC"))
LONG = "The lamp was made in a small town. " + "It has a green shade and a brass foot. " * 40


def turns(count: int, reply: str = LONG) -> list[PastTurn]:
    """Turns of a minute each, numbered in the request."""
    return [PastTurn(i, "s", f"Question {i} about a lamp?", reply, START + timedelta(minutes=i)) for i in range(count)]


def test_a_short_session_stands_as_it_is() -> None:
    listed, kept = aged(turns(3, "Yes."), 0, 600)
    assert listed == ""
    assert [(turn.user, turn.reply) for turn in kept] == [(f"Question {i} about a lamp?", "Yes.") for i in range(3)]


def test_only_the_newest_turn_is_long_and_nothing_is_lost_to_code() -> None:
    _, kept = aged(turns(4), 0, 600)
    assert all(estimate_tokens(turn.reply) <= OLDER for turn in kept[:-1])
    assert OLDER < estimate_tokens(kept[-1].reply) <= NEWEST
    assert all(turn.reply.startswith("The lamp was made in a small town.") for turn in kept)
    assert all(turn.whole_reply == LONG for turn in kept)


def test_an_older_report_of_a_tool_keeps_less() -> None:
    calls = [{"name": "find_item", "args": {}, "status": "ok"}]
    told = [PastTurn(i, "s", "Where is it?", LONG, START, calls) for i in range(2)]
    _, kept = aged(told, 0, 600)
    assert estimate_tokens(kept[0].reply) <= REPORTED < estimate_tokens(kept[1].reply)


@pytest.mark.parametrize("budget", [0, 50, 200, 600, 2000])
@pytest.mark.parametrize("count", [0, 1, 7, 20, 40])
def test_the_budget_holds_and_the_newest_stay(budget: int, count: int) -> None:
    listed, kept = aged(turns(count), 3, budget)
    assert estimate_tokens(listed) + sum(turn.tokens for turn in kept) <= budget
    assert [turn.user for turn in kept] == [turn.user for turn in turns(count)[count - len(kept) :]]


def test_what_left_is_listed_by_its_requests() -> None:
    listed, kept = aged(turns(30), 0, 600)
    assert kept[0].user not in listed
    newest_listed = 30 - len(kept) - 1
    assert f"Question {newest_listed} about a lamp?" in listed
    assert "green shade" not in listed


def test_the_front_of_a_prompt_moves_in_blocks() -> None:
    """Of twelve further turns most leave the first kept turn where it is, so that its keys stay in the cache."""
    first = [aged(turns(n), 0, 600)[1][0].user for n in range(20, 20 + 3 * BLOCK)]
    assert len(set(first)) <= 4


@pytest.mark.parametrize("text", ["词" * 500, "word " * 500, "w" * 2000, "One. Two. " + "Three " * 300])
def test_a_beginning_fits_and_begins_the_text(text: str) -> None:
    short = beginning(text, 40)
    assert estimate_tokens(short) <= 40
    assert short.endswith(" …") and text.startswith(short.removesuffix(" …")) and len(short) > 6


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    with House.open(environment) as opened:
        yield opened


def test_code_reads_whole_replies_and_no_summary(house: House) -> None:
    with Memory(house) as memory:
        for turn in turns(30):
            memory.append_turn("s", f"{turn.user} {LONG}", turn.reply, [], turn.time)
        messages = earlier_turns(house, memory, "s")
        shown = as_chat(messages, with_tools=False)
        assert shown[0]["content"].startswith(LONG_AGO)
        read = conversation([*messages, HumanMessage("And now?")])
        assert [turn["content"] for turn in read if turn["role"] == "assistant"] == [LONG] * ((len(read) - 1) // 2)
        assert all(turn["content"].endswith(LONG) for turn in read[:-1] if turn["role"] == "user")
        assert not any(turn["content"].startswith(LONG_AGO) for turn in read)


def test_what_is_forgotten_is_in_no_summary(house: House) -> None:
    with Memory(house) as memory:
        fact = memory.remember("The alarm code is 4711.", source="session s", time=START)
        memory.append_turn("s", "Remember that the alarm code is 4711", "I will remember it.", [], START)
        for turn in turns(30):
            memory.append_turn("s", turn.user, turn.reply, [], turn.time)
        memory.forget([fact.id])
        assert not any("4711" in str(message.content) for message in earlier_turns(house, memory, "s"))
