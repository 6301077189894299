"""What a terminal would obey is removed; what a person reads is kept, in whatever pieces it comes."""

from __future__ import annotations

import random

import pytest

from tui.sanitize import Sanitizer, clean, clean_line


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain text\nsecond\tline", "plain text\nsecond\tline"),
        ("我的手表在哪里? Žluťoučký 🦊", "我的手表在哪里? Žluťoučký 🦊"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mcolour\x1b[m", "colour"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x.invalid\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0;2\x1b\\sixel", "sixel"),
        ("\x1b(Bcharset", "charset"),
        ("\x1bcreset", "reset"),
        ("\x9b2Jeight bit", "eight bit"),
        ("\x9d0;title\x9cafter", "after"),
        ("over\rwritten\x08\x07", "overwritten"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\x00b\x7fc\x85d", "abcd"),
        ("\x1b\x1b[31mtwice", "twice"),
        ("\x1b[31", ""),
        ("bad \udcff byte", "bad \ufffd byte"),
    ],
)
def test_escape_sequences_are_removed(given: str, kept: str) -> None:
    assert clean(given) == kept


def test_an_unfinished_string_hides_no_more_than_its_line() -> None:
    assert clean("a\x1b]0;never ended\nthe next line") == "a\nthe next line"


def test_a_line_stays_one_line() -> None:
    assert clean_line("file\nname\x1b[2J.mp4") == "file name.mp4"


def test_pieces_give_what_the_whole_gives() -> None:
    rng = random.Random(7)
    alphabet = [
        "a",
        "中",
        "\x1b",
        "[",
        "]",
        "3",
        "1",
        "m",
        ";",
        "\x07",
        "\\",
        "\n",
        "\x9b",
        "\x9c",
        "P",
        "(",
        "B",
        "\r",
    ]
    for _ in range(300):
        text = "".join(rng.choices(alphabet, k=40))
        sanitizer, at, pieces = Sanitizer(), 0, []
        while at < len(text):
            size = rng.randint(1, 5)
            pieces.append(sanitizer.feed(text[at : at + size]))
            at += size
        whole = clean(text)
        assert "".join(pieces) == whole
        assert not set(whole) & set("\x1b\x9b\x9c\x07\r")
        assert clean(whole) == whole
