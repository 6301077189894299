"""Text as it is said: numbers, times, money, units, dates, file names, Markdown, sentence ends, languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from benchmarks.trust.fuzzing import Target, fuzz
from tools.speech.languages import language_of
from tools.speech.normalise import LONGEST, plain, sentences, spoken
from tools.speech.number_words import cardinal, clock, decimal, ordinal, year
from tools.speech.sentence_stream import SentenceStream


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Be there at 19:05.", "Be there at seven oh five P M."),
        ("It starts at 7:00.", "It starts at seven o'clock."),
        ("Lunch is at 12:30 pm", "Lunch is at twelve thirty P M"),
        ("at 3pm", "at three P M"),
        ("It costs $4.20.", "It costs four dollars and twenty cents."),
        ("It costs 1 €.", "It costs one euro."),
        ("£0.99 each", "ninety-nine pence each"),
        ("$3.5 million", "three point five million dollars"),
        ("-3.5 °C outside", "minus three point five degrees Celsius outside"),
        ("1 kg or 2 kg", "one kilogram or two kilograms"),
        ("80 km/h", "eighty kilometers per hour"),
        ("humidity 50%", "humidity fifty percent"),
        ("2026-11-21", "November twenty-first, twenty twenty-six"),
        ("2026-11-21T19:05:00+01:00", "November twenty-first, twenty twenty-six at seven oh five P M"),
        ("on Nov 3", "on November third"),
        ("3 May 2025", "May third, twenty twenty-five"),
        ("since 1987.", "since nineteen eighty-seven."),
        ("in 1500 homes", "in one thousand five hundred homes"),
        ("the 1990s", "the nineteen nineties"),
        ("1,234,567 people", "one million two hundred thirty-four thousand five hundred sixty-seven people"),
        ("the 21st", "the twenty-first"),
        ("10–15 min", "ten to fifteen minutes"),
        ("640×360 px", "six hundred forty by three hundred sixty pixels"),
        ("1/2 cup and 2½ cups", "one half cup and two and a half cups"),
        ("Dr. Smith, e.g. on #5", "Doctor Smith, for example, on number five"),
        ("IMG_2034.jpg", "I M G two zero three four dot jay peg"),
        ("holiday_trip-v2.pdf", "holiday trip version two dot P D F"),
        ("~/notes/todo.txt", "todo dot text in the folder notes"),
        ("mail anna.b@example.org", "mail anna dot b at example dot org"),
        ("version 1.2.3", "version one point two point three"),
        ("192.168.1.5", "one hundred ninety-two dot one hundred sixty-eight dot one dot five"),
        ("code 0042", "code zero zero four two"),
        ("cats & dogs", "cats and dogs"),
        ("no numbers here", "no numbers here"),
    ],
)
def test_english_is_said_as_a_person_would(written: str, said: str) -> None:
    assert spoken(written, "en") == said


def test_no_figure_is_left_for_the_engine_to_guess() -> None:
    text = "At 8:15 on 2026-01-02, 3 of 12 files (4.5 MB, 20%) cost $1,200.50 in room 7, see a1b.txt and 5 €."
    assert not any(char.isdigit() for char in spoken(text, "en"))


def test_other_languages_keep_their_figures() -> None:
    assert spoken("Es ist 19:05.", "de") == "Es ist 19:05."


def test_numbers() -> None:
    assert cardinal(0) == "zero"
    assert cardinal(1_000_001) == "one million one"
    assert cardinal(-12) == "minus twelve"
    assert cardinal(10**15).startswith("one zero zero")
    assert decimal("3.05") == "three point zero five"
    assert [ordinal(n) for n in (1, 12, 20, 43)] == ["first", "twelfth", "twentieth", "forty-third"]
    assert [year(n) for n in (1905, 1900, 2003, 2026)] == [
        "nineteen oh five",
        "nineteen hundred",
        "two thousand three",
        "twenty twenty-six",
    ]
    assert clock(0, 15) == "twelve fifteen A M"


def test_markdown_is_not_said() -> None:
    text = (
        "# Plan\n\n- **Buy** [milk](https://shop.example/x)\n- [ ] call `mum` 😀\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert sentences(text) == ["Plan", "Buy milk", "call mum", "a, b", "1, 2"]
    assert plain("2 * 3 * 4 and snake_case_name") == "2 * 3 * 4 and snake_case_name"


def test_sentences_end_where_they_end() -> None:
    text = "Dr. Smith came at 7 p.m. sharp. No. 5 was there, e.g. Anna B. Clark! No. Really? “Yes.” 3.5 is fine."
    assert sentences(text) == [
        "Dr. Smith came at 7 p.m. sharp.",
        "No. 5 was there, e.g. Anna B. Clark!",
        "No.",
        "Really?",
        "“Yes.”",
        "3.5 is fine.",
    ]
    assert sentences("你好。今天天气很好！走吧") == ["你好。", "今天天气很好！", "走吧"]
    assert sentences("... — 😀\n\n") == []


def test_a_long_sentence_is_divided_and_nothing_is_lost() -> None:
    text = ", ".join(f"word{n} and another" for n in range(60)) + "."
    parts = sentences(text)
    assert len(parts) > 1
    assert all(len(part) <= LONGEST for part in parts)
    assert " ".join(parts) == text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The watch is on the table", "en"),
        ("Das Essen ist fertig", "de"),
        ("La cena está lista en la mesa", "es"),
        ("Le dîner est sur la table", "fr"),
        ("你好 world", "zh"),
        ("これは本です", "ja"),
        ("Привет", "ru"),
        ("Dinner", None),
        ("5 µm", None),
    ],
)
def test_language_of_a_sentence(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "unit", [" ", "\t", "`", "[", "![", "[a](", "**a ", "-", "#", "| ", "! ", ".", "手表。", "Dr. ", "```\n"]
)
def test_a_reply_that_repeats_itself_takes_no_more_time_than_its_length(unit: str, tmp_path: Path) -> None:
    """What is quadratic in the length would take minutes here, and meets the limit of the fuzzing."""

    def say(text: str, folder: Path) -> None:
        stream = SentenceStream()
        assert "".join([*stream.feed(text), *stream.close()]).endswith("end")

    target = Target("reply", st.just(unit * (200_000 // len(unit)) + "end"), say)
    outcome = fuzz(target, tmp_path, examples=1)
    assert outcome.tried == 1 and not outcome.failures, "\n".join(outcome.failures.values())
