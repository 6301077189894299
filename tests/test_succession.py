"""A newer statement about the same thing takes the place of the older one; what can hold side by side stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.database import Database
from memory.store import FactStore, NewFact
from memory.succession import slot_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FactStore]:
    database = Database(tmp_path)
    yield FactStore(database)
    database.close()


def told(store: FactStore, *texts: str) -> list[str]:
    for days, text in enumerate(texts):
        store.add([NewFact(text, NOW + timedelta(days=days), "test")])
    return [fact.text for fact in store.all()]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("I live in Berlin.", "I now live in Hamburg."),
        ("I live in Berlin.", "我现在住在汉堡"),
        ("Ich wohne in Köln", "J'habite à Lyon"),
        ("My phone number is 555 1234", "Remember that my phone number is 555 9876"),
        ("My sister's phone number is 1", "My sister's phone number is now 2"),
        ("My favorite colour is red", "My favourite colour is blue"),
        ("Meine Telefonnummer ist 12345", "Meine Telefonnummer lautet jetzt 54321"),
        ("Meine Lieblingsfarbe ist rot", "Meine Lieblingsfarbe ist blau"),
        ("Mon numéro de téléphone est 12", "Mon numéro de téléphone est 34"),
        ("Mi número de teléfono es 12", "Mi número de teléfono es 34"),
        ("我的电话是 12", "我的电话换成 34"),
        ("I work as a nurse", "I work as a teacher"),
        ("Je m'appelle Luc", "My name is Lucas"),
    ],
)
def test_the_newer_holds(store: FactStore, older: str, newer: str) -> None:
    assert told(store, older, newer) == [newer]
    kept = {fact.text: fact.superseded_by for fact in store.all(superseded=True)}
    assert kept[older] is not None, "the older one is kept and names its successor"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("I like tea", "I like coffee"),
        ("I have a dog", "I have a cat"),
        ("My sister's phone number is 1", "My brother's phone number is 2"),
        ("My phone number is 1", "My account number is 2"),
        ("My favourite colour is red", "My favourite dish is soup"),
        ("I live in Berlin", "Anna lives in Hamburg"),
        ("I work as a nurse", "I work at the city hospital"),
        ("My sister is a doctor", "My sister is in Rome"),
        ("我喜欢茶", "我喜欢咖啡"),
        ("我的电话是 12", "妈妈的电话是 34"),
    ],
)
def test_both_hold(store: FactStore, one: str, two: str) -> None:
    assert told(store, one, two) == [one, two]


def test_an_older_statement_that_comes_later_supersedes_nothing(store: FactStore) -> None:
    store.add([NewFact("I live in Berlin", NOW, "test")])
    store.add([NewFact("I live in Bonn", NOW - timedelta(days=900), "test")])
    assert "I live in Berlin" in [fact.text for fact in store.all()]


def test_imported_rows_all_stay(store: FactStore) -> None:
    rows = [NewFact(f"I live in {town}", NOW, "file", "imported") for town in ("Bonn", "Berlin")]
    store.add(rows)
    assert store.count() == 2


def test_long_texts_have_no_slot() -> None:
    assert slot_of("I live in Berlin. I like it.") is None
    assert slot_of("I live in " + "a" * 300) is None
    assert slot_of("") is None
