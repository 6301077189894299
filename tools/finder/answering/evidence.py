"""The kinds of evidence that a sighting is the thing asked for, each as a likelihood ratio. Owns no prior and no order.

A ratio is above 1 where a look is more usual for the wanted thing than for what is seen in this house anyway.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.colour_evidence import DULL, by_colours, colour_ratios, likenesses
from tools.finder.answering.density import Shares, counting, ratio_of, ratios_of
from tools.finder.answering.facts import DETECTOR, Table
from tools.finder.answering.query import Wanted
from tools.finder.answering.scale import Scale, longest
from tools.finder.looks.colours import NAMES
from tools.finder.looks.layout import Parts

Floats = NDArray[np.float32]
CARRIED_CM = (15.0, 0.6)
"""Usual longest side of things that people carry about and lose, and the spread of its logarithm."""
KIND_WORTH, PHOTO_WORTH, PLAIN_PHOTO_WORTH = (-1.2, 2.0), (-1.5, 3.5), (-1.5, 3.0)
"""Bounds of the logarithm of what the network's features say of a kind, and of a photo: where it is known what photos
and crops have in common, and where it is not."""
PHOTO_NEUTRAL = 2.0
"""So many spreads above what is usual, likeness to a photo says nothing: the best of what is not the thing is there as
well. With this the scores are right in the generator's homes: of those about a half, half are."""
SEEN_PX = (14.0, 40.0)
"""The size of a box in whose crop a network sees nothing, and by how much larger one must be to be seen wholly."""


PRESENT = 0.04
"""A shade of less than this share is not there."""
BOTH, EXTRA, MISSING = 0.1, 0.4, 0.7
"""Shares of foreign colours at which two looks clash: in both; in what was seen alone; in the photo alone."""
CLASHES, CLASH_WORTH = (0.2, 0.8), (0.7, -2.5)
"""Logarithm of the ratio without and with a clash. In the generator's scenes two sightings in three clash with a photo
of another thing, and hardly one with its own; what palettes tell already is left out."""

ALIKE = 2.5
"""How steeply the density of likenesses of palettes rises where a photo shows the thing itself."""


def by_words(
    table: Table, wanted: Wanted, scales: Mapping[int, Scale], house: Table, share: Shares | None = None
) -> dict[str, Floats]:
    """What the columns say of each sighting, [n] ratios by the name of the evidence.

    `house`: sightings that tell what is usual; `share` [m]: how much each of them counts for that, None: alike.
    """
    evidence: dict[str, Any] = {}
    if wanted.colours or wanted.parts or wanted.tone:
        colours = by_colours(table, wanted, colour_ratios(wanted, house, share))
        evidence |= {name: np.exp(one) for name, one in colours.items()}
    if wanted.labels:
        evidence["label"] = by_label(table, wanted)
    evidence["size"] = by_size(table, wanted, scales)
    if wanted.kinds:
        evidence["shape"] = by_shape(table, wanted)
    return evidence


@dataclass(frozen=True)
class Usual:
    """What features are usual in a house: their `mean` [d], a sample of them less that mean, of unit length, and how
    much each of the sample counts, `share` [n]."""

    mean: Floats
    sample: Floats
    share: Shares

    def apart(self, features: Floats) -> Floats:
        """Features [n, d] less what all have in common here, of unit length: what tells one thing from another."""
        return _unit(features - self.mean)

    def along(self, features: Floats, directions: Floats) -> Floats:
        """`apart(features) @ directions.T`, [n, m], without another array of the features' size."""
        inner = features @ np.concatenate([directions, self.mean[None]]).T
        common = directions @ self.mean
        squares = np.einsum("ij,ij->i", features, features) - 2 * inner[:, -1] + self.mean @ self.mean
        length = np.sqrt(np.maximum(squares, 1e-9))
        return np.asarray((inner[:, :-1] - common) / length[:, None], np.float32)


def usual(features: Floats, share: Shares | None = None) -> Usual:
    """From a sample [n, d] of the house's features; `share` [n]: how much each counts, None: all alike."""
    counts = counting(share, len(features))
    mean = np.asarray(np.average(features, 0, counts), np.float32)
    return Usual(mean, _unit(features - mean), counts)


def reliable(table: Table) -> Floats:
    """How much a network sees in a crop, 0.1 to 1, by the longest side of its box: little in some twenty pixels."""
    seen = (table.rows["box"][:, 2:].max(1) - SEEN_PX[0]) / SEEN_PX[1]
    return np.asarray(np.clip(seen, 0.1, 1), np.float32)


def by_features(parts: Parts, photo: Parts, house: Usual, seen: Floats) -> Floats:
    """Likeness of the network's features to the best of the photo's views. `seen` [n]: see `reliable`.

    What photos and cameras do to features is known of some networks (`photo.told_apart`): then a small crop tells more.
    """
    views = _unit(photo.features) if photo.told_apart else house.apart(photo.features)
    alike = house.along(parts.features, views).max(1)
    away = _standing_out(alike, (house.sample @ views.T).max(1), 0.03, house.share)
    if photo.told_apart:
        return np.asarray(np.exp((0.5 + 0.5 * seen) * np.clip(away - PHOTO_NEUTRAL, *PHOTO_WORTH)), np.float32)
    return np.asarray(np.exp(seen * np.clip(0.8 * (away - 1.0), *PLAIN_PHOTO_WORTH)), np.float32)


