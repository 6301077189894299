"""The search without its shortlist: every sighting of the index weighed by the whole evidence. Owns no timing.

What `find` weighs for about a thousand sightings is here done for all, in parts that fit into memory. Of all those that
are about as likely as the best (`match.LIKELY`), the newest are the answer: a thing that lies about for weeks is seen
hundreds of times, and where it was last is asked for. Slow on purpose: some seconds a question for a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory.embedder import Embedder
from runtime.house import House
from tools.finder.answering.index_view import Index, open_index
from tools.finder.answering.match import LIKELY, rank
from tools.finder.answering.prior import handled, standing
from tools.finder.answering.query import understand
from tools.finder.answering.search import FindQuery, likeliest
from tools.finder.looks.photo import known_photo_vectors
from tools.finder.store import FinderStore

PART = 1 << 14
MOST = 1 << 10
"""Of each part, so many of the best count: more than are as likely as the best of all."""
Seen = tuple[float, float, float, int]
"""Score, ratio, when it was seen last, and the id of a sighting."""
DEPTHS = (1, 5)


class _Held:
    """The vectors of one part, read once for all questions."""

    def __init__(self, index: Index, ids: NDArray[np.int64]) -> None:
        self._index, self._ids, self._rows = index, ids, index.vectors.matrix(ids)

    def matrix(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of these ids, of the part or (a sample of the house) of others."""
        if len(ids) and ids[0] >= self._ids[0] and ids[-1] <= self._ids[-1]:
            return self._rows[np.searchsorted(self._ids, ids)]
        return self._index.vectors.matrix(ids)


def recall(house: House, embedder: Embedder, queries: Sequence[FindQuery]) -> dict[str, Any]:
    """By k: the share of the exact search's newest k that are among the newest k of `find`, on average.

    `best_score`: the score of the best sighting over that of the exact search, the least of all questions.
    """
    with FinderStore(house.paths.finder) as store:
        index = open_index(house, store, None, None)
        seen = [likeliest(house, embedder, query, index, closely=False) for query in queries]
        fast = [[(r.score, r.ratio, r.sighting.last_seen, r.sighting.id) for r in one] for one in seen]
        exact = _exact(house, embedder, queries, index)
    pairs = list(zip(fast, exact, strict=True))
    shares = {
        f"newest_{k}": round(float(np.mean([_shared(_newest(a, k), _newest(b, k)) for a, b in pairs])), 4)
        for k in DEPTHS
    }
    least = min(max(a)[0] / max(b)[0] for a, b in pairs)
    likely = [len(_newest(b, len(b))) for _, b in pairs]
    asked = [query.item or "photo" for query in queries]
    return {"questions": asked, "likely_sightings": likely, **shares, "best_score": round(least, 4)}


def _shared(found: Sequence[int], exact: Sequence[int]) -> float:
    """The share of the exact ones that were found."""
    return len({*found} & {*exact}) / len(exact)


def _newest(seen: Sequence[Seen], count: int) -> list[int]:
    """The ids of the newest that are about as likely as the best."""
    least = LIKELY * max(ratio for _, ratio, _, _ in seen)
    likely = sorted((time, id_) for _, ratio, time, id_ in seen if ratio >= least)
    return [id_ for _, id_ in likely[::-1][:count]]


def _exact(house: House, embedder: Embedder, queries: Sequence[FindQuery], index: Index) -> list[list[Seen]]:
    """For each question the likely ones of every part."""

    def unused() -> Any:
        raise SystemExit("The exact search needs no model: ask for the photo once before.")

    wanted = [understand(q.item, lambda texts: embedder.embed(texts)) if q.item else None for q in queries]
    photos = [known_photo_vectors(q.photo, index.vectors.folder, unused) if q.photo else None for q in queries]
    kinds = [index.labels(unused).of(one.labels) if one is not None else None for one in wanted]
    found: list[list[Seen]] = [[] for _ in queries]
    usual = index.background()
    for start in range(0, len(index.ids), PART):
        ids = index.ids[start : start + PART]
        part, held = index.table(ids), _Held(index, ids)
        weights = handled(part) * standing(part, index.cameras, index.history.sizes)
        for number in range(len(queries)):
            how = (wanted[number], photos[number], index.scales, weights, None, kinds[number])
            hits = rank(part, usual.seen, held, *how, last=MOST, share=usual.share)
            least = LIKELY * max(hit.ratio for hit in hits)
            times = dict(zip(part.rows["id"].tolist(), part.rows["last"].tolist(), strict=True))
            found[number] += [(hit.score, hit.ratio, times[hit.id], hit.id) for hit in hits if hit.ratio >= least]
    return found
