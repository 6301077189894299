"""Numbers from a request's letters: hashed words and character n-grams. Owns no embedding and no classifier.

Words and character n-grams hashed into a fixed space (Weinberger et al., 2009, "Feature Hashing for
Large Scale Multitask Learning") keep what a sentence embedding blurs: quotes, first words, misspelt words.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from scipy import sparse

from agent.quotes import PATH, QUOTED, masked

SIZE = 1 << 16
"""Columns of the hashed space."""
VERSION = 3
"""Raise it when `hashed` changes, so that saved weights are fitted again."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_HAN = re.compile(r"[\u3400-\u9fff]")


def plain(text: str) -> str:
    """The text that is classified: folded, with quotations and files masked, in small letters."""
    folded = unicodedata.normalize("NFKC", masked(text)).replace("’", "'")
    return re.sub(r"\s+", " ", folded).strip().lower()


def hashed(texts: Sequence[str]) -> sparse.csr_matrix:
    """Rows of unit length, one per text, with `SIZE` columns; float32."""
    columns: list[int] = []
    ends = [0]
    values: list[float] = []
    for text in texts:
        found = {zlib.crc32(feature.encode()) % SIZE: weight for feature, weight in _features(text)}
        norm = float(np.sqrt(sum(weight * weight for weight in found.values()))) or 1.0
        columns.extend(found)
        values.extend(weight / norm for weight in found.values())
        ends.append(len(columns))
    return sparse.csr_matrix(
        (np.asarray(values, np.float32), np.asarray(columns, np.int32), np.asarray(ends, np.int32)),
        shape=(len(texts), SIZE),
    )


def _features(text: str) -> Iterator[tuple[str, float]]:
    line = plain(text)
    words = _tokens(line)
    yield from ((f"w:{word}", 1.0) for word in words)
    yield from ((f"b:{first} {second}", 1.0) for first, second in pairwise(words))
    yield from ((f"s:{first} {third}", 0.5) for first, third in zip(words, words[2:], strict=False))
    for count in (1, 2, 3):
        yield f"first{count}:{' '.join(words[:count])}", 1.5
    yield f"last:{' '.join(words[-2:])}", 1.0
    for word in words:
        if len(word) > 2:
            edged = f"<{word}>"
            for size in (3, 4):
                yield from ((f"c:{edged[at : at + size]}", 0.5) for at in range(len(edged) - size + 1))
    yield from _shape(text, len(words))


def _tokens(line: str) -> list[str]:
    """Words; of Chinese, single characters (the pairs come with the bigrams)."""
    spaced = _HAN.sub(lambda match: f" {match.group()} ", line)
    return [match.group() for match in _WORD.finditer(spaced)]


def _shape(text: str, words: int) -> Iterator[tuple[str, float]]:
    if QUOTED.search(text):
        yield "has:quote", 1.5
    if PATH.search(text):
        yield "has:path", 3.0
    if text.rstrip().endswith(("?", "？")):
        yield "has:question", 1.0
    yield f"length:{min(words // 4, 6)}", 0.7
