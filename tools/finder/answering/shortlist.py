"""The sightings that are worth a close look, of a million, in some tens of milliseconds. Owns no scores.

A cascade (Viola and Jones 2001): columns of a byte or two say for all sightings what they can (`rough`); of those that
may still be the thing, shades and sketches of a hundred bytes say what the network saw and how like a photo they are,
by the same evidence as whole vectors would; what then comes near the best is handed on, to be weighed exactly. All
evidence is bounded, so what cannot come near the best of a few that were weighed first is not looked at (branch and
bound; Land and Doig 1960): nothing near is lost by it. A thing that lies about for weeks is seen in hundreds of
recordings, each time about as well: the best of them say that it is there, and the newest say where it was last, so
both have half of the places.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.evidence import by_features, most_by_features
from tools.finder.answering.evidence import usual as usual_of
from tools.finder.answering.facts import Facts
from tools.finder.answering.match import LAST, by_looks, most_by_looks, sample_of
from tools.finder.answering.query import Wanted
from tools.finder.answering.rough import LITTLE, Background, Rough, Scan, seen_by_length
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
NEAR = 2.2
"""What is at most so much below the best by sketches may be as likely: by `match.LIKELY`, and as much again for
what sketches do not know."""
FAR = 4.5
"""Where few are that near, so much below the best is looked at: there are other sightings of the thing, if any."""
FIRST = 512
"""So many are weighed ahead: the best of them tells what the others have to reach."""
SPREAD = 1 << 14
"""Bounds, spread over all, that tell which are the highest."""
FEW = 400
"""At least so many are handed on."""
SPARSE = 0.6
"""A smaller share of rows is picked out before it is weighed."""
CHUNK = 1 << 15
SOME = 1 << 13
_NONE, _NO_BOUNDS = np.zeros(0, np.intp), np.zeros(0, np.float32)


@dataclass(frozen=True)
class Asked:
    """What is looked for: words, with what they mean to the network (`text` or `kind`, see `match.rank`), and `photo`:
    vectors [views, d] of the thing's pictures."""

    wanted: Wanted | None
    photo: Floats | None
    text: TextLooks | None = None
    kind: Floats | None = None

    @cached_property
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

    cascade = _Cascade(scan, shares, asked, usual, vectors)
    first = cascade.first()
    places, score = cascade.weighed(first, cascade.lowered(first), -math.inf)
    for below in (NEAR, FAR):
        least = float(score.max()) - below
        more, bound = cascade.open(least)
        new = np.flatnonzero(np.isin(more, places, assume_unique=True, invert=True))
        new = new[_half(more[new], bound[new], SKETCHED, last_seen)]
        ahead = new[_highest(bound[new])]  # the best of them may tell that the others have to reach more
        places, score = _merged((places, score), cascade.weighed(more[ahead], bound[ahead], least))
        least = float(score.max()) - below
        rest = new[(bound[new] >= least) & np.isin(new, ahead, assume_unique=True, invert=True)]
        places, score = _merged((places, score), cascade.weighed(more[rest], bound[rest], least))
        near = np.flatnonzero(score >= score.max() - NEAR)
        if len(near) >= LAST:
            break
    if len(near) < FEW < len(score):
        return np.sort(places[np.argpartition(-score, FEW)[:FEW]])
    return places[near[_half(places[near], score[near], SHORT, last_seen)]]


def _highest(bound: Floats) -> Places:
    """The places, ascending, of at most `FIRST` of the highest."""
    if len(bound) <= FIRST:
        return np.arange(len(bound))
    return np.sort(np.argpartition(-bound, FIRST)[:FIRST])


def _merged(one: tuple[Places, Floats], other: tuple[Places, Floats]) -> tuple[Places, Floats]:
    """Places with their scores, both by place."""
    places, score = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    order = np.argsort(places)
    return places[order], score[order]


