"""A wording as the small picture model reads it: whole, then piece by piece. Owns no embedding and loads nothing.

One vector of a whole sentence blurs its parts, so that "a cat on a bicycle" is neither. The pieces give the picture
model each thing and each colour on its own; the whole tells it how they belong together.
"""

from __future__ import annotations

import re
import unicodedata

MOST_PIECES = 12
"""Pieces beside the whole; what comes after them is in the whole only."""
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_PIECE = re.compile(rf"[{_CJK}]+|[^\W\d_{_CJK}]+(?:['’][^\W\d_{_CJK}]+)?|\d+")
_IS_CJK = re.compile(rf"[{_CJK}]")


def phrases(wording: str) -> list[str]:
    """The whole wording, then its words in order, each once: at most 1 + `MOST_PIECES` texts, lower case.

    Chinese and Japanese have no spaces: a run of their characters becomes its overlapping pairs, as in the word index
    of the memory. An empty wording gives one empty text.
    """
    whole = " ".join(unicodedata.normalize("NFC", wording).casefold().split())
    pieces: list[str] = []
    for match in _PIECE.finditer(whole):
        word = match[0]
        if _IS_CJK.match(word) and len(word) > 2:
            pieces += [word[at : at + 2] for at in range(len(word) - 1)]
        else:
            pieces.append(word)
    unique = [piece for piece in dict.fromkeys(pieces) if piece != whole]
    return [whole, *unique[:MOST_PIECES]]
