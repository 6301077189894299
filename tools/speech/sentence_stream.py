"""From text that is still being written to sentences that can be said. Owns no synthesis.

The first sentence of a reply is given out by clauses, each as soon as it is written, so that its sound begins sooner;
later ones whole.
"""

from __future__ import annotations

import re

from tools.speech.normalise import sentences

_FIRST_CLAUSE = (16, 48)
"""Characters of the first clause: at least, and what counts as long without one."""
_CLAUSE = re.compile(r"[,;:，；：、]\s*|\s[–—-]\s")
_JOINT = re.compile(
    r"(?<=\s)(?:because|which|while|although|so that|in order to|and|but|weil|damit|und|aber|oder|parce que|afin de"
    r"|mais|porque|para que|pero)\s"
)
"""Words before which a person may draw breath, where there is no mark."""
_JOINT_LEAST = 24
SUBORDINATE = re.compile(
    r"(?<=\s)(?:because|although|so that|in order to|weil|damit|obwohl|parce que|afin de|porque|para que)\s"
)
"""Those that a whole clause follows: after `LONG` characters the voice begins before the sentence has one mark."""
LONG = 32
_MARKUP = re.compile(r"[*_`#|~<>\[\]]|^\s*(?:[-+•]|\d+[.)])")
"""What may be Markdown or HTML: it is read as a whole, not by clauses."""
_END = re.compile(r"(?:(?<![.!?…])[.!?…]++[\"'”’)\]]*+\s++|[。！？；]++[”’」』）]*+|\n++)")
_ENDS_TRIED = 4
"""Ends, from the last, of which each feed asks whether a sentence is over: the time of a feed stays bounded."""
_TAIL = 200
"""Characters before an end that are read to see whether it ends a sentence."""


class SentenceStream:
    """Feed it pieces of text; it gives out what can be said already."""

    def __init__(self) -> None:
        self._held = ""
        self._first = True

    def feed(self, piece: str) -> list[str]:
        """The sentences that `piece` completes, in order."""
        self._held += piece
        for end in [match.end() for match in _END.finditer(self._held)][: -_ENDS_TRIED - 1 : -1]:
            ready, rest = self._held[:end], self._held[end:]
            if not _open_code(ready) and _ended(ready, rest):
                self._held = rest
                return self._by_clauses(sentences(ready))
        return self._clause() if self._first else []

    def close(self) -> list[str]:
        """The rest, once the text has ended."""
        rest, self._held = self._held, ""
        return self._by_clauses(sentences(rest))

    def _clause(self) -> list[str]:
        """A clause of the first sentence that is whole while the sentence is not."""
        held, least = self._held, _FIRST_CLAUSE[0]
        marks = (mark for mark in _CLAUSE.finditer(held) if not _inside_number(held, mark))
        mark = next((mark.end() for mark in marks if _width(held[: mark.end()].strip()) >= least), None)
        word = next((word.start() for word in SUBORDINATE.finditer(held) if word.start() >= LONG), None)
        ends = [(end, comma) for end, comma in ((mark, ""), (word, ",")) if end is not None]
        if not ends or _MARKUP.search(held[: min(ends)[0]]):
            return []
        cut, comma = min(ends)
        self._held = held[cut:]
        return sentences(held[:cut].rstrip() + comma)

    def _by_clauses(self, found: list[str]) -> list[str]:
        if not found or not self._first:
            return found
        self._first = False
        return [*clauses(found[0]), *found[1:]]


def clauses(sentence: str) -> list[str]:
    """A long sentence in two parts, the first clause and the rest; a short or an undivided one whole.

    It is divided at the first mark, or before a word that joins clauses, whichever comes first and far enough in.
    """
    least, long = _FIRST_CLAUSE
    if _width(sentence) <= long:
        return [sentence]
    found = []
    for mark in _CLAUSE.finditer(sentence):
        if not _inside_number(sentence, mark) and _far_enough(sentence, mark.end(), least):
            found.append((mark.end(), ""))
            break
    for word in _JOINT.finditer(sentence):
        if _far_enough(sentence, word.start(), _JOINT_LEAST):
            found.append((word.start(), ","))
            break
    if not found:
        return [sentence]
    cut, added = min(found)
    return [sentence[:cut].strip() + added, sentence[cut:].strip()]


def _inside_number(text: str, mark: re.Match[str]) -> bool:
    """Whether a comma or colon belongs to a number or a time, or may do so where nothing follows yet."""
    if mark[0].strip() not in ",:":
        return False
    following = text[mark.end() : mark.end() + 1]
    return following.isdigit() or (not following and not mark[0][-1].isspace())


def _far_enough(sentence: str, cut: int, least: int) -> bool:
    return min(_width(sentence[:cut]), _width(sentence[cut:])) >= least


def _width(text: str) -> int:
    """Characters; one of Chinese, Japanese or Korean takes as long to say as two others."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def _open_code(text: str) -> bool:
    return text.count("```") % 2 == 1


def _ended(text: str, following: str) -> bool:
    """Whether `text` ends a sentence, and not with an abbreviation ("Dr. ", "No. ") that more text may follow."""
    if text.endswith("\n"):
        return True
    text = text[-_TAIL:].rstrip()
    nexts = [following] if following.strip() else ["Xx", "1"]
    return all(len(sentences(f"{text} {word}")) > len(sentences(text)) for word in nexts)
