"""Arguments by what a request says word for word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.arguments import direct, grounded, refine
from agent.extract_words import only_asks

NOW = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tool", "request_text", "expected"),
    [
        ("find_item", "Where are my car keys?", {"item": "car keys"}),
        ("find_item", "my wallet is missing", {"item": "wallet"}),
        ("find_item", "Where did I put my scarf last Tuesday?", {"item": "scarf", "since": "last Tuesday"}),
        ("find_item", "我的手表在哪里？", {"item": "手表"}),
        ("find_item", "Wo ist mein Rucksack?", {"item": "Rucksack"}),
        ("find_item", "Où est ma montre ?", {"item": "montre"}),
        ("find_item", "¿Dónde están mis gafas?", {"item": "gafas"}),
        ("describe_camera", "What is going on in the living room?", {"camera": "living room"}),
        ("describe_camera", "看看车库的监控", {"camera": "车库"}),
        ("describe_camera", "What did the porch camera see last night?", {"camera": "porch", "when": "last night"}),
        ("where_was", "Where was Anna yesterday?", {"person": "Anna", "when": "yesterday"}),
        ("where_was", "Who came home first yesterday?", {"when": "yesterday"}),
        ("where_was", "Where was Uncle Bob yesterday?", {"person": "Uncle Bob", "when": "yesterday"}),
        ("where_was", "When did Dr. Miller come in today?", {"person": "Dr. Miller", "when": "today"}),
        ("speak", 'Read out "Mind the gap" and save it as gap.wav', {"text": "Mind the gap", "save_as": "gap.wav"}),
        ("speak", "Announce that dinner is at 7:30", {"text": "dinner is at 7:30"}),
        ("speak", "大声说：该睡觉了", {"text": "该睡觉了"}),
        ("speak", "Sag „Guten Morgen, Welt“", {"text": "Guten Morgen, Welt"}),
        ("speak", "Dis « Bonjour à tous »", {"text": "Bonjour à tous"}),
        ("generate_image", "Draw two pictures of a fox, seed 7", {"prompt": "a fox", "count": 2, "seed": 7}),
        ("generate_image", "Paint a lake, 640 wide and 384 tall", {"prompt": "a lake", "width": 640, "height": 384}),
        ("generate_image", "画三张熊猫，1024乘512", {"count": 3, "width": 1024, "height": 512, "prompt": "熊猫"}),
        ("generate_image", "Draw a street without people", {"prompt": "a street", "negative_prompt": "people"}),
        ("remember", "Remember that my locker is number 12", {"fact": "my locker is number 12"}),
        ("remember", "记住，我对花生过敏", {"fact": "我对花生过敏"}),
        ("remember", "I am left-handed, make a note of it", {"fact": "I am left-handed"}),
        ("recall", "What did I tell you about the boiler?", {"query": "the boiler"}),
        ("forget", "Forget what I told you about the boiler", {"query": "the boiler"}),
        ("summarize_file", r"Sum up C:\a b\c 2.docx", {"path": r"C:\a b\c 2.docx"}),
        ("summarize_file", "Sum up plan.txt in two points", {"path": "plan.txt", "style": "in two points"}),
        ("summarize_file", "总结一下~/文档/报告 二.pdf", {"path": "~/文档/报告 二.pdf"}),
        ("summarize_file", "What is in /home/ida/long report.md about?", {"path": "/home/ida/long report.md"}),
    ],
)  # fmt: skip
def test_direct(tool: str, request_text: str, expected: dict[str, Any]) -> None:
    assert direct(tool, request_text, (), NOW) == expected


@pytest.mark.parametrize(
    ("tool", "request_text"),
    [
        ("find_item", "It has vanished into thin air"),
        ("describe_camera", "I heard a bang, what was it?"),
        ("generate_image", "The wall is so bare, something with waves would suit it"),
        ("summarize_file", "Summarise the letter"),
        ("speak", "Read that to me"),
        ("a_tool_of_others", "Do it"),
    ],
)
def test_what_is_not_said_plainly_is_left_to_the_model(tool: str, request_text: str) -> None:
    assert direct(tool, request_text, (), NOW) is None


def test_follow_ups_lean_on_the_turn_before() -> None:
    drawn = [{"role": "user", "content": "Draw a fox in the snow"}, {"role": "assistant", "content": "Here it is."}]
    bigger = direct("generate_image", "a bigger one", drawn, NOW)
    assert bigger is not None
    assert bigger["prompt"] == "a fox in the snow"
    assert bigger["width"] > 512 and bigger["width"] % 64 == 0
    told = [{"role": "user", "content": "Tell me about owls"}, {"role": "assistant", "content": "Owls hunt at night."}]
    assert direct("speak", "Read that to me", told, NOW) == {"text": "Owls hunt at night."}
    looked = [{"role": "user", "content": "What is in the kitchen?"}, {"role": "assistant", "content": "A table."}]
    assert direct("describe_camera", "And the cellar?", looked, NOW) == {"camera": "cellar"}
    assert direct("describe_camera", "And yesterday?", looked, NOW) == {"camera": "kitchen", "when": "yesterday"}


def test_refine_puts_the_users_words_over_the_models() -> None:
    args = refine("speak", {"text": "Mind gap", "voice": "amy"}, 'Say "Mind the gap"', (), NOW)
    assert args == {"text": "Mind the gap"}
    args = refine(
        "find_item", {"item": "umbrella", "camera": "roof", "since": ""}, "The black umbrella has walked off", (), NOW
    )
    assert args["item"] == "umbrella" and "camera" not in args
    args = refine("generate_image", {"prompt": "waves", "width": 4096}, "Something with waves, 512x640", (), NOW)
    assert (args["prompt"], args["width"], args["height"]) == ("waves", 512, 640)


def test_refine_leaves_other_tools_alone() -> None:
    assert refine("weather", {"city": "Rome"}, "Will it rain?", (), NOW) == {"city": "Rome"}


def test_grounded() -> None:
    assert grounded("red scarf", "where is my RED woollen scarf")
    assert grounded(3, "three pictures")
    assert not grounded("blue hat", "where is my red hat")


@pytest.mark.parametrize(
    ("request_", "asks"),
    [
        ("屋顶是1998年修的?", True),
        ("Was the roof mended in 1998?", True),
        ("Can you keep in mind that I hate celery?", False),
        ("Kannst du dir merken, dass Oma am 3. Mai Geburtstag hat?", False),
        ("Peux-tu retenir que je suis allergique aux noix ?", False),
        ("你能帮我记一下明天交电费吗？", False),
        ("My locker is 42.", False),
    ],
)
def test_a_question_tells_nothing_to_keep_unless_it_asks_to_keep_it(request_: str, asks: bool) -> None:
    assert only_asks(request_) is asks
