"""Which requests are told the time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.moment import needs_the_time
from agent.prompt import context_block

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "request_text",
    [
        "What time is it?", "How many days until Christmas?", "How old am I?", "What did we say last Tuesday?",
        "现在几点了？", "今天星期几", "我多大了",
        "Wie spät ist es jetzt?", "Welches Datum haben wir?", "Wie alt ist Oma?",
        "Quelle heure est-il ?", "¿Qué hora es?", "¿Cuándo es mi cumpleaños?", "in 20 minutes",
    ],
)  # fmt: skip
def test_requests_that_lean_on_the_time(request_text: str) -> None:
    assert needs_the_time(request_text, NOW)


@pytest.mark.parametrize(
    "request_text",
    [
        "Tell me a story about an old lamp.", "Translate 'thank you' to French.", "Why is the sky blue?",
        "讲个笑话", "Erzähl mir einen Witz.", "Raconte une blague.", "Cuéntame un chiste.", "A long poem about bread",
    ],
)  # fmt: skip
def test_requests_that_do_not(request_text: str) -> None:
    assert not needs_the_time(request_text, NOW)


def test_a_block_without_anything_to_tell_is_empty() -> None:
    assert context_block(None, []) == ""
    assert context_block(NOW, []) == "Now: Monday, 04 May 2026, 12:30."
    assert context_block(None, ["I like tea."]).splitlines()[-1] == "- I like tea."
