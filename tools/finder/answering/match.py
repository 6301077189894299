"""How likely each sighting is the thing that is asked for: 0 to 1, comparable over queries. Owns no answers.

Each kind of evidence (colours, parts, label, size, shape, likeness to a photo) gives a likelihood ratio: how often a
sighting of the wanted thing looks so, over how often sightings in this house look so anyway. The second is taken from
the house's own sightings (a kernel density, Parzen 1962), so that being brown says little among brown furniture and
being turquoise says much. By Bayes' rule with a prior that the thing is in view at all, shared over the spots where
things lie, this becomes the score; what is common in the house therefore stays under the threshold ("not seen").

Where there are many sightings, only a shortlist of them comes here (see `tools.finder.answering.shortlist`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.calibration import TEXT_RANGE, by_text
from tools.finder.answering.density import Shares
from tools.finder.answering.evidence import (
    KIND_WORTH,
    by_clash,
    by_features,
    by_kind,
    by_palette,
    by_size,
    by_words,
    most_by_features,
    most_by_shades,
    reliable,
    usual,
)
from tools.finder.answering.facts import Table
from tools.finder.answering.query import Wanted
from tools.finder.answering.scale import Scale
from tools.finder.looks.appearance_types import TextLooks
from tools.finder.looks.layout import Parts, take_apart
from tools.finder.looks.photo_space import seen_on_photo
from tools.finder.records import Sighting

Floats = NDArray[np.float32]
PRIOR = 0.75
"""Chance that a thing somebody asks for is in view of some camera."""
DEPENDENT, TOLD_APART = 0.65, 0.35
"""The odds of a match by photo alone are taken at this share: palette and features see the same pixels, so that what is
like the photo in one is like it in the other more often than by chance. So the odds are right in generated homes. The
second where it is known what photos have in common (`photo_space`): features then speak louder, for both."""
SPOTS = (20.0, 120.0)
"""Bounds of the sum of weights over which the prior is shared: a house with few sightings has unseen things too, and
one with years of them does not have more things."""
SAMPLE = 500
"""Sightings, spread over all, that tell what features are usual in a house."""
LAST = 64
"""Sightings that are handed on: so many of the best, and so many of the newest that are about as likely."""
LIKELY = 0.3
"""Sightings whose likelihood ratio is at least this share of the best one's may be the same thing."""


class Looks(Protocol):
    """Where vectors come from: `tools.finder.looks.vectors.Vectors`."""

    def matrix(self, ids: NDArray[np.int64]) -> Floats:
        """Vectors [n, d]; rows of zeros where there is none."""


@dataclass(frozen=True)
class Ranked:
    """A sighting with its score and the evidence for it, likelihood ratios by name."""

    sighting: Sighting
    score: float
    ratio: float
    evidence: Mapping[str, float]
    like_best: float = 0.0
    """Cosine of its vector to that of the best one."""


@dataclass(frozen=True)
class Hit:
    """As `Ranked`, before the sighting is read from the truth."""

    id: int
    score: float
    ratio: float
    evidence: Mapping[str, float]
    like_best: float


def rank(
    table: Table,
    house: Table,
    looks: Looks,
    wanted: Wanted | None,
    photo: Floats | None,
    scales: Mapping[int, Scale],
    weights: NDArray[np.float64],
    text: TextLooks | None = None,
    kind: Floats | None = None,
    last: int = LAST,
    share: Shares | None = None,
    *,
    sample: Parts | None = None,
    total: float | None = None,
) -> list[Hit]:
    """The best of the sightings of `table` that have a vector, best first.

    These are the `last` best ones, and the `last` newest of those that are about as likely.

    `house`: sightings that tell what is usual here, all of them or a fair sample. `photo`: vectors [views, d] of the
    thing's own pictures. The prior is shared among the sightings by `weights` [n] (see `tools.finder.answering.prior`).
    `text`: the words in the crops' own space, where the backend has one; they then stand for the labels. `kind`:
    directions [m, d] of features that speak for the kind of thing wanted, where there is no `text`. `share` [m]: how
    much each sighting of `house` counts for what is usual, as likely as it is a thing asked for; None: all alike.
    `sample`: what `sampled` gives of `house`, where it was read already. `total`: the sum of the weights of all, where
    `table` has but some of them.
    """
    known = np.flatnonzero(table.shares[:, -1])
    table, weights = table.take(known), weights[known]
    usable = np.flatnonzero(house.shares[:, -1])
    house, share = house.take(usable), None if share is None else share[usable]
    views = seen_on_photo(photo) if photo is not None and len(photo) else None
    if not len(table) or not len(house) or (wanted is None and views is None):
        return []
    matrix = looks.matrix(table.rows["id"])
    sample = sampled(house, looks) if sample is None else sample
    evidence = evidence_of(table, house, take_apart(matrix), sample, wanted, views, scales, text, kind, share)
    ratio = weights * np.exp(np.clip(_sum(evidence, len(table)), -12, 12))
    odds = PRIOR / (1 - PRIOR) * ratio / np.clip(float(weights.sum()) if total is None else total, *SPOTS)
    if views is not None and wanted is None:
        odds *= TOLD_APART if views.told_apart else DEPENDENT
    return _hits(table, matrix, odds / (1 + odds), ratio, evidence, last)


