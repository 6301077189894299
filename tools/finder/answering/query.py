"""Understands which thing is asked for: kind, colours, parts, position; from words in several languages.

Kinds and colours come from tables (`tools.finder.answering.kinds`); a name that no table has is taken to the nearest
kind in the text-embedding space, when one is clearly nearer than kinds are on average.
Owns no matching and no pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.kinds import Kind, is_cjk, kinds, kinds_named, meanings, word_table
from tools.finder.looks.colours import NAMES

Tone = Literal["light", "dark"]
Position = Literal["left", "right", "middle"]
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors [n, d] of texts, in one space for all languages."""
NEARER = 0.075
"""A kind in embedding space must be this much nearer than kinds are on average (multilingual-e5 cosines lie in a
narrow band from 0.75 to 1, so only differences say something)."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for. `colours` are shades of the thing, `parts` shades of something on it (may be small)."""

    text: str
    head: str
    kinds: tuple[Kind, ...]
    colours: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    tone: Tone | None = None
    position: Position | None = None
    guessed: bool = False
    """Whether the kind comes from the embedding space, not from a name."""

    @property
    def labels(self) -> frozenset[str]:
        """What a detector or classifier may call it."""
        return frozenset().union(*(kind.labels for kind in self.kinds)) | ({self.head} if self.head else set())


def understand(text: str, embed: Embed | None = None) -> Wanted:
    """Read a description such as "the blue mug", "带绿色挂件的钥匙" or "die linke Flasche"."""
    phrase = re.sub(r"[\s'’\"“”,.?!。，？！]+", " ", text.casefold()).strip()
    main, part = _cjk_parts(phrase) if is_cjk(phrase) else _parts(phrase)
    main_words, part_words = _meanings(main), _meanings(part)
    head = _head(main)
    found, guessed = tuple(kinds_named(head) or kinds_named(main)), False
    if not found and embed is not None and head:
        found, guessed = _nearest_kinds(head, embed), True
    colours = [m for m in main_words if m in NAMES]
    if "navy" in colours and "blue" in colours:
        colours.remove("blue")
    tone: Tone | None = "dark" if "dark" in main_words else "light" if "light" in main_words else None
    places: tuple[Position, ...] = ("left", "right", "middle")
    position = next((place for place in places if place in main_words), None)
    parts = [m for m in part_words if m in NAMES]
    return Wanted(
        text.strip(),
        head,
        found,
        tuple(colours),
        tuple(parts),
        tone,
        position,
        guessed and bool(found),
    )


def _parts(phrase: str) -> tuple[str, str]:
    """The thing itself and what stands behind "with"; titles ("titled …") name no colour."""
    phrase = re.split(r"\b(?:titled|called|named|genannt|titre|titulado)\b", phrase)[0].strip()
    words = phrase.split()
    for index, word in enumerate(words):
        if index and word in word_table()["with"]:
            return " ".join(words[:index]), " ".join(words[index + 1 :])
        if index and word == "in" and any(m in NAMES for w in words[index:] for m in meanings(w)):
            return " ".join(words[:index] + words[index + 1 :]), ""
    return phrase, ""


def _cjk_parts(phrase: str) -> tuple[str, str]:
    """带红色挂件的钥匙: what stands between 带 or 有 and the last 的 is a part."""
    match = re.match(r"^(.*?)[带有](.+)的([^的]+)$", phrase)
    return (match[1] + match[3], match[2]) if match else (phrase, "")


def _meanings(phrase: str) -> list[str]:
    """Meanings of the colour, tone and position words of a phrase, in order."""
    if not phrase:
        return []
    among = [m for m in word_table() if m not in {"stop", "with"}]
    if not is_cjk(phrase):
        return list(dict.fromkeys(m for word in re.split(r"[\s-]+", phrase) for m in meanings(word, among)))
    found: list[tuple[int, str]] = []
    covered = set[int]()
    patterns = [(p, m) for m in among for p in word_table()[m] if is_cjk(p)]
    for pattern, meaning in sorted(patterns, key=lambda row: -len(row[0])):
        for match in re.finditer(re.escape(pattern), phrase):
            if not covered & set(range(*match.span())):
                covered |= set(range(*match.span()))
                found.append((match.start(), meaning))
    return [meaning for _, meaning in sorted(found)]


def _head(main: str) -> str:
    """The words that name the thing: without colours, positions and words that name nothing."""
    if is_cjk(main):
        strip = sorted((p for words in word_table().values() for p in words if is_cjk(p)), key=len, reverse=True)
        named = kinds_named(main)
        if named:
            return max((n for k in named for n in k.foreign if n in main), key=len, default=main)
        for pattern in strip:
            main = main.replace(pattern, "")
        return main.strip()
    return " ".join(word for word in main.split() if not meanings(word) or kinds_named(word)) if main else ""


@cache
def _kind_names() -> tuple[tuple[str, int], ...]:
    return tuple((name, index) for index, kind in enumerate(kinds()) for name in kind.names)


def _nearest_kinds(head: str, embed: Embed) -> tuple[Kind, ...]:
    names = _kind_names()
    vectors = embed([head, *(name for name, _ in names)])
    near = vectors[1:] @ vectors[0]
    best = int(near.argmax())
    if near[best] - float(near.mean()) < NEARER:
        return ()
    return (kinds()[names[best][1]],)
