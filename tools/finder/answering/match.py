"""How likely each sighting is the thing that is asked for: 0 to 1, comparable over queries. Owns no answers.

Each kind of evidence (colours, parts, label, size, shape, likeness to a photo) gives a likelihood ratio: how often a
sighting of the wanted thing looks so, over how often sightings in this house look so anyway. The second is taken from
the house's own sightings (a kernel density, Parzen 1962), so that being brown says little among brown furniture and
being turquoise says much. By Bayes' rule with a prior that the thing is in view at all, shared over the spots where
things lie, this becomes the score; what is common in the house therefore stays under the threshold ("not seen").
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.query import Wanted
from tools.finder.answering.scale import Scale, longest
from tools.finder.looks.colours import NAMES, agreement
from tools.finder.looks.layout import Parts, take_apart
from tools.finder.records import Sighting

Floats = NDArray[np.float32]
PRIOR = 0.75
"""Chance that a thing somebody asks for is in view of some camera."""
SPOTS = (20.0, 120.0)
"""Bounds of the sum of weights over which the prior is shared: a house with few sightings has unseen things too, and
one with years of them does not have more things."""


@dataclass(frozen=True)
class Ranked:
    """A sighting with its score and the evidence for it, likelihood ratios by name."""

    sighting: Sighting
    score: float
    ratio: float
    evidence: Mapping[str, float]
    like_best: float = 0.0
    """Cosine of its vector to that of the best one."""


def rank(
    sightings: Sequence[Sighting],
    vectors: Mapping[int, Floats],
    wanted: Wanted | None,
    photo: Floats | None,
    scales: Mapping[int, Scale],
    weights: Mapping[int, float],
) -> list[Ranked]:
    """All sightings that have a vector, best first. `photo`: vectors [views, d] of the thing's own pictures.

    `weights` (by sighting id) share the prior among the sightings, see `tools.finder.answering.prior`.
    """
    seen = [s for s in sightings if s.id in vectors]
    if not seen:
        return []
    matrix = np.stack([vectors[s.id] for s in seen])
    parts = take_apart(matrix)
    evidence: dict[str, Floats] = {}
    if wanted is not None:
        evidence |= _by_words(seen, parts, wanted, scales)
    if photo is not None and len(photo):
        evidence |= _by_photo(parts, take_apart(photo))
    if not evidence:
        return []
    weight = np.array([weights.get(s.id, 1.0) for s in seen])
    ratio = weight * np.exp(np.clip(np.sum([np.log(np.maximum(v, 1e-4)) for v in evidence.values()], 0), -12, 12))
    odds = PRIOR / (1 - PRIOR) * ratio / np.clip(weight.sum(), *SPOTS)
    scores = odds / (1 + odds)
    order = [int(i) for i in np.argsort(-scores, kind="stable")]
    like = matrix @ matrix[order[0]]
    each = [{name: float(v[i]) for name, v in evidence.items()} for i in range(len(seen))]
    return [Ranked(seen[i], float(scores[i]), float(ratio[i]), each[i], float(like[i])) for i in order]


def _by_words(seen: Sequence[Sighting], parts: Parts, wanted: Wanted, scales: Mapping[int, Scale]) -> dict[str, Floats]:
    evidence: dict[str, Any] = {}
    if wanted.colours:
        agreed = np.mean([agreement(colour, parts.shares) for colour in wanted.colours], 0)
        if wanted.parts:
            others = np.sum([agreement(colour, parts.shares, 2) for colour in wanted.parts], 0)
            some = np.minimum(1.0, agreed / 0.15)
            agreed = np.maximum(agreed, 0.7 * some * np.minimum(1.0, agreed + others))
        evidence["colour"] = _ratio(agreed, 1.5)
    if wanted.parts:
        small = [_as_part(agreement(colour, parts.shares, 2)) for colour in wanted.parts]
        evidence["part"] = _ratio(np.mean(small, 0), 1.0)
    if wanted.labels:
        evidence["label"] = np.array([_label_ratio(s, wanted) for s in seen], np.float32)
    if wanted.kinds:
        evidence["size"] = _size_ratio(seen, wanted, scales)
        evidence["shape"] = _shape_ratio(seen, wanted)
    if wanted.tone:
        dark = agreement("black", parts.shares) + parts.shares[:, NAMES.index("navy")] + _dark(seen)
        evidence["tone"] = (0.8 + 0.5 * np.minimum(1, dark if wanted.tone == "dark" else 1 - dark)).astype(np.float32)
    return evidence


def _as_part(share: Floats) -> Floats:
    """How well a share of pixels fits a part: a quarter is enough, and what is that colour all over fits less."""
    all_over = np.clip((share - 0.5) / 0.3, 0, 1)
    return np.asarray(np.minimum(1.0, share * 4) * (1 - 0.6 * all_over), np.float32)


def _dark(seen: Sequence[Sighting]) -> Floats:
    return np.array([0.7 if "dark" in s.colours else 0.0 for s in seen], np.float32)


def _by_photo(parts: Parts, photo: Parts) -> dict[str, Floats]:
    """Likeness to the photo's views: of the network's features, the palette and the shades; the best view counts."""
    features = (parts.features @ photo.features.T).max(1)
    palettes = (parts.palettes @ photo.palettes.T).max(1)
    shades = (np.sqrt(parts.shares) @ np.sqrt(photo.shares).T).max(1)
    colours = 0.5 * palettes + 0.5 * shades
    return {"picture": _stands_out(features, 0.5), "palette": _ratio(colours, 2.5)}


def _ratio(values: NDArray[Any], steep: float) -> Floats:
    """Likelihood ratio of agreements in 0 to 1: for the wanted thing their density rises as value ** steep."""
    target = (steep + 1) * np.clip(values, 0, 1) ** steep * 0.95 + 0.05
    usual = 2.0 * (1 - np.clip(values, 0, 1)) * 0.8 + 0.2
    background = (_density(values, 0.0, 1.0, 0.1) * len(values) + 3 * usual) / (len(values) + 3)
    return np.asarray(target / np.maximum(background, 0.02), np.float32)


def _density(values: NDArray[Any], low: float, high: float, width: float) -> NDArray[np.float64]:
    """The density of `values` at themselves by a Gaussian kernel of `width`, through a fine histogram."""
    step = width / 8
    bins = int((high - low) / step) + 1
    place = np.clip(((values - low) / step).astype(np.intp), 0, bins - 1)
    counts = np.bincount(place, minlength=bins) / len(values)
    reach = np.arange(-32, 33) * step
    kernel = np.exp(-0.5 * (reach / width) ** 2) / (width * math.sqrt(2 * math.pi))
    found: NDArray[np.float64] = np.convolve(counts, kernel)[32 : 32 + bins][place]
    return found


def _stands_out(values: Floats, slope: float) -> Floats:
    """Likelihood ratio of likenesses by how far they stand out from the house's own spread (median and MAD)."""
    middle = float(np.median(values))
    spread = max(1.4826 * float(np.median(np.abs(values - middle))), 0.03)
    return np.asarray(np.exp(np.clip(slope * ((values - middle) / spread - 1.0), -1.5, 3.0)), np.float32)


