"""Which of a user's sentences are facts."""

from __future__ import annotations

import pytest

from memory.facts import extract

FACTS = """My sister's name is Anna.
I live in Bremen.
I'm allergic to peanuts
My dog Rex is afraid of thunder
Our car is parked in the garage
I usually wake up at half past six.
I am a nurse.
We have two cats.
我住在柏林
我姐姐叫安娜
我对花生过敏
我的生日是五月三号
我喜欢喝绿茶
Ich wohne in Köln.
Meine Schwester heißt Anna.
Ich bin allergisch gegen Nüsse
Mon chat s'appelle Minou
J'habite à Lyon
Me llamo Carmen
Mi hermano vive en Sevilla""".splitlines()

NO_FACTS = """Where do I live?
What is my sister's name?
draw a red fox
Please remember to call me
I'm looking for my keys
I am hungry
I have a question
I like it
My god!
I want a picture of a castle
Can you tell me where my watch is
say 'my name is Bob'
Translate: my dog is sick
我的手表在哪里?
我叫什么名字
帮我画一只猫
我有一个问题
我想喝水
Wo wohne ich?
Ich habe eine Frage
hello
thanks a lot
J'ai une question
¿Dónde vivo?
Good morning, how are you""".splitlines()


@pytest.mark.parametrize("sentence", FACTS)
def test_statements_are_taken_word_for_word(sentence: str) -> None:
    assert extract(sentence) == [sentence]


@pytest.mark.parametrize("sentence", NO_FACTS)
def test_chatter_questions_and_orders_are_not(sentence: str) -> None:
    assert extract(sentence) == []


def test_a_turn_of_several_sentences() -> None:
    turn = (
        "Hi! By the way, my brother's name is Tom. He called. Can you draw a cat? I live in Bremen. I live in Bremen."
    )
    assert extract(turn) == ["My brother's name is Tom.", "I live in Bremen."]
    assert extract("对了,我妈妈的生日是五月三号。今天天气不错。") == ["我妈妈的生日是五月三号。"]


def test_odd_text() -> None:
    for text in ("", "\0", "我" * 5000, "my " * 5000, "my x's " * 60, "\ud800"):
        extract(text)
