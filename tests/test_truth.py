"""A free reply cannot claim what no tool did; what a reply itself does may be said."""

from __future__ import annotations

import pytest

from agent.truth import NOTHING_DONE, ClaimFilter, claims_action


@pytest.mark.parametrize(
    "sentence",
    [
        "I've turned on the living room light.",
        "I have set an alarm for seven o'clock.",
        "Your reminder is set!",
        "The message has been sent to Anna.",
        "I will remind you at noon.",
        "I just ordered two pizzas.",
        "我已经帮您打开了客厅的灯。",
        "已为您设置闹钟。",
        "我会在八点提醒你。",
        "Ich habe die Heizung eingeschaltet.",
        "J'ai envoyé le message.",
        "He apagado la luz.",
        "Je vais te rappeler à midi.",
    ],
)
def test_claims_of_an_action_are_seen(sentence: str) -> None:
    assert claims_action(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Paris is the capital of France.",
        "A soft egg takes six minutes.",
        "I cannot turn on the light.",
        "If I could, I would have sent it.",
        "Here is a haiku about rain.",
        "You could set a timer on your phone.",
        "The Cold War ended in 1991.",
        "巴黎是法国的首都。",
        "我不能打开灯。",
        "The translation is: Bonjour.",
        "Je vais t'expliquer la règle.",
        "Insulin was found in 1921 by Banting and Best.",
    ],
)
def test_other_sentences_pass(sentence: str) -> None:
    assert not claims_action(sentence)


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_only_the_claim_is_replaced_however_the_text_is_cut(step: int) -> None:
    text = "Good evening! I've turned on the lamp. I have locked the door. Sleep well."
    claims = ClaimFilter("en")
    shown = "".join(claims.feed(text[at : at + step]) for at in range(0, len(text), step)) + claims.close()
    assert shown == f"Good evening! {NOTHING_DONE['en']} Sleep well."


def test_text_without_claims_is_not_altered() -> None:
    text = "1. Boil water.\n2. Add salt.\n\nThat is all"
    claims = ClaimFilter()
    assert "".join(claims.feed(letter) for letter in text) + claims.close() == text
