"""How likely each sighting is the thing that is asked for: 0 to 1, comparable over queries. Owns no answers.

Each kind of evidence (colours, parts, label, size, shape, likeness to a photo) gives a likelihood ratio: how often a
sighting of the wanted thing looks so, over how often sightings in this house look so anyway. The second is taken from
the house's own sightings (a kernel density, Parzen 1962), so that being brown says little among brown furniture and
being turquoise says much. By Bayes' rule with a prior that the thing is in view at all, shared over the spots where
things lie, this becomes the score; what is common in the house therefore stays under the threshold ("not seen").

All sightings are scored by their columns; where they are many, only the best of them by columns and sketches are
compared by their whole vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.calibration import by_text
from tools.finder.answering.evidence import by_features, by_kind, by_palette, by_size, by_words, reliable, usual
from tools.finder.answering.facts import Table
from tools.finder.answering.query import Wanted
from tools.finder.answering.scale import Scale
from tools.finder.looks.appearance_types import TextLooks
from tools.finder.looks.layout import features_alone, take_apart
from tools.finder.records import Sighting

Floats = NDArray[np.float32]
PRIOR = 0.75
"""Chance that a thing somebody asks for is in view of some camera."""
DEPENDENT = 0.45
"""The odds of a match by photo alone are taken at this share: palette and features see the same pixels: what is like
the photo in one is like it in the other more often than by chance."""
SPOTS = (20.0, 120.0)
"""Bounds of the sum of weights over which the prior is shared: a house with few sightings has unseen things too, and
one with years of them does not have more things."""
SHORT = 1000
"""Sightings that are compared by whole vectors at most."""
SAMPLE = 500
"""Sightings, spread over all, that tell what features are usual in a house."""
LAST = 64
"""Sightings that are handed on, the best."""


class Looks(Protocol):
    """Where vectors come from: `tools.finder.looks.vectors.Vectors`."""

    def matrix(self, ids: NDArray[np.int64]) -> Floats:
        """Vectors [n, d]; rows of zeros where there is none."""

    def likeness(self, ids: NDArray[np.int64], queries: Floats) -> Floats:
        """About the inner products with `queries` [q, d], [n, q]; `ids` ascend."""


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
    looks: Looks,
    wanted: Wanted | None,
    photo: Floats | None,
    scales: Mapping[int, Scale],
    first: NDArray[np.float64],
    second: Callable[[Table], NDArray[np.float64]],
    text: TextLooks | None = None,
    kind: Floats | None = None,
) -> list[Hit]:
    """The best sightings that have a vector, best first, at most `LAST`.

    `photo`: vectors [views, d] of the thing's own pictures. The prior is shared among the sightings by weights: `first`
    [n] for all of them, times `second` of those that are looked at closely (see `tools.finder.answering.prior`).
    `text`: the words in the crops' own space, where the backend has one; they then stand for the labels.
    `kind`: directions [m, d] of features that speak for the kind of thing wanted, where there is no `text`.
    """
    known = np.flatnonzero(table.shares.any(1))
    table, first = table.take(known), first[known]
    evidence = by_words(table, wanted, scales) if wanted is not None and len(table) else {}
    views = photo if photo is not None and len(photo) else None
    if not len(table) or (not evidence and views is None and text is None):
        return []
    if text is not None:
        evidence.pop("label", None)
    if wanted is None:
        evidence["size"] = by_size(table, None, scales)
    total = float(first.sum())
    every = np.linspace(0, len(table) - 1, min(len(table), SAMPLE)).astype(np.intp)
    house = usual(take_apart(looks.matrix(table.rows["id"][every])).features)
    if len(table) > SHORT:
        short = _shortlist(table, looks, _sum(evidence, len(table)) + np.log(first), views, text)
        table, first = table.take(short), first[short]
        evidence = {name: values[short] for name, values in evidence.items()}
    matrix = looks.matrix(table.rows["id"])
    parts = take_apart(matrix)
    if text is not None:
        evidence["text"] = by_text(parts.features, text)
    elif kind is not None and len(kind):
        evidence["kind"] = by_kind(parts, kind, house, reliable(table))
    if views is not None:
        evidence["picture"] = by_features(parts, take_apart(views), house, reliable(table))
        evidence["palette"] = by_palette(parts, take_apart(views))
    closer = second(table)
    total *= float((first * closer).sum()) / max(float(first.sum()), 1e-9)
    ratio = first * closer * np.exp(np.clip(_sum(evidence, len(table)), -12, 12))
    odds = PRIOR / (1 - PRIOR) * ratio / np.clip(total, *SPOTS)
    if views is not None and wanted is None:
        odds *= DEPENDENT
    return _hits(table, matrix, odds / (1 + odds), ratio, evidence)


def _hits(table: Table, matrix: Floats, scores: Any, ratio: Any, evidence: Mapping[str, Any]) -> list[Hit]:
    order = [int(i) for i in np.argsort(-scores, kind="stable")[:LAST]]
    like = matrix[order] @ matrix[order[0]]
    return [
        Hit(
            int(table.rows["id"][i]), float(scores[i]), float(ratio[i]),
            {name: float(values[i]) for name, values in evidence.items()}, float(like[n]),
        )
        for n, i in enumerate(order)
    ]  # fmt: skip


def _shortlist(
    table: Table, looks: Looks, known: NDArray[Any], views: Floats | None, text: TextLooks | None
) -> NDArray[np.intp]:
    """Places of the `SHORT` best by what the columns and the sketches say, the newest before others; ascending."""
    if text is not None:
        rough = looks.likeness(table.rows["id"], features_alone(text.vectors)).max(1)
        known = known + 2 * (rough - float(np.median(rough))) / max(float(rough.std()), 1e-6)
    if views is not None:
        rough = looks.likeness(table.rows["id"], views).max(1)
        middle, spread = float(np.median(rough)), max(float(rough.std()), 1e-6)
        known = known + (rough - middle) / spread
    newest = np.linspace(0, 1, len(table))
    best = np.argpartition(-(known + newest), SHORT)[:SHORT]
    return np.sort(best)


def _sum(evidence: Mapping[str, NDArray[Any]], count: int) -> NDArray[np.float64]:
    total = np.zeros(count)
    for values in evidence.values():
        total += np.log(np.maximum(values, 1e-4))
    return total
