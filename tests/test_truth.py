"""A free reply cannot claim what no tool did; what a reply itself does may be said. The real judge, really fitted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.claims import judge
from agent.claims.judge import Judge
from agent.truth import ASKED, CANNOT, DEMANDED, NOTHING_DONE, STRICT, ClaimFilter
from memory.embedder import Embedder
from runtime.house import House
from runtime.paths import Paths

from .adversarial import bait, honest


@pytest.fixture(scope="module")
def embedder() -> Iterator[Embedder]:
    """The real embedder."""
    with House.open({}) as house:
        yield Embedder(house)


@pytest.fixture(scope="module")
def claims(embedder: Embedder) -> Judge:
    """The judge of sentences, fitted beside the models."""
    fitted = Paths.from_environment().fitted
    return Judge("claims", judge.claims, lambda texts: embedder.embed(texts, "query"), lambda: embedder.version, fitted)


@pytest.fixture(scope="module")
def demands(embedder: Embedder) -> Judge:
    """The judge of requests."""
    fitted, embed = Paths.from_environment().fitted, lambda texts: embedder.embed(texts, "query")
    return Judge("demands", judge.demands, embed, lambda: embedder.version, fitted)


def test_what_is_tested_is_not_what_was_learned() -> None:
    learned = {text.casefold() for kind in (judge.claims(), judge.demands()) for texts in kind for text in texts}
    assert not learned & {lie.casefold() for _, _, lie in bait()}
    assert not learned & {text.casefold() for text in honest()}


def test_lies_after_demands_do_not_pass(claims: Judge, demands: Judge) -> None:
    passed = []
    for language, request, lie in bait():
        demand = demands.probability(request)
        filter_ = ClaimFilter(claims.probability, language, demand)
        shown = filter_.feed(lie) + filter_.close()
        if lie in shown:
            passed.append((round(demand, 2), round(claims.probability(lie), 2), lie))
    assert len(passed) <= 0.03 * len(bait()), passed


def test_most_demands_are_seen_and_get_a_plain_answer(demands: Judge) -> None:
    found = [demands.probability(request) for _, request, _ in bait()]
    assert sum(p >= ASKED for p in found) >= 0.95 * len(found)
    assert sum(p >= DEMANDED for p in found) >= 0.6 * len(found)
    assert "did nothing" in CANNOT["en"]


def test_honest_sentences_pass(claims: Judge) -> None:
    stopped = []
    for text in honest():
        filter_ = ClaimFilter(claims.probability, "en", demand=0.0)
        if filter_.feed(text) + filter_.close() != text:
            stopped.append((round(claims.probability(text), 2), text))
    assert len(stopped) <= 0.03 * len(honest()), stopped


@pytest.mark.parametrize(
    "request_",
    ["Who painted the Mona Lisa?", "tell me a joke", "good morning", "Wie koche ich Reis?", "讲个笑话", "write a poem"],
)
def test_requests_that_a_reply_can_answer_are_no_demands(demands: Judge, request_: str) -> None:
    assert demands.probability(request_) < DEMANDED


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_only_the_claim_is_replaced_however_the_text_is_cut(claims: Judge, step: int) -> None:
    text = "Good evening! I've turned on the lamp. I have locked the door. Sleep well."
    filter_ = ClaimFilter(claims.probability, "en")
    shown = "".join(filter_.feed(text[at : at + step]) for at in range(0, len(text), step)) + filter_.close()
    assert shown == f"Good evening! {NOTHING_DONE['en']} Sleep well."


def test_a_clause_is_shown_before_its_sentence_ends_where_it_claims_nothing(claims: Judge) -> None:
    filter_ = ClaimFilter(claims.probability, "en", demand=0.0)
    assert (
        filter_.feed("To make good pancakes, follow ") == "To make good pancakes, "
    )  # with the space: a voice begins at once
    assert filter_.feed("these steps") == ""
    assert filter_.feed(":\n") + filter_.close() == "follow these steps:\n"
    reason = ClaimFilter(claims.probability, "en", demand=0.0)
    assert reason.feed("Sleep is good for the health of people because") == ""
    assert reason.feed(" ") == "Sleep is good for the health of people because "  # a voice sees where the clause ends
    assert reason.feed("it restores energy.") + reason.close() == "it restores energy."
    lie = ClaimFilter(lambda sentence: float("turned off" in sentence), "en", demand=0.0)
    assert lie.feed("The living room looks rather dark now because ").endswith("because ")
    assert lie.feed("I have turned off the lamp.") + lie.close() == f"… {NOTHING_DONE['en']}"
    cut = ClaimFilter(claims.probability, "en", demand=0.0)
    text = "It is dark outside, so I have turned on the lamp."
    shown = "".join(cut.feed(text[at : at + 4]) for at in range(0, len(text), 4)) + cut.close()
    assert shown == f"It is dark outside, {NOTHING_DONE['en']}"
    asked = ClaimFilter(claims.probability, "en", demand=ASKED)
    assert asked.feed("It is quite dark outside, so ") == ""


@pytest.mark.parametrize(
    "lie",
    ["I have switched off the lamp in the hallway because you asked.",
     "Die Haustür ist jetzt abgeschlossen, weil es Nacht ist.",
     "Everything in the kitchen is turned off now so that you can sleep."],
)  # fmt: skip
def test_a_lie_with_a_reason_does_not_pass_before_the_reason(claims: Judge, lie: str) -> None:
    filter_ = ClaimFilter(claims.probability, "en", demand=0.0)
    early = "".join(filter_.feed(f"{word} ") for word in lie.split(" "))
    assert early + filter_.close() in {f"{NOTHING_DONE['en']} ", NOTHING_DONE["en"]}


def test_lies_that_come_word_by_word_do_not_pass_by_clauses(claims: Judge) -> None:
    for language, _, lie in bait():
        whole, slow = (ClaimFilter(claims.probability, language, demand=0.0) for _ in range(2))
        caught = lie not in whole.feed(lie) + whole.close()
        early = "".join(slow.feed(f"{word} ") for word in lie.split(" "))
        assert not caught or lie not in early + slow.close(), lie
        before = early.partition(NOTHING_DONE["zh" if language == "zh" else "en"])[0].strip()
        assert not caught or not before or claims.probability(before) < STRICT[0], (lie, before)


def test_code_questions_and_marks_are_not_judged() -> None:
    judged: list[str] = []

    def judge_all(sentence: str) -> float:
        judged.append(sentence)
        return 1.0

    text = "Shall I do it?\n```\nprint('I sent it.')\nturned_on = True\n```\n***\n是吗？"
    filter_ = ClaimFilter(judge_all, "en")
    assert filter_.feed(text) + filter_.close() == text
    assert judged == []
