"""Requests that name a tool from elsewhere."""

from __future__ import annotations

import pytest

from agent.named import named_tool

NAMES = ("everything_echo", "everything_get-sum", "office_list_events", "search")


@pytest.mark.parametrize(
    ("request_", "tool"),
    [
        ("Use the get-sum tool on 17 and 25", "everything_get-sum"),
        ("what does the get sum tool say of 1 and 2?", "everything_get-sum"),
        ("everything_echo: hello house", "everything_echo"),
        ("Please call the tool echo with hi", "everything_echo"),
        ("用 echo 工具说你好", "everything_echo"),
        ("run list_events for Monday", "office_list_events"),
        ("use the search tool for lamps", "search"),
    ],
)
def test_a_named_tool_is_meant(request_: str, tool: str) -> None:
    assert named_tool(request_, NAMES) == tool


@pytest.mark.parametrize(
    "request_",
    [
        "search for my keys",
        "is there an echo in the hall?",
        "what is the sum?",
        "use the echo tool and the search tool",
    ],
)
def test_common_words_name_no_tool(request_: str) -> None:
    assert named_tool(request_, NAMES) is None