def _half(places: Places, score: Floats, most: int, last_seen: Callable[[Places], NDArray[np.float64]]) -> Places:
    """Which, ascending, of ascending `places` with their scores are taken, `most` at most: half the newest, half the
    best."""
    if len(places) <= most:
        return np.arange(len(places))
    newest = np.argpartition(-last_seen(places), most // 2)[: most // 2]
    lifted = score.copy()
    lifted[newest] = np.inf
    return np.sort(np.argpartition(-lifted, most)[:most])


class _Cascade:
    """One question, put to all sightings by columns, and to those that may still be the thing by shades and sketches.

    `bound` [n]: logarithms of weight and evidence, at most, by columns alone.
    """

    def __init__(
        self, scan: Scan, shares: NDArray[np.uint8], asked: Asked, usual: Background, vectors: Vectors
    ) -> None:
        self._scan, self._shares = scan, shares
        self._rough = Rough(asked.wanted, asked.views, usual, labelled=asked.text is None)
        self._looks = None if asked.by_columns else _Looks(asked, usual, vectors)
        self._most = self._looks.most if self._looks is not None else np.zeros(256, np.float32)
        self.bound = self._rough.by_columns(scan, self._most + np.float32(self._rough.most))

    def first(self) -> Places:
        """Places, ascending, of some of the highest bounds."""
        spread = self.bound[:: 1 + len(self.bound) // SPREAD]
        rank = max(0, len(spread) - 1 - FIRST * len(spread) // len(self.bound))
        places = np.flatnonzero(self.bound >= np.partition(spread, rank)[rank])
        return places[_highest(self.bound[places])]

    def lowered(self, places: Places) -> Floats:
        """The bounds at these places, by columns and shades."""
        shades = self._rough.shades(self._shares[places], self._scan["flags"][places])
        return np.asarray(self.bound[places] + (shades - np.float32(self._rough.most)), np.float32)

    def open(self, least: float) -> tuple[Places, Floats]:
        """Places, ascending, of what may reach `least` by columns and shades, with their bounds."""
        starts = range(0, len(self.bound), CHUNK)
        found: list[tuple[Places, Floats]] = [(_NONE, _NO_BOUNDS)] * len(starts)

        def weigh(number: int) -> None:
            part = slice(starts[number], starts[number] + CHUNK)
            bound, shares, flags = self.bound[part], self._shares[part], self._scan["flags"][part]
            mine = np.flatnonzero(bound >= least)
            if len(mine) < len(bound) * SPARSE:
                bound, shares, flags = bound[mine], shares[mine], flags[mine]
            else:
                mine = np.arange(len(bound))
            lowered = bound + (self._rough.shades(shares, flags) - np.float32(self._rough.most))
            kept = np.flatnonzero(lowered >= least)
            found[number] = mine[kept] + starts[number], lowered[kept]

        side_by_side(weigh, range(len(starts)))
        return np.concatenate([places for places, _ in found]), np.concatenate([bound for _, bound in found])

    def weighed(self, places: Places, bound: Floats, least: float) -> tuple[Places, Floats]:
        """Of these ascending places with their bounds (by columns and shades), those that may reach `least`, with the
        logarithms of weight and evidence by all but whole vectors."""
        if self._looks is None or not len(places):
            return places, bound
        ids, lengths = np.asarray(self._scan["id"], np.int64)[places], self._scan["length"][places]
        kept, said = self._looks.weigh(ids, self._shares[places], lengths, bound - np.float32(least))
        return places[kept], bound[kept] - self._most[lengths[kept]] + said


class _Looks:
    """What sketches say of the looks that are asked for; `most` [256]: at most, by the step of length."""

    def __init__(self, asked: Asked, usual: Background, vectors: Vectors) -> None:
        self._sketches, self._basis = vectors.sketches, vectors.basis()
        known = np.flatnonzero(usual.seen.shares[:, -1])
        self._share = sample_of(usual.share[known])
        ids, shares = sample_of(usual.seen.rows["id"][known]), sample_of(usual.seen.shares[known])
        self._sample = self._parts(ids, shares)
        self._asked = asked.reduced(self._basis)
        self._views = self._basis.reduce(asked.views) if asked.views is not None else None
        self._usual, self._seen = usual_of(self._sample.features, self._share), seen_by_length()
        small = (self._sample, self._views, self._asked.text, self._asked.kind)
        self.most = most_by_looks(*small, self._seen, self._share)

    def weigh(
        self, ids: NDArray[np.int64], shares: NDArray[np.uint8], lengths: NDArray[np.uint8], spare: Floats
    ) -> tuple[Places, Floats]:
        """Which of these ascending ids with their shades [n, 16] and steps of length say at most `spare` [n] less than
        `most`, and the logarithms that they say; some that say less may be among them."""
        starts = range(0, len(ids), SOME)
        found: list[tuple[Places, Floats]] = [(_NONE, _NO_BOUNDS)] * len(starts)

        def weigh(number: int) -> None:
            part = slice(starts[number], starts[number] + SOME)
            parts, seen = self._parts(ids[part], shares[part]), self._seen[lengths[part]]
            kept = np.arange(len(seen))
            if self._views is not None:  # a photo's colours take longer to compare than its features
                said = np.log(by_features(parts, self._views, self._usual, seen))
                kept = np.flatnonzero(spare[part] + said + LITTLE >= most_by_features(self._views, seen))
                parts, seen = parts.take(kept), seen[kept]
            small = (self._sample, self._views, self._asked.text, self._asked.kind)
            evidence = by_looks(parts, *small, seen, self._share)
            each = [np.log(np.maximum(one, 1e-4)) for one in evidence.values()]
            found[number] = kept + starts[number], np.sum(each, 0, dtype=np.float32)

        side_by_side(weigh, range(len(starts)))
        return np.concatenate([kept for kept, _ in found]), np.concatenate([said for _, said in found])

    def _parts(self, ids: NDArray[np.int64], shares: NDArray[np.uint8]) -> Parts:
        sketches = self._sketches.read(ids, self._basis)
        return self._basis.parts(sketches, shares[:, : len(NAMES)].astype(np.float32) / np.float32(255))
