"""What of recalled records is shown: first the passage that matched of each, then more around the best.

Owns no search and no ranking. A question is mostly answered by the passage that matched or by the sentences beside it,
so a budget is spent on a short form of every record before the best ones are given more of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory.words import sentences

Count = Callable[[str], int]
CLEAR_LEAD = 0.5
"""A record with less than this share of the best score gets room only after the better ones have all they can use."""


def clear(scores: Sequence[float]) -> int:
    """How many of the records with these scores, best first, are not clearly behind the best."""
    return next((i for i, score in enumerate(scores) if score < CLEAR_LEAD * scores[0]), len(scores))


def fitted(records: Sequence[tuple[str, str]], budget: int, count: Count, first: int | None = None) -> dict[int, str]:
    """By index, the form in which each (text, passage) pair, best first, enters; one that does not fit is left out.

    `budget` is in what `count` gives of a text (tokens, characters). The forms together never exceed it. The `first`
    records (all, where not given) are placed and grown before the rest.
    """
    forms: dict[int, str] = {}
    first = len(records) if first is None else first
    for part in (range(first), range(first, len(records))):
        placed = []
        for index in part:
            if (cost := count(records[index][1])) <= budget:
                placed.append(index)
                budget -= cost
        for index in placed:
            text, passage = records[index]
            forms[index] = grown(text, passage, budget + count(passage), count)
            budget -= count(forms[index]) - count(passage)
    return forms


def grown(text: str, passage: str, most: int, count: Count) -> str:
    """`passage` with the sentences beside it in `text`, the next before the one before, as many as `most` allows."""
    if passage == text or count(text) <= most:
        return text
    parts = sentences(text)
    if passage not in parts:
        return passage
    first = last = parts.index(passage)
    form, more = passage, True
    while more:
        more = False
        for before, behind in ((0, 1), (1, 0)):
            low, high = first - before, last + behind
            if low < 0 or high >= len(parts):
                continue
            longer = " ".join(parts[low : high + 1])
            if count(longer) <= most:
                first, last, form, more = low, high, longer, True
    return form
