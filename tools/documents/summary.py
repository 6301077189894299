"""Summaries of a text: by a chat model in parts (map, then reduce), or by picking its sentences. Reads no files.

Picking follows Luhn, "The automatic creation of literature abstracts" (1958): sentences rich in the text's frequent
words, with the opening preferred, in the order of the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PART_TOKENS = 1800
"""Text given to the model at once: leaves room for the instruction and the answer in a window of 4096 tokens."""
Chat = Callable[[str, str], str]
"""(instruction, text) to answer."""
Step = Callable[[int, int], None]
"""Called before each use of the model with what is done and the total so far known; raises to stop."""

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"'”’)]*\s+(?=[\"'“‘(]?[A-ZÀ-Þ0-9])|(?<=[。！？])[”’」）]*|\n\s*\n|\n(?=[-*#\d])"
)


@dataclass(frozen=True)
class Summary:
    """A summary, how it was made (`model` or `extract`), and in how many parts the text was read."""

    text: str
    method: str
    parts: int


def estimate_tokens(text: str) -> int:
    """Tokens of a text, rather too many than too few: one for a wide character, one for three others."""
    wide = len(_WIDE.findall(text))
    return wide + (len(text) - wide) // 3 + 1


def split(text: str, limit: int = PART_TOKENS) -> list[str]:
    """The text in parts of at most `limit` estimated tokens, cut between paragraphs, else sentences, else anywhere."""
    parts: list[str] = []
    current = ""
    for piece in _pieces(text, limit):
        if current and estimate_tokens(current) + estimate_tokens(piece) > limit:
            parts.append(current.strip())
            current = ""
        current += piece
    return [*parts, current.strip()] if current.strip() else parts


def _pieces(text: str, limit: int) -> Iterator[str]:
    for paragraph in re.split(r"(?<=\n)(?=\s*\n)", text):
        if estimate_tokens(paragraph) <= limit:
            yield paragraph
            continue
        for sentence in sentences(paragraph):
            while estimate_tokens(sentence) > limit:
                cut = limit if _WIDE.search(sentence[:limit]) else 2 * limit
                yield sentence[:cut]
                sentence = sentence[cut:]
            yield sentence + " "


def by_model(chat: Chat, text: str, instruction: str, step: Step, limit: int = PART_TOKENS) -> Summary:
    """Summarize with `chat`: each part on its own, then the summaries together, until one is left."""
    level = split(text, limit)
    parts, done = len(level), 0
    total = parts + (parts > 1)
    while True:
        written = []
        for part in level:
            step(done, total)
            written.append(chat(instruction, part).strip())
            done += 1
        if len(written) == 1:
            return Summary(written[0], "model", parts)
        level = split("\n\n".join(filter(None, written)), limit)
        if not level or len(level) >= len(written):
            return Summary("\n".join(filter(None, written)), "model", parts)
        total = done + len(level) + (len(level) > 1)


def by_picking(text: str, count: int = 5) -> Summary:
    """The `count` sentences that stand best for the text, in its order."""
    found = [sentence for sentence in sentences(text) if len(terms(sentence)) >= 3] or sentences(text)
    frequent = Counter(term for sentence in found for term in terms(sentence))
    scores = []
    for position, sentence in enumerate(found):
        words = terms(sentence)
        weight = sum(frequent[word] for word in set(words)) / (len(words) + 6)
        scores.append((weight * (1.4 if position < 2 else 1.0), -position))
    best = sorted(sorted(scores, reverse=True)[:count], key=lambda pair: -pair[1])
    picked = [found[-position][:400] for _, position in best]
    joint = "" if _WIDE.search("".join(picked)) else " "
    return Summary(joint.join(picked), "extract", 1)


def sentences(text: str) -> list[str]:
    """The sentences, headings and list entries of a text, on one line each."""
    return [" ".join(piece.split()) for piece in _SENTENCE_END.split(text) if piece and piece.strip()]


def terms(sentence: str) -> list[str]:
    """Words of four letters or more, in lower case, and pairs of wide characters."""
    words = [word for word in re.findall(r"[^\W\d_]{4,}", sentence.lower()) if not _WIDE.search(word)]
    runs = re.findall(r"[\u3400-\u9fff]+", sentence)
    return words + [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
