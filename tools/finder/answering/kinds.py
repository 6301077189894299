"""Kinds of household things and the words of a search, from the tables beside this module. Owns no matching."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Kind:
    """A kind of thing. `names`: English, the usual one first; `foreign`: in other languages; `labels`: what a detector
    or classifier calls such a thing; `size_cm`: its longest side; `lengths`: longest over shortest side from above, in
    each shape that it lies in about as often."""

    names: tuple[str, ...]
    size_cm: float
    lengths: tuple[float, ...]
    labels: frozenset[str]
    foreign: tuple[str, ...]

    @property
    def length(self) -> float:
        """Of its longest shape."""
        return max(self.lengths)

    @property
    def name(self) -> str:
        """Its usual English name."""
        return self.names[0]


def _lines(name: str) -> list[list[str]]:
    text = (files("tools.finder.answering") / name).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [[part.strip() for part in row.split(";")] for row in rows]


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds of the table."""
    found = []
    for names, size, lengths, labels, foreign in _lines("kinds.txt"):
        english = tuple(name.strip().casefold() for name in names.split(","))
        called = frozenset(label.strip().casefold() for label in labels.split(","))
        others = tuple(foreign.casefold().split())
        shapes = tuple(float(length) for length in lengths.split("/"))
        found.append(Kind(english, float(size), shapes, called | set(english), others))
    return tuple(found)


@cache
def word_table() -> dict[str, tuple[str, ...]]:
    """Words by meaning: colours, positions, "with" and the words that name nothing."""
    return {meaning: tuple(words.casefold().split()) for meaning, words in _lines("words.txt")}


def is_cjk(text: str) -> bool:
    """Whether the text is written without spaces between words."""
    return bool(_CJK.search(text))


def meanings(word: str, among: Iterable[str] | None = None) -> list[str]:
    """The meanings of one word of a language with spaces."""
    table = word_table()
    found = []
    for meaning in among or table:
        for pattern in table[meaning]:
            if word == pattern or (pattern.endswith("*") and word.startswith(pattern[:-1])):
                found.append(meaning)
                break
    return found


def kinds_named(phrase: str) -> list[Kind]:
    """The kinds that a phrase names by a word of the table, the longest name first decisive; none where it has none."""
    best, found = 0, list[Kind]()
    for kind in kinds():
        length = max((_named(name, phrase) for name in (*kind.names, *kind.foreign)), default=0)
        if length > best:
            best, found = length, [kind]
        elif length == best and best:
            found.append(kind)
    return found


def _named(name: str, phrase: str) -> int:
    """How many characters of `phrase` are `name` (0: it does not occur), a plural or the end of a compound."""
    if name not in phrase:
        return 0
    if is_cjk(name):
        return 2 * len(name)
    if re.search(rf"(?<!\w){re.escape(name)}(?:s|es|n|en)?(?!\w)", phrase):
        return len(name) + 1
    if len(name) >= 5 and re.search(rf"\w{re.escape(name)}(?:n|en)?(?!\w)", phrase):
        return len(name)
    return 0