def by_kind(parts: Parts, directions: Floats, house: Usual, seen: Floats) -> Floats:
    """How much the network's features speak for one of the labels of the kind, `directions` [m, d]; `seen` as above."""
    here, there = house.along(parts.features, directions), house.sample @ directions.T
    columns = range(here.shape[1])
    best = np.max([_standing_out(here[:, i], there[:, i], 0.01, house.share) for i in columns], 0)
    chance = np.max([_standing_out(there[:, i], there[:, i], 0.01, house.share) for i in columns], 0)
    away = _standing_out(best, chance, 0.5, house.share)
    return np.asarray(np.exp(seen * np.clip(0.6 * (away - 1), *KIND_WORTH)), np.float32)


def _standing_out(values: Floats, sample: Floats, least: float, share: Shares) -> Floats:
    """How far values are above the sample's median, in its spreads (scaled median absolute deviation)."""
    middle = _middle(sample, share)
    spread = max(1.4826 * _middle(np.abs(sample - middle), share), least)
    return np.asarray((values - middle) / spread, np.float32)


def _middle(values: Floats, share: Shares) -> float:
    """The median of values that count by `share`."""
    order = np.argsort(values)
    reached = np.cumsum(share[order])
    return float(values[order[int(np.searchsorted(reached, reached[-1] / 2))]])


def _unit(values: Floats) -> Floats:
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-9), np.float32)


def by_palette(parts: Parts, photo: Parts, house: Parts, share: Shares | None = None) -> Floats:
    """Likeness of the palette and of the shades to those of the best of the photo's views; `share` as in `by_words`."""
    return ratio_of(_palette(parts, photo), _palette(house, photo), ALIKE, share)


def most_by_features(photo: Parts, seen: Floats) -> Floats:
    """The most, logarithms [n], that `by_features` can say."""
    return (0.5 + 0.5 * seen) * PHOTO_WORTH[1] if photo.told_apart else seen * PLAIN_PHOTO_WORTH[1]


def most_by_shades(photo: Parts, house: Parts, share: Shares | None = None) -> float:
    """The most, a logarithm, that `by_palette` and `by_clash` can say together."""
    return math.log(float(ratios_of(_palette(house, photo), ALIKE, share).max())) + CLASH_WORTH[0]


def by_clash(parts: Parts, photo: Parts) -> Floats:
    """What plain colours say of a thing and a photo when one has them and the other has nothing like them.

    A photo may show another side, and light and blur take colours away, so one side alone counts only when most of
    it is of such a colour; where each has one that the other lacks, a tenth is enough. That nothing clashes with a
    photo without plain colours says nothing.
    """
    shown, like = photo.shares.mean(0), likenesses()
    plain = np.array([name not in DULL for name in NAMES], np.float32)
    here = parts.shares @ (plain * (1 - (like * (shown > PRESENT)).max(1)))
    there, present = np.zeros(len(parts.shares), np.float32), parts.shares > PRESENT
    for shade in np.flatnonzero(plain * shown).tolist():
        there += shown[shade] * (1 - (present * like[shade]).max(1))
    clash = np.maximum.reduce([np.minimum(here, there) / BOTH, here / EXTRA, there / MISSING])
    worth = np.interp(clash, CLASHES, CLASH_WORTH)
    telling = min(1.0, float((shown * plain).sum()) / EXTRA)
    return np.asarray(np.exp(np.where(worth > 0, telling * worth, worth)), np.float32)


def _palette(parts: Parts, photo: Parts) -> Floats:
    palettes = (parts.palettes @ photo.palettes.T).max(1)
    shades = (np.sqrt(parts.shares) @ np.sqrt(photo.shares).T).max(1)
    return np.asarray(0.5 * palettes + 0.5 * shades, np.float32)


def by_label(table: Table, wanted: Wanted) -> Floats:
    named, score = table.rows["label"] != 0, table.rows["score"]
    against = 1.0 - np.where(table.flag(DETECTOR), 0.75, 0.3) * score
    right = table.labelled(wanted.labels) & named
    worth = np.where(table.flag(DETECTOR), 14.0, 5.0)
    ratio = np.where(right, 1.0 + worth * np.maximum(0.0, score - 0.1), against)
    return np.where(named, ratio, 1.0).astype(np.float32)


def by_size(table: Table, wanted: Wanted | None, scales: Mapping[int, Scale]) -> Floats:
    """How well the size fits the kind; where none is known, how well it fits a thing that people carry about.

    Sizes are not weighed against those of the house: that few things are large does not make a large one a wallet.
    """
    cameras = table.rows["camera"]
    usual, spread = np.ones((2, len(table)), np.float32)
    for camera, scale in scales.items():
        usual[cameras == camera] = scale.px_per_cm
        spread[cameras == camera] = scale.spread
    sides, best = np.log(longest(table) / usual), np.zeros(len(table), np.float32)
    kinds = wanted.kinds if wanted is not None else ()
    for size, width in [(kind.size_cm, 0.3) for kind in kinds] or [CARRIED_CM]:
        away = (sides - math.log(size)) / np.hypot(spread, width)
        best = np.maximum(best, 1.6 * np.exp(-0.5 * away**2) + 0.04)
    return np.asarray(best, np.float32)


def by_shape(table: Table, wanted: Wanted) -> Floats:
    """Long things are never seen square on; square things are never seen long. Foreshortening allows the rest."""
    sides = table.rows["box"][:, 2:]
    length = sides.max(1) / np.maximum(1.0, sides.min(1))
    most = max(kind.length for kind in wanted.kinds) * 2.2
    return np.where(length <= most, 1.1, np.maximum(0.2, most / length)).astype(np.float32)
