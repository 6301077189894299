"""Keeps a free reply from claiming an action that no tool did. Owns no wording of tool results.

A reply that the model writes stands in a turn where no tool ran, so every claim to have acted on the house ("I have
turned on the lamp", "your alarm is set") is untrue. Sentences that make such a claim (`agent.claims`) are replaced
by the plain truth. Writing, explaining and translating are things a reply itself does; they are no such claims.

The first sentence is passed on clause by clause where that is safe, so that a voice can begin with it: a clause that
claims nothing stays true, and the rest of its sentence is judged together with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tools.speech.sentence_stream import LONG, SUBORDINATE

Judge = Callable[[str], float]
"""The probability that a sentence claims an action, 0 to 1."""

_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")

NOTHING_DONE = {
    "en": "I did nothing of that kind: none of my tools can do it.",
    "zh": "我没有做这件事：我的工具都做不到。",
}


CANNOT = {
    "en": "I can't do that: none of my tools reaches devices, messages, shops or the web. I did nothing.",
    "zh": "这件事我做不到：我的工具都够不到设备、消息、商店或网络。我什么也没做。",
}
"""The whole reply to a request that surely asks for what no tool does."""
DEMANDED, ASKED = 0.85, 0.1
"""From the first probability on a request counts as such a demand; from the second on its reply is read strictly."""
STRICT, USUAL = (0.2, 0.5), (0.6, 0.9)
"""From which probability a sentence counts as a claim: each for the first sentences and for the others (the steps of a
recipe, a story); strictly where the request may be a demand."""
FIRST = 3
_CLAUSE = re.compile(r"[,;:]\s|[，；：]")
"""A mark inside a sentence at which a voice may begin; not the comma or colon in a number or a time."""
LEAST = 16
"""Characters of a clause that is passed on by itself: shorter ones ("Done,", "OK,") say too little to be judged."""
_QUESTION = re.compile(r"[?？]\W*$")
_FENCE = "```"


class ClaimFilter:
    """Passes streamed text on sentence by sentence; the first untrue claim is replaced, later ones are left out."""

    def __init__(self, judge: Judge, language: str = "en", demand: float = ASKED) -> None:
        """`demand`: how likely the request asks for what no tool does, 0 to 1; to a sure one the reply is `CANNOT`."""
        self._instead = CANNOT["zh" if language == "zh" else "en"] if demand >= DEMANDED else ""
        self._judge, self._language = judge, language
        self._early, self._late = STRICT if demand >= ASKED else USUAL
        self._by_clauses = demand < ASKED
        self._held = ""
        self._passed = ""
        self._replaced = False
        self._judged = 0
        self._code = False

    def feed(self, piece: str) -> str:
        """Take the next piece; return the text that is safe to show now."""
        if self._instead:
            return ""
        self._held += piece
        shown = ""
        while match := _END.search(self._held):
            shown += self._checked(self._held[: match.end()])
            self._held = self._held[match.end() :]
            self._by_clauses, self._passed = False, ""
        return shown + (self._clause() if self._by_clauses else "")

    def close(self) -> str:
        """The rest, once the reply has ended."""
        if self._instead:
            return self._instead
        rest, self._held = self._held, ""
        return self._checked(rest) if rest else ""

    def _clause(self) -> str:
        """What may be shown of the first sentence before it ends: its clauses that surely claim nothing."""
        held = self._held
        marks = (mark.end() for mark in _CLAUSE.finditer(held))
        words = (word.end() for word in SUBORDINATE.finditer(held) if word.start() >= LONG)
        ends = [next((end for end in marks if len(held[:end].strip()) >= LEAST), 0), next(words, 0)]
        mark = min(filter(None, ends), default=0)
        if not mark or _FENCE in held:
            return ""
        if self._judge((self._passed + self._held[:mark]).strip()) >= STRICT[0]:
            self._by_clauses = False
            return ""
        clause, self._held = self._held[:mark], self._held[mark:]
        self._passed += clause
        return clause

    def _checked(self, sentence: str) -> str:
        if not self._claims(sentence):
            return sentence
        if self._replaced:
            return ""
        self._replaced = True
        trailing = sentence[len(sentence.rstrip()) :]
        between = " " if self._passed[-1:].strip() else ""
        if any(word.end() == len(self._passed) for word in SUBORDINATE.finditer(self._passed)):
            between = "… "  # "because" was passed on: the reason breaks off
        return between + NOTHING_DONE["zh" if self._language == "zh" else "en"] + trailing

    def _claims(self, sentence: str) -> bool:
        """Whether the sentence claims an action; code, questions and bare marks do not."""
        in_code, fences = self._code, sentence.count(_FENCE)
        self._code ^= fences % 2 == 1
        if in_code or fences or _QUESTION.search(sentence) or not any(letter.isalpha() for letter in sentence):
            return False
        self._judged += 1
        return self._judge((self._passed + sentence).strip()) >= (self._early if self._judged <= FIRST else self._late)
