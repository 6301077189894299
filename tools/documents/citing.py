"""Which passages may stand in a prompt, and which of them a reply leans on. Owns no search and no prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory.ranking import share_of_words
from memory.words import content_words
from tools.documents.library import Found
from tools.documents.library_store import Passage

SURE_SIMILARITY, LIKELY_SIMILARITY, LIKELY_WORDS = 0.87, 0.8, 0.5
"""A passage says something to a request from the first cosine on, or from the second with that share of its words."""
SUPPORT = 0.5
"""A reply leans on a passage that holds this share of the reply's words, the request's own left out."""
MOST = 3


def answering(found: Sequence[Found]) -> list[Found]:
    """Those that say something to the query: a search always has a nearest passage, however far it is."""
    return [
        hit
        for hit in found
        if hit.similarity >= SURE_SIMILARITY or (hit.similarity >= LIKELY_SIMILARITY and hit.words >= LIKELY_WORDS)
    ]


def within(found: Sequence[Found], budget: int, count: Callable[[str], int]) -> list[Passage]:
    """The best passages whose text fits into `budget` tokens, at most `MOST`."""
    kept: list[Passage] = []
    for hit in found[:MOST]:
        tokens = count(hit.passage.text)
        if tokens <= budget:
            budget -= tokens
            kept.append(hit.passage)
    return kept


def supporting(reply: str, request: str, passages: Sequence[Passage]) -> list[Passage]:
    """The passages that the reply leans on, by the words it took from them; the strongest first."""
    asked = set(content_words(request))
    own = " ".join(word for word in content_words(reply) if word not in asked)
    if not own:
        return []
    scored = [(share_of_words(own, passage.text), passage) for passage in passages]
    best = max((score for score, _ in scored), default=0.0)
    held = [pair for pair in scored if pair[0] >= SUPPORT and pair[0] >= 0.8 * best]
    return [passage for _, passage in sorted(held, key=lambda pair: -pair[0])]


def citation(passage: Passage, chinese: bool = False) -> str:
    """File name with page, or with the heading: `boiler.pdf, p. 12`, `house.md, “Heating”`."""
    if passage.page is not None:
        return f"{passage.path.name}，第 {passage.page} 页" if chinese else f"{passage.path.name}, p. {passage.page}"
    if passage.heading:
        return f"{passage.path.name}，“{passage.heading}”" if chinese else f"{passage.path.name}, “{passage.heading}”"
    return passage.path.name
