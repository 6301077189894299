"""Two wishes in one request."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from agent import clauses

WORDS = {
    "find_item": r"keys|watch|钥匙|手表|Schlüssel|clés|llaves",
    "generate_image": r"draw|paint|画|zeichne|dessine|dibuja",
    "speak": r"\bsay|announce|read|说|sag|\bdis\b|\bdi\b",
    "remember": r"remember|note|记住|merk|retiens|recuerda",
}


def by_words(text: str) -> Mapping[str, float]:
    """A stand-in for the router: the first tool whose words a text opens with, sure of itself only near the start."""
    shares = dict.fromkeys([*WORDS, "reply"], 0.02)
    for tool, words in WORDS.items():
        found = re.search(words, text, re.IGNORECASE)
        if found:
            shares[tool] = max(0.9 - found.start() / 100, 0.1)
    if max(shares.values()) < 0.1:
        shares["reply"] = 0.9
    return shares


@pytest.mark.parametrize(
    ("request_text", "tools"),
    [
        ("Draw a red boat and then say hello", ["generate_image", "speak"]),
        ("First draw a boat, then tell me where my keys are", ["generate_image", "find_item"]),
        ("Where are my keys? Also remember that I owe Tim ten euros.", ["find_item", "remember"]),
        ("Remember that the door code is 12; draw a door", ["remember", "generate_image"]),
        ("Zeichne ein Boot, wo sind meine Schlüssel?", ["generate_image", "find_item"]),
        ("先画一只猫，然后说晚安", ["generate_image", "speak"]),
        ("我的钥匙在哪？顺便记住车停在三层", ["find_item", "remember"]),
        ("Zeichne ein Boot und sag danke", ["generate_image", "speak"]),
        ("Dessine un bateau puis dis merci", ["generate_image", "speak"]),
        ("Dibuja un barco y luego di gracias", ["generate_image", "speak"]),
        ("Suche meine Schlüssel und zeichne mir dann ein Boot", ["find_item", "generate_image"]),
        ("Draw a cat, then say hi, and then remember that Mia likes cats", ["generate_image", "speak", "remember"]),
    ],
)
def test_two_wishes_are_cut(request_text: str, tools: list[str]) -> None:
    assert [wish.tool for wish in clauses.plan(request_text, by_words)] == tools


@pytest.mark.parametrize(
    "request_text",
    [
        'Say "draw a cat and then remember it"',
        "说“先画一只猫，然后记住它”",
        "Draw a man and a woman who wave and then smile",
        "Remember that the keys are under the pot and the code is 12",
        "Where are my keys? I need them for the car.",
        "Say hello to everyone and welcome them",
        "Tell me about Rome and then about Athens",
        "Say hello and save it as hello.wav",
        "Sag mir, wo meine Schlüssel sind",
        "Zeichne, was ich gestern notiert habe",
        "Say: find your keys, and read a book",
        "说：找到钥匙，画一只猫",
    ],
)
def test_one_wish_stays_whole(request_text: str) -> None:
    assert [wish.text for wish in clauses.plan(request_text, by_words)] == [request_text]


def test_parts_are_the_users_words_in_order() -> None:
    text = "Please draw a boat with 3 sails, then say: ahoy"
    first, second = clauses.plan(text, by_words)
    assert first.text == "draw a boat with 3 sails"
    assert second.text == "say: ahoy"
    assert all(wish.text in text for wish in (first, second))


def test_split_cuts_only_orders_and_questions() -> None:
    assert clauses.split("Find my keys and tell me who was here") == ["Find my keys", "tell me who was here"]
    assert clauses.split("bread and butter") == ["bread and butter"]
    assert clauses.split("") == [""]


@pytest.mark.parametrize("order", ["dibújalas", "léemelo en voz alta", "dímelo", "apúntalo", "bórralo"])
def test_spanish_orders_may_carry_their_object(order: str) -> None:
    assert clauses.starts_wish(order)


def test_a_word_of_order_behind_the_verb_is_no_part_of_the_wish() -> None:
    cut = clauses.split("Suche meine Schlüssel und zeichne mir dann ein Boot")
    assert cut == ["Suche meine Schlüssel", "zeichne mir ein Boot"]
    assert clauses.split("Sag „wir essen und gehen dann heim“") == ["Sag „wir essen und gehen dann heim“"]
