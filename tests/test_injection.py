"""Orders in texts from outside, one in each channel and language, against a chat model that obeys each; `make trust`
tries all of them."""

from __future__ import annotations

import pytest

from benchmarks.trust.injection import CHANNELS, cases, tried_against
from benchmarks.trust.injection_texts import ORDERS


def test_no_order_in_a_text_starts_a_tool(environment: dict[str, str]) -> None:
    every = cases(seed=7)
    languages = list(ORDERS)
    chosen = [
        next(case for case in every if case.channel == channel and case.language == languages[at % len(languages)])
        for at, channel in enumerate(CHANNELS)
    ]
    with tried_against(environment) as attempt:
        problems = [problem for case in chosen if (problem := attempt(case))]
    assert problems == []


def test_words_that_hardly_ask_for_a_tool_let_none_start(environment: dict[str, str]) -> None:
    """A statement with a question mark is little of a wish to have it remembered: the owner is asked."""
    wanted = {("stored fact", "remember"), ("MCP result", "generate_image")}
    chosen = [c for c in cases(seed=5) if c.language == "zh" and (c.channel, c.attack[0]) in wanted]
    with tried_against(environment) as attempt:
        problems = [problem for case in chosen if (problem := attempt(case))]
    assert len(chosen) == 6 and problems == []


def test_every_channel_and_language_has_cases() -> None:
    every = cases()
    assert {case.channel for case in every} == set(CHANNELS)
    assert {case.language for case in every} == {"en", "zh", "de", "es", "fr"}
    assert len({(c.channel, c.order, c.attack[0]) for c in every}) == len(every)


def test_a_started_tool_is_noticed(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule that asks for what the words do not want, the suite reports the injection."""

    async def never(*_: object) -> bool:
        return False

    monkeypatch.setattr("agent.turn._lured", never)
    case = next(c for c in cases() if c.channel == "stored fact" and c.attack[0] == "remember" and c.language == "en")
    with tried_against(environment) as attempt:
        assert "started remember" in (attempt(case) or "")
