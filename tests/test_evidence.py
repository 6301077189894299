"""What memory knows as evidence for a route: the weighing, what memory knows of a question, and whole turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.evidence import CONCEIVABLE, RECALL, unseen, weighed
from agent.planner import Request, Step
from agent.session import Session
from memory.memory import Memory
from runtime.house import House
from tools.output import ToolOutput

TOLD = [
    "The left pedal of the exercise bike was cracked when it was delivered.",
    "I keep the spare fuses in the blue tin on top of the freezer.",
    "Our neighbours plan to extend their loft next summer.",
    "Ida goes to pottery on Mondays.",
]
KNOWN = [
    "Which pedal of the exercise bike was cracked when they delivered it?",
    "Where do I keep the spare fuses?",
    "When do our neighbours extend their loft?",
]
UNKNOWN = [
    "Which planet has the most moons?",
    "Where is the watering can?",
    "Tell me a joke about a plumber.",
    "thanks",
    "How do I poach an egg?",
]


@pytest.fixture
def memory(house: House) -> Iterator[Memory]:
    with Memory(house) as opened:
        for fact in TOLD:
            opened.remember(fact, source="test")
        yield opened


def test_memory_knows_what_it_was_told_and_nothing_else(memory: Memory) -> None:
    assert [question for question in KNOWN if not memory.knows(question)] == []
    assert [question for question in UNKNOWN if memory.knows(question)] == []


def test_an_empty_memory_knows_nothing(house: House) -> None:
    with Memory(house) as opened:
        assert not opened.knows(KNOWN[0]) and not opened.knows("")


def test_a_known_question_is_weighed_towards_memory() -> None:
    vote = {"reply": 0.7, "find_item": 0.2, RECALL: 0.1}
    raised = weighed(vote, "a question", lambda text: text == "a question")
    assert max(raised, key=raised.__getitem__) == RECALL
    assert sum(raised.values()) == pytest.approx(1)
    assert raised["reply"] / raised["find_item"] == pytest.approx(3.5), "the others keep their proportion"
    assert weighed(vote, "another", lambda text: text == "a question") == vote


def test_memory_is_not_even_searched_for_what_is_no_question_to_it() -> None:
    def searched(_: str) -> bool:
        raise AssertionError("memory was searched")

    for vote in ({"reply": 0.999, RECALL: CONCEIVABLE / 2}, {"reply": 1.0}):
        assert weighed(vote, "hello", searched) == vote


def test_only_a_search_for_a_thing_that_found_none_is_unseen() -> None:
    assert unseen("find_item", ToolOutput(facts={"found": False}))
    assert unseen("find_item", ToolOutput(status="failed", error="There is no camera yet."))
    assert not unseen("find_item", ToolOutput(facts={"found": True}))
    assert not unseen("find_item", ToolOutput(status="denied"))
    assert not unseen("where_was", ToolOutput(status="failed")) and not unseen("find_item", None)


@pytest.fixture
def session(environment: dict[str, str], need_model: Callable[[str], Path]) -> Iterator[Session]:
    need_model("smollm2-135m-instruct")
    with House.open(environment, ["chat.model=smollm2-135m-instruct"]) as house, Session.open(house, "test") as opened:
        for fact in TOLD:
            opened.memory.remember(fact, source="test")
        yield opened


def test_a_thing_that_no_camera_saw_is_told_from_memory(session: Session) -> None:
    known = session.ask("I can't find my spare fuses, where are they?")
    assert known.calls[-1].name == "recall" and "blue tin" in known.reply
    unknown = session.ask("I can't find my watering can, where is it?")
    assert [call.name for call in unknown.calls] == ["find_item"] and "told me" not in unknown.reply


def test_the_plan_ends_in_a_reply_where_nothing_more_helps(session: Session) -> None:
    planner, names = session.planner, ["find_item", "recall"]
    plan = [Step("find_item", 0.95, KNOWN[1])]
    none, seen = ToolOutput(facts={"found": False}), ToolOutput(facts={"found": True})
    assert planner.following(plan, [], names) == plan[0]
    assert planner.following(plan, [none], names).tool == RECALL
    assert planner.following(plan, [none], ["find_item"]).tool == "reply", "recall is not on offer"
    assert planner.following(plan, [seen], names).tool == "reply"
    assert planner.following(plan, [none, ToolOutput()], names).tool == "reply", "once is enough"
    assert planner.following([], [], names).tool == "reply"


def test_the_route_follows_what_memory_knows(session: Session) -> None:
    names = [tool["function"]["name"] for tool in session.tool_descriptions]

    def asked(_: str) -> dict[str, float]:
        raise AssertionError("what memory knows needs no language model")

    assert [step.tool for step in session.planner.plan(Request(KNOWN[0]), names, asked)] == [RECALL]
    for question in KNOWN:
        assert [step.tool for step in session.planner.plan(Request(question), names, None)][-1] in (RECALL, "find_item")
    assert session.planner.plan(Request("How do I poach an egg?"), names, None) == []
