"""What words mean to a conversation: stop, yes, a request that breaks off, sentences that can be said already."""

from __future__ import annotations

import pytest

from agent.voice.approval import approves, question
from tools.speech.completeness import complete
from tools.speech.sentence_stream import SentenceStream, clauses
from tools.speech.stopping import ends_in_stop, is_stop


@pytest.mark.parametrize(
    "text",
    [
        "Stop!", "Please stop, stop.", "stop it", "Be quiet.", "That's enough", "Never mind.", "Hör auf!", "Stopp",
        "Sei still, bitte.", "Arrête !", "Tais-toi.", "Ça suffit", "¡Para ya!", "Basta.", "Cállate", "停", "停停停。",
        "别说了。", "请停下来", "安静", "Zitto!", "Chega.", "Hou op", "Hey Hausgeist, stop",
    ],
)  # fmt: skip
def test_stop_in_every_language(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize(
    "text",
    ["", "Stop the music", "Where does the bus stop?", "stopwatch", "para qué es esto", "停车场在哪里", "turn it off",
     "Tell me to be quiet", "取消明天的闹钟", "Is that enough sugar?"],
)  # fmt: skip
def test_other_requests_are_no_stop(text: str) -> None:
    assert not is_stop(text)


def test_a_stop_that_the_house_says_itself_is_none() -> None:
    assert ends_in_stop("the candles are lit. Stop!")
    assert not ends_in_stop("The bus comes to a full stop.", "The bus comes to a full stop.")
    assert not ends_in_stop("Then you say: stop.", "Then you say, stop")
    assert not ends_in_stop("", "")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Where is my watch?", "en", True), ("Turn on the.", "en", False), ("Turn it on.", "en", True),
        ("I need a knife and", "en", False), ("Yes.", "en", None), ("Well, um...", "en", False),
        ("Schalte das Wohnzimmerlicht ein.", "de", True), ("Schalte das Licht und", "de", False),
        ("Enciende la luz del salón.", "es", True), ("Enciende la luz del", "es", False),
        ("打开客厅的灯。", "zh", True), ("打开客厅的", "zh", False), ("因为", "zh", False), ("", None, None),
    ],
)  # fmt: skip
def test_a_request_is_whole_or_breaks_off(text: str, language: str | None, expected: bool | None) -> None:
    assert complete(text, language) is expected


@pytest.mark.parametrize(
    "text", ["Yes.", "yes, please", "Okay, go ahead", "Ja, klar", "Oui !", "Sí.", "是的。", "好", "没问题"]
)
def test_a_yes(text: str) -> None:
    assert approves(text)


@pytest.mark.parametrize(
    "text", ["No.", "No, not yet, okay?", "Nein", "stop", "maybe", "不可以", "不是", "别", "", "What?"]
)
def test_anything_else_is_a_no(text: str) -> None:
    assert not approves(text)


def test_the_question_is_in_the_language_of_the_request() -> None:
    assert question("forget", {"query": "the key"}, "en").startswith("Shall I use forget: the key?")
    assert "是" in question("forget", {"query": "钥匙"}, "zh")


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_sentences_come_out_whole_however_the_text_comes_in(size: int) -> None:
    text = (
        "Your watch lies on the study desk, left of the lamp, where Dr. Miller put it at 10:42 a.m. today. At 3.5 m"
        " there is more! OK?\n# Title\n- one\n- two 你好。再见！See e.g. the desk. J. Smith came. Bye"
    )
    stream, found = SentenceStream(), []
    for start in range(0, len(text), size):
        found += stream.feed(text[start : start + size])
    found += stream.close()
    assert found[0] == "Your watch lies on the study desk,"
    later = found.index("At 3.5 m there is more!")
    assert " ".join(found[1:later]) == "left of the lamp, where Dr. Miller put it at 10:42 a.m. today."
    assert found[later:] == [
        "At 3.5 m there is more!", "OK?", "Title", "one", "two 你好。", "再见！", "See e.g. the desk.",
        "J. Smith came.", "Bye",
    ]  # fmt: skip


def test_a_sentence_is_given_out_as_soon_as_it_has_ended() -> None:
    stream = SentenceStream()
    assert stream.feed("It is late. ") == ["It is late."]
    assert stream.feed("No. ") == []
    assert stream.feed("4 is mine. ") == ["No. 4 is mine."]


def test_the_first_clause_is_given_out_while_its_sentence_is_still_written() -> None:
    stream = SentenceStream()
    assert stream.feed("It is 10:30, and 3,500 people came") == []
    assert stream.feed(" to see it,") == []  # it may be a number's
    assert stream.feed(" ") == ["It is 10:30, and 3,500 people came to see it,"]
    assert stream.feed("they say") == []
    assert stream.feed(". And now, before anybody asks, it is over. ") == [
        "they say.", "And now, before anybody asks, it is over.",
    ]  # fmt: skip
    reason = SentenceStream()
    assert reason.feed("Sleep is important for the health of people because") == []
    assert reason.feed(" ") == ["Sleep is important for the health of people,"]
    assert reason.feed("it helps. ") == ["because it helps."]
    marked = SentenceStream()
    assert marked.feed("**Beware of the dog, it** bites") == []
    assert marked.close() == ["Beware of the dog, it bites"]


def test_only_a_long_first_sentence_is_divided() -> None:
    assert clauses("Dinner is ready, come.") == ["Dinner is ready, come."]
    long = "It costs 1,250,000 euros in all, since nobody knows any way around paying every cent"
    assert clauses(long)[0] == "It costs 1,250,000 euros in all,"
    because = "Sleep is important for the health of people because it helps to restore energy, among other things."
    assert clauses(because) == [
        "Sleep is important for the health of people,", "because it helps to restore energy, among other things.",
    ]  # fmt: skip
    assert clauses("在书房的桌子上，台灯的左边，早上十点四十二分放在那里的，后来没有人动过它。")[0].endswith("，")
