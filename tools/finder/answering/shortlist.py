"""The sightings that are worth a close look, of a million, in some tens of milliseconds. Owns no scores.

Each sighting gets a rough score from small columns: table look-ups for size, shape and what happened to it, one product
of its colour shares with the wanted colours, its label, and the inner product of its sketch with the photo's or the
text's. Newer sightings get a little more, since the last one is asked for. The rough score follows the evidence of
`tools.finder.answering.evidence` without the house's background, and only decides who is compared properly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.evidence import CARRIED_CM
from tools.finder.answering.facts import COVERED, DETECTOR, PLACED, STEPS, TAKEN, code
from tools.finder.answering.prior import COVERED_BY, DETECTED, HANDLED, LYING
from tools.finder.answering.query import Wanted
from tools.finder.answering.scale import Scale
from tools.finder.looks.blocks import side_by_side
from tools.finder.looks.colours import NAMES, alike

Floats = NDArray[np.float32]
WHOLE = 4000
"""Up to so many sightings, all are compared."""
SHORT = 1200
CHUNK = 1 << 16
LABELLED = 1.5
"""Rough score of a label that fits."""
NEWEST = 1.5
"""Rough score of the newest sighting above that of the oldest."""
NEAR = 3.5
"""What is at most so much below the best rough score may be the thing as well: as old as can be, and less alike by what
the rough score does not know (see `match.LIKELY` for the exact one)."""


def shortlist(
    scan: Mapping[str, NDArray[Any]],
    shares: NDArray[np.uint8],
    wanted: Wanted | None,
    scales: Mapping[int, Scale],
    likeness: Floats | None,
) -> NDArray[np.intp]:
    """Places, ascending, of at most `SHORT` sightings of `scan` (columns) with their `shares` [n, 16].

    `likeness` [n]: to the photo or the text, by sketches.
    """
    count = len(scan["id"])
    if count <= WHOLE:
        return np.arange(count)
    score = np.linspace(0, NEWEST, count, dtype=np.float32)
    looks = _Looks(scan, shares, *_tables(wanted, scales), _weights(), _colours(wanted), _codes(wanted))
    parts = [slice(start, start + CHUNK) for start in range(0, count, CHUNK)]
    side_by_side(lambda part: looks.weigh(part, score[part]), parts)
    if likeness is not None:
        middle, spread = float(np.median(likeness[:: 1 + count // 10_000])), float(likeness.std())
        score += (likeness - np.float32(middle)) * np.float32(2 / max(spread, 1e-6))
    return _best_and_newest(score)


def _best_and_newest(score: Floats) -> NDArray[np.intp]:
    """Places, ascending: up to one half the newest of those that come near the best, and the best.

    A thing that lies about for weeks is seen in hundreds of recordings, each time about as well: the best of them say
    that it is there, and the newest say where it was last.
    """
    newest = np.flatnonzero(score >= score.max() - NEAR)[-(SHORT // 2) :]
    lifted = score.copy()
    lifted[newest] = np.inf
    return np.sort(np.argpartition(lifted, len(score) - SHORT)[len(score) - SHORT :])


@dataclass(frozen=True)
class _Looks:
    """The columns and what each value in them is worth; `weigh` takes a part at a time, which fits the cache."""

    scan: Mapping[str, NDArray[Any]]
    shares: NDArray[np.uint8]
    by_length: Floats
    by_aspect: Floats
    by_flags: Floats
    colours: Floats | None
    codes: NDArray[np.uint32]

    def weigh(self, part: slice, score: Floats) -> None:
        """Add to the rough `score` of a part."""
        scan, shares = self.scan, self.shares[part]
        score += np.take(self.by_flags, scan["flags"][part])
        score += np.take(self.by_aspect, scan["aspect"][part])
        score += np.take(self.by_length, scan["camera"][part] * np.intp(256) + scan["length"][part])
        if len(self.codes):
            labels, fits = scan["label"][part], np.zeros(len(score), bool)
            for one in self.codes:
                fits |= labels == one
            score += np.float32(LABELLED) * fits
        if self.colours is not None:
            agreed = np.minimum(shares.astype(np.float32) @ self.colours, 255)
            score += np.float32(4 / 255) * agreed.sum(1)
        score -= np.float32(100) * (shares[:, -1] == 0)


def _codes(wanted: Wanted | None) -> NDArray[np.uint32]:
    return np.array([code(label) for label in wanted.labels] if wanted is not None else [], np.uint32)


def _tables(wanted: Wanted | None, scales: Mapping[int, Scale]) -> tuple[Floats, Floats]:
    """Rough scores by camera and step of length (256 for each camera, by its id), and by step of aspect."""
    steps = np.arange(256) / STEPS
    kinds = wanted.kinds if wanted is not None else ()
    sizes = [(kind.size_cm, 0.3) for kind in kinds] or [CARRIED_CM]
    by_camera = np.zeros((max(scales, default=0) + 1, 256), np.float32)
    for camera, scale in scales.items():
        away = [(steps - math.log(scale.px_per_cm * size)) / math.hypot(scale.spread, width) for size, width in sizes]
        by_camera[camera] = np.maximum(-0.5 * np.min(np.square(away), 0), -3.5)
    longest = max((kind.length for kind in kinds), default=8.0) * 2.2
    return by_camera.reshape(-1), np.maximum(-1.6, np.minimum(0.0, math.log(longest) - steps)).astype(np.float32)


def _weights() -> Floats:
    """The logarithm of what `tools.finder.answering.prior.handled` gives for the flags of one byte."""
    flags = np.arange(256)
    weights = np.where(flags & DETECTOR, DETECTED, LYING)
    weights = np.where(flags & COVERED, COVERED_BY, weights)
    return np.log(np.where(flags & (PLACED | TAKEN), HANDLED, weights)).astype(np.float32)


def _colours(wanted: Wanted | None) -> Floats | None:
    """Columns [16, k] by which shares are multiplied: the mean of the wanted colours, and each part four times."""
    if wanted is None or not (wanted.colours or wanted.parts):
        return None
    columns = [[4.0 * alike(part, name) ** 2 for name in NAMES] for part in wanted.parts]
    if wanted.colours:
        columns.append([sum(alike(c, name) for c in wanted.colours) / len(wanted.colours) for name in NAMES])
    return np.array([[*column, 0.0] for column in columns], np.float32).T
