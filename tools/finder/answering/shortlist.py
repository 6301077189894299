"""The sightings that are worth a close look, of a million, in some tens of milliseconds. Owns no scores.

A cascade (Viola and Jones 2001): columns of a byte or two say for all sightings what they can (`rough`); of those that
may still be the thing, sketches of a hundred bytes say what the network saw and how like a photo they are, by the same
evidence as whole vectors would; what then comes near the best is handed on, to be weighed exactly. A thing that lies
about for weeks is seen in hundreds of recordings, each time about as well: the best of them say that it is there, and
the newest say where it was last, so both have half of the places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.facts import Facts
from tools.finder.answering.match import SAMPLE, by_looks, sampled
from tools.finder.answering.query import Wanted
from tools.finder.answering.rough import Background, Scan, rough, seen_by_length
from tools.finder.looks.appearance_types import TextLooks
from tools.finder.looks.blocks import side_by_side
from tools.finder.looks.colours import NAMES
from tools.finder.looks.layout import Parts
from tools.finder.looks.photo_space import seen_on_photo
from tools.finder.looks.sketches import Basis
from tools.finder.looks.vectors import Vectors

Floats = NDArray[np.float32]
Places = NDArray[np.intp]
WHOLE = 4000
"""Up to so many sightings, all are compared."""
SHORT = 1200
SKETCHED = 1 << 16
"""So many sketches are looked at."""
APART = 5.0
"""What is so much below the best by columns is not the thing, whatever the network saw: about the span of that."""
BONUS = 20.0
"""Of those whose sketches were looked at, above the others."""
NEAR = 2.2
"""What is at most so much below the best by sketches may be as likely: by `match.LIKELY`, and as much again for
what sketches do not know."""
CHUNK = 1 << 13


@dataclass(frozen=True)
class Asked:
    """What is looked for: words, with what they mean to the network (`text` or `kind`, see `match.rank`), and `photo`:
    vectors [views, d] of the thing's pictures."""

    wanted: Wanted | None
    photo: Floats | None
    text: TextLooks | None = None
    kind: Floats | None = None

    @property
    def views(self) -> Parts | None:
        """The photo's vectors taken apart."""
        return seen_on_photo(self.photo) if self.photo is not None and len(self.photo) else None

    @property
    def by_columns(self) -> bool:
        """Whether nothing is asked for that only a vector tells."""
        return self.photo is None and self.text is None and (self.kind is None or not len(self.kind))

    def reduced(self, basis: Basis) -> Asked:
        """The same for sketches; `photo` is left out, since `basis.reduce` has its views."""
        kind = self.kind @ basis.features if self.kind is not None and len(self.kind) else None
        text = replace(self.text, vectors=self.text.vectors @ basis.features) if self.text is not None else None
        return Asked(self.wanted, None, text, kind)


def shortlist(
    scan: Scan, shares: NDArray[np.uint8], asked: Asked, usual: Background, facts: Facts, vectors: Vectors
) -> Places:
    """Places, ascending, of at most `SHORT` sightings of `scan` (columns) with their `shares` [n, 16]."""
    ids = np.asarray(scan["id"], np.int64)
    if len(ids) <= WHOLE:
        return np.arange(len(ids))

    def last_seen(places: Places) -> NDArray[np.float64]:
        return facts.last_seen(ids[places])

    score = rough(scan, shares, asked.wanted, asked.views, usual, labelled=asked.text is None)
    if not asked.by_columns:
        places = _half(np.flatnonzero(score >= score.max() - APART), score, SKETCHED, last_seen)
        basis = vectors.basis()
        looks = _looks(ids[places], shares[places], scan["length"][places], asked, basis, usual, vectors)
        score[places] += looks + BONUS
    near = np.flatnonzero(score >= score.max() - NEAR)
    chosen = _half(near, score, SHORT, last_seen)
    if len(chosen) < SHORT:
        chosen = np.argpartition(-score, SHORT)[:SHORT]
    return np.sort(chosen)


def _half(places: Places, score: Floats, most: int, last_seen: Callable[[Places], NDArray[np.float64]]) -> Places:
    """At most so many of ascending `places`, ascending: half of them the newest, half the best."""
    if len(places) <= most:
        return places
    newest = np.argpartition(-last_seen(places), most // 2)[: most // 2]
    lifted = score[places]
    lifted[newest] = np.inf
    return np.sort(places[np.argpartition(-lifted, most)[:most]])


def _looks(
    ids: NDArray[np.int64],
    shares: NDArray[np.uint8],
    lengths: NDArray[np.uint8],
    asked: Asked,
    basis: Basis,
    usual: Background,
    vectors: Vectors,
) -> Floats:
    """Logarithms [n] of what the sketches of these sightings say."""
    sketches, found = vectors.sketches.read(ids, basis), np.zeros(len(ids), np.float32)
    known = np.flatnonzero(usual.seen.shares[:, -1])
    sample = basis.reduce(sampled(usual.seen.take(known), vectors))
    share = usual.share[known][:: 1 + len(known) // SAMPLE]
    views = basis.reduce(asked.views) if asked.views is not None else None
    small, seen = asked.reduced(basis), seen_by_length()

    def weigh(start: int) -> None:
        part = slice(start, start + CHUNK)
        parts = basis.parts(sketches[part], shares[part, : len(NAMES)].astype(np.float32) / np.float32(255))
        evidence = by_looks(parts, sample, views, small.text, small.kind, seen[lengths[part]], share)
        found[part] = np.sum([np.log(np.maximum(one, 1e-4)) for one in evidence.values()], 0)

    side_by_side(weigh, range(0, len(ids), CHUNK))
    return found
