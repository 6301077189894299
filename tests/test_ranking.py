"""How records that were told one after the other share their scores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memory.memory import Memory
from memory.ranking import CONTINUED, with_neighbours
from memory.records import Fact
from memory.words import continues
from runtime.house import House

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def fact(number: int, text: str, minutes: float = 0.0, source: str = "talk") -> Fact:
    return Fact(number, text, NOON + timedelta(minutes=minutes), source)


@pytest.mark.parametrize(
    "text",
    ["She plays the cello.", "“They moved to Ghent.", "It’s green.", "Er wohnt in Bonn.", "Elle est médecin.",
     "Ella vive en Cádiz.", "她在里斯本长大。"],
)  # fmt: skip
def test_a_text_that_opens_with_a_pronoun_continues(text: str) -> None:
    assert continues(text)


@pytest.mark.parametrize("text", ["Sheila plays the cello.", "Heat rises.", "Erik wohnt in Bonn.", "I said she is."])
def test_other_texts_stand_alone(text: str) -> None:
    assert not continues(text)


def test_what_continues_a_good_record_comes_right_after_it() -> None:
    facts = [fact(1, "Clara is in my course."), fact(2, "She is from Lisbon.", 1), fact(3, "The course is hard.", 2)]
    scores = with_neighbours({1: 0.9, 2: 0.1, 3: 0.4}, {one.id: one for one in facts})
    assert scores[1] > scores[2] > scores[3]
    assert scores[2] >= 0.1 + CONTINUED * 0.9
    found_by_none = with_neighbours({1: 0.9, 3: 0.4}, {one.id: one for one in facts})
    assert found_by_none[2] == pytest.approx(CONTINUED * 0.9)


@pytest.mark.parametrize(
    "later",
    [fact(2, "She is from Lisbon.", 11), fact(2, "She is from Lisbon.", 1, "other"), fact(2, "Tom is here.", 1)],
)
def test_what_was_told_elsewhere_or_later_continues_nothing(later: Fact) -> None:
    scores = with_neighbours({1: 0.9, 2: 0.1}, {1: fact(1, "Clara is in my course."), 2: later})
    assert scores[2] < 0.2


def test_nothing_overtakes_what_it_continues() -> None:
    facts = {1: fact(1, "Clara is in my course."), 2: fact(2, "She is from Lisbon.", 1)}
    assert with_neighbours({1: 0.3, 2: 0.29}, facts)[2] <= with_neighbours({1: 0.3, 2: 0.29}, facts)[1]


def test_a_search_finds_who_was_meant(environment: dict[str, str]) -> None:
    """The second record names neither the choir nor the concert."""
    rows = ["At the choir I met Clara before the spring concert.", "She grew up on a farm near Évora."]
    others = [f"On day {number} of the trip we walked to village {number} and ate soup." for number in range(30)]
    with House.open(environment) as house, Memory(house) as memory:
        for number, text in enumerate([*others[:15], *rows, *others[15:]]):
            memory.remember(text, source="talk", time=NOON + timedelta(minutes=number))
        found = [hit.fact.text for hit in memory.search("Whom did I meet at the choir before the spring concert?", 2)]
    assert found == rows
