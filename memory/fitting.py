"""What of recalled records goes into a prompt: first the passage that matched of each, then more around the best.

Owns no search and no ranking. A question is mostly answered by the passage that matched or by the sentences beside it,
so a budget is spent on a short form of every record before the best ones are given more of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory.words import sentences

Count = Callable[[str], int]


def fitted(records: Sequence[tuple[str, str]], budget: int, count: Count) -> dict[int, str]:
    """By index, the form in which each (text, passage) pair, best first, enters; one that does not fit is left out.

    `budget` is in what `count` gives of a text (tokens). The forms together never exceed it.
    """
    forms: dict[int, str] = {}
    for index, (_, passage) in enumerate(records):
        if (cost := count(passage)) <= budget:
            forms[index] = passage
            budget -= cost
    for index, form in forms.items():
        forms[index] = grown(records[index][0], form, budget + count(form), count)
        budget -= count(forms[index]) - count(form)
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