def sampled(house: Table, looks: Looks) -> Parts:
    """The vectors, taken apart, of some of the sightings that tell what is usual; all of `house` have one."""
    return take_apart(looks.matrix(sample_of(house.rows["id"])))


def sample_of(column: NDArray[Any]) -> NDArray[Any]:
    """Those of a column of the sightings that tell what is usual whose vectors are compared."""
    return column[:: 1 + len(column) // SAMPLE]


def evidence_of(
    table: Table,
    house: Table,
    parts: Parts,
    sample: Parts,
    wanted: Wanted | None,
    views: Parts | None,
    scales: Mapping[int, Scale],
    text: TextLooks | None = None,
    kind: Floats | None = None,
    share: Shares | None = None,
) -> dict[str, Floats]:
    """All that is known of each sighting of `table`, likelihood ratios [n] by name; see `rank`.

    `parts` are the vectors of `table`, `sample` those of some of `house`, `views` those of the photo, taken apart.
    """
    if wanted is not None:
        evidence = by_words(table, wanted, scales, house, share)
    else:
        evidence = {"size": by_size(table, None, scales)}
    if text is not None:
        evidence.pop("label", None)
    counts = None if share is None else sample_of(share)
    return evidence | by_looks(parts, sample, views, text, kind, reliable(table), counts)


def by_looks(
    parts: Parts,
    sample: Parts,
    views: Parts | None,
    text: TextLooks | None,
    kind: Floats | None,
    seen: Floats,
    share: Shares | None = None,
) -> dict[str, Floats]:
    """What a network saw in sightings, and a photo's colours, as `evidence_of` has it; `seen`: `evidence.reliable`.

    `share`: how much each of `sample` counts for what is usual, None: all alike.
    All of these may be given in any basis that keeps inner products (see `tools.finder.looks.sketches`).
    """
    evidence, common = dict[str, Floats](), usual(sample.features, share)
    if text is not None:
        evidence["text"] = by_text(parts.features, text, sample.features)
    elif kind is not None and len(kind):
        evidence["kind"] = by_kind(parts, kind, common, seen)
    if views is not None:
        evidence["picture"] = by_features(parts, views, common, seen)
        evidence["palette"] = by_palette(parts, views, sample, share)
        evidence["clash"] = by_clash(parts, views)
    return evidence


def most_by_looks(
    sample: Parts, views: Parts | None, text: TextLooks | None, kind: Floats | None, seen: Floats, share: Shares | None
) -> Floats:
    """The most, logarithms [n], that `by_looks` can say of sightings that are `seen` so well."""
    most = np.zeros(len(seen), np.float32)
    if text is not None:
        most += TEXT_RANGE[1]
    elif kind is not None and len(kind):
        most += KIND_WORTH[1] * seen
    return most if views is None else most + most_by_features(views, seen) + most_by_shades(views, sample, share)


def _hits(table: Table, matrix: Floats, scores: Any, ratio: Any, evidence: Mapping[str, Any], last: int) -> list[Hit]:
    best = np.argsort(-scores, kind="stable")[:last]
    likely = np.flatnonzero(ratio >= LIKELY * ratio[best[0]])
    newest = likely[np.argsort(-table.rows["last"][likely], kind="stable")[:last]]
    places = np.union1d(best, newest)
    order = [int(i) for i in places[np.argsort(-scores[places], kind="stable")]]
    like = matrix[order] @ matrix[order[0]]
    return [
        Hit(
            int(table.rows["id"][i]), float(scores[i]), float(ratio[i]),
            {name: float(values[i]) for name, values in evidence.items()}, float(like[n]),
        )
        for n, i in enumerate(order)
    ]  # fmt: skip


def _sum(evidence: Mapping[str, NDArray[Any]], count: int) -> NDArray[np.float64]:
    total = np.zeros(count)
    for values in evidence.values():
        total += np.log(np.maximum(values, 1e-4))
    return total