def _label_ratio(sighting: Sighting, wanted: Wanted) -> float:
    label, score = (sighting.label or "").casefold(), float(sighting.label_score or 0.0)
    if not label:
        return 1.0
    if label in wanted.labels:
        return 1.0 + 14.0 * max(0.0, score - 0.1)
    return 1.0 - (0.75 if sighting.origin == "detector" else 0.3) * score


def _size_ratio(seen: Sequence[Sighting], wanted: Wanted, scales: Mapping[int, Scale]) -> Floats:
    """How well the size fits the kind, against the sizes of all that is seen."""
    best = np.zeros(len(seen))
    for kind in wanted.kinds:
        away = np.array([math.log(longest(s) / (scales[s.camera_id].px_per_cm * kind.size_cm)) for s in seen])
        spread = np.array([math.hypot(scales[s.camera_id].spread, 0.3) for s in seen])
        target = 0.9 * np.exp(-0.5 * (away / spread) ** 2) / (spread * math.sqrt(2 * math.pi)) + 0.1 / 5
        background = (_density(away, -4.0, 4.0, 0.3) * len(seen) + 3 * 0.2) / (len(seen) + 3)
        best = np.maximum(best, target / np.maximum(background, 0.05))
    return np.clip(best, 0.02, 4.0).astype(np.float32)


def _shape_ratio(seen: Sequence[Sighting], wanted: Wanted) -> Floats:
    """Long things are never seen square on; square things are never seen long. Foreshortening allows the rest."""
    ratios = []
    for sighting in seen:
        _, _, w, h = sighting.box
        length = max(w, h) / max(1.0, min(w, h))
        most = max(kind.length for kind in wanted.kinds) * 2.2
        ratios.append(1.1 if length <= most else max(0.2, most / length))
    return np.array(ratios, np.float32)
