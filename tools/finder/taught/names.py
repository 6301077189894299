"""Which taught thing a request names, in any of five languages. Owns no pictures and no embedding.

A name is read as a set of meanings: the kind of thing and its colours (the search's own tables), whose it is (a small
table), and every other word as it stands. A request names a taught thing when it has every meaning of its name: "the
watch of grandfather", "Opas Uhr" and "爷爷的手表" all name "grandfather's watch"; "my watch" and "grandmother's watch"
do not. (Cosines of sentence embeddings do not tell the last two from the first three.)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

from tools.finder.answering.kinds import is_cjk, kinds, meanings, word_table
from tools.finder.looks.colours import NAMES
from tools.finder.taught.rows import Item

ALIKE = 0.8
"""Words of at least four letters that are so alike (difflib's ratio) count as one: Lisbon, Lissabon."""
_NOTHING = "little"


@dataclass(frozen=True)
class Meaning:
    """What a name says: kinds and owners by their English names, colours, and other words, folded."""

    kinds: tuple[frozenset[str], ...]
    owners: frozenset[str]
    colours: frozenset[str]
    words: tuple[str, ...]
    whole: str
    """All of it but the little words, without spaces."""

    @property
    def size(self) -> int:
        """How much it says."""
        return len(self.kinds) + len(self.owners) + len(self.colours) + len(self.words)


def named_item(items: Sequence[Item], request: str) -> Item | None:
    """The taught thing that `request` names, the one with the fullest name where several fit; None: it names none."""
    asked = read(request)
    found: list[tuple[int, Item]] = []
    for item in items:
        for name in (item.name, *item.aliases):
            said = read(name)
            if said.size and _has_all(asked, said):
                found.append((said.size, item))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def read(text: str) -> Meaning:
    """The meaning of a name or a request."""
    phrase = re.sub(r"(?<=\w)['’]s?(?!\w)", " ", text.casefold())
    phrase = re.sub(r"(?<=\b[ld])['’](?=\w)", " ", phrase)
    plain = re.sub(r"[^\w\s-]+", " ", phrase).replace("_", " ")
    phrase = f" {plain} "
    whole = "".join(_folded(word) for word in phrase.split() if not _little(word))
    phrase, things = _take_kinds(phrase)
    owners, colours, words = set[str](), set[str](), list[str]()
    if is_cjk(phrase):
        phrase = _take_cjk(phrase, owners, colours)
    for word in phrase.split():
        owner = _owner(word)
        shades = [meaning for meaning in meanings(word) if meaning in NAMES]
        if owner:
            owners.add(owner)
        elif shades:
            colours.update(shades)
        elif not _little(word):
            words.append(_folded(word))
    return Meaning(tuple(things), frozenset(owners), frozenset(colours), tuple(words), whole)


def _has_all(asked: Meaning, said: Meaning) -> bool:
    """Whether the request has every meaning of the name, and says of nobody else that it is theirs."""
    if not (said.owners <= asked.owners and said.colours <= asked.colours):
        return False
    if asked.owners - said.owners:
        return False
    if len(said.whole) >= 5 and said.whole in asked.whole:  # as a compound: Insulinpen
        return True
    if not all(any(one & other for other in asked.kinds) for one in said.kinds):
        return False
    return all(_has_word(asked, word) for word in said.words)


def _has_word(asked: Meaning, word: str) -> bool:
    if any(word == other or (min(len(word), len(other)) >= 4 and _alike(word, other)) for other in asked.words):
        return True
    return len(word) >= (2 if is_cjk(word) else 5) and word in asked.whole


def _alike(word: str, other: str) -> bool:
    return SequenceMatcher(None, word, other).ratio() >= ALIKE


def _take_kinds(phrase: str) -> tuple[str, list[frozenset[str]]]:
    """The kinds that a phrase names, the longest names first, and the phrase without them."""
    found: list[frozenset[str]] = []
    while len(found) < 4:
        best, at, tied = "", (0, 0), set[str]()
        for name, pattern, kind in _kind_patterns():
            match = pattern.search(phrase) if len(name) >= len(best) else None
            if match and len(name) > len(best):
                best, at, tied = name, match.span(), {kind}
            elif match and match.span() == at:
                tied.add(kind)
        if not best:
            break
        found.append(frozenset(tied))
        phrase = f"{phrase[: at[0]]} {phrase[at[1] :]}"
    return phrase, found


@cache
def _kind_patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    rows = []
    for kind in kinds():
        for name in sorted({*kind.names, *kind.foreign}):
            if _little(name):
                continue
            end = "" if is_cjk(name) else r"(?:s|es|n|en)?(?!\w)"
            start = "" if is_cjk(name) else r"(?<!\w)"
            rows.append((name, re.compile(f"{start}{re.escape(name)}{end}"), kind.name))
    return tuple(rows)


def _take_cjk(phrase: str, owners: set[str], colours: set[str]) -> str:
    """Take owners, colours and words that name nothing out of a phrase that is written without spaces."""
    table = [(word, owner, owners) for word, owner in _table().items() if is_cjk(word) and owner != _NOTHING]
    table += [
        (word, meaning, colours) for meaning, words in word_table().items() if meaning in NAMES
        for word in words if is_cjk(word)
    ]  # fmt: skip
    for word, meaning, into in sorted(table, key=lambda row: -len(row[0])):
        if word in phrase:
            into.add(meaning)
            phrase = phrase.replace(word, " ")
    for word in sorted((word for word, is_ in _table().items() if is_ == _NOTHING and is_cjk(word)), key=len)[::-1]:
        phrase = phrase.replace(word, " ")
    return phrase


@cache
def _table() -> dict[str, str]:
    """The meaning of each word of the table beside this module."""
    text = (files("tools.finder.taught") / "words.txt").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            meaning, _, words = line.partition(";")
            for word in words.casefold().split():
                found.setdefault(word, meaning.strip())
    return found


def _little(word: str) -> bool:
    """Whether a word names nothing."""
    return _table().get(word) == _NOTHING or "stop" in meanings(word)


def _owner(word: str) -> str | None:
    """Whose a thing is, by a word or its genitive."""
    found = _table().get(word) or (_table().get(word[:-1]) if word.endswith("s") else None)
    return None if found == _NOTHING else found


def _folded(word: str) -> str:
    """Without accents, and without the s of a plural or genitive."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") else bare
