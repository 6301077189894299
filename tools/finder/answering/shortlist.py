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

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.facts import Facts
from tools.finder.answering.match import LAST, by_looks, most_by_looks, sample_of
from tools.finder.answering.query import Wanted
from tools.finder.answering.rough import Background, Rough, Scan, seen_by_length
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
FIRST = 1024
"""So many are weighed first: the best of them tells what the others have to reach."""
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
    places = cascade.first()
    score = cascade.weighed(places)
    for below in (NEAR, FAR):
        more, bound = cascade.open(float(score.max()) - below)
        new = np.isin(more, places, assume_unique=True, invert=True)
        more = _half(more[new], bound[new], SKETCHED, last_seen)
        places, score = _merged(places, score, more, cascade.weighed(more))
        near = score >= score.max() - NEAR
        if np.count_nonzero(near) >= LAST:
            break
    if np.count_nonzero(near) < FEW < len(score):
        return places[np.sort(np.argpartition(-score, FEW)[:FEW])]
    return _half(places[near], score[near], SHORT, last_seen)


def _merged(places: Places, score: Floats, more: Places, theirs: Floats) -> tuple[Places, Floats]:
    """Both, by place."""
    every = np.concatenate([places, more])
    order = np.argsort(every)
    return every[order], np.concatenate([score, theirs])[order]


def _half(places: Places, score: Floats, most: int, last_seen: Callable[[Places], NDArray[np.float64]]) -> Places:
    """At most so many of ascending `places` with their scores, ascending: half of them the newest, half the best."""
    if len(places) <= most:
        return places
    newest = np.argpartition(-last_seen(places), most // 2)[: most // 2]
    lifted = score.copy()
    lifted[newest] = np.inf
    return places[np.sort(np.argpartition(-lifted, most)[:most])]


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
        spread = self.bound[:: 1 + len(self.bound) // (1 << 14)]
        least = np.partition(spread, -1 - FIRST * len(spread) // len(self.bound))[
            -1 - FIRST * len(spread) // len(self.bound)
        ]
        places = np.flatnonzero(self.bound >= least)
        if len(places) <= FIRST:
            return places
        return np.sort(places[np.argpartition(-self.bound[places], FIRST)[:FIRST]])

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

    def weighed(self, places: Places) -> Floats:
        """Logarithms of weight and evidence at these ascending places, by all but whole vectors."""
        shares, lengths = self._shares[places], self._scan["length"][places]
        score = self.bound[places] - np.float32(self._rough.most) - self._most[lengths]
        score += self._rough.shades(shares, self._scan["flags"][places])
        if self._looks is not None and len(places):
            ids = np.asarray(self._scan["id"], np.int64)[places]
            score += self._looks.weigh(ids, shares, lengths)
        return score


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
        self._seen = seen_by_length()
        small = (self._sample, self._views, self._asked.text, self._asked.kind)
        self.most = most_by_looks(*small, self._seen, self._share)

    def weigh(self, ids: NDArray[np.int64], shares: NDArray[np.uint8], lengths: NDArray[np.uint8]) -> Floats:
        """Logarithms [n] for ascending ids with their shades [n, 16] and steps of length."""
        found = np.zeros(len(ids), np.float32)

        def weigh(start: int) -> None:
            part = slice(start, start + SOME)
            small = (self._sample, self._views, self._asked.text, self._asked.kind)
            parts = self._parts(ids[part], shares[part])
            evidence = by_looks(parts, *small, self._seen[lengths[part]], self._share)
            found[part] = np.sum([np.log(np.maximum(one, 1e-4)) for one in evidence.values()], 0)

        side_by_side(weigh, range(0, len(ids), SOME))
        return found

    def _parts(self, ids: NDArray[np.int64], shares: NDArray[np.uint8]) -> Parts:
        sketches = self._sketches.read(ids, self._basis)
        return self._basis.parts(sketches, shares[:, : len(NAMES)].astype(np.float32) / np.float32(255))
