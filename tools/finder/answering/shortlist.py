"""The sightings that are worth a close look, of a million, in some tens of milliseconds. Owns no scores.

Each sighting gets a rough score from small columns: table look-ups for size, shape and what happened to it, one product
of its colour shares with the wanted colours, its label, and the inner product of its sketch with the photo's or the
text's. Newer sightings get a little more, since the last one is asked for. The rough score follows the evidence of
`tools.finder.answering.evidence` without the house's background, and only decides who is compared properly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.evidence import CARRIED_CM
from tools.finder.answering.facts import COVERED, DETECTOR, PLACED, STEPS, TAKEN, code
from tools.finder.answering.prior import COVERED_BY, DETECTED, HANDLED, LYING
from tools.finder.answering.query import Wanted
from tools.finder.answering.scale import Scale
from tools.finder.looks.colours import NAMES, alike

Floats = NDArray[np.float32]
WHOLE = 4000
"""Up to so many sightings, all are compared."""
SHORT = 1200
CHUNK = 1 << 16
NEWEST = 1.5
"""Rough score of the newest sighting above that of the oldest."""


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
    tables, weights = _tables(wanted, scales), _weights()
    colours = _colours(wanted)
    codes = [code(label) for label in wanted.labels] if wanted is not None else []
    for start in range(0, count, CHUNK):
        part = slice(start, start + CHUNK)
        mine = score[part]
        mine += weights[scan["flags"][part]]
        mine += tables[0][scan["camera"][part], scan["length"][part]] + tables[1][scan["aspect"][part]]
        for label in codes:
            mine += np.float32(1.5) * (scan["label"][part] == label)
        if colours is not None:
            agreed = np.minimum(shares[part] @ colours, 255) if colours.shape[1] else None
            for column in agreed.T if agreed is not None else ():
                mine += np.float32(4 / 255) * column
        mine -= 100 * (shares[part, -1] == 0)
    if likeness is not None:
        middle, spread = float(np.median(likeness[:: 1 + count // 10_000])), float(likeness.std())
        score += 2 * (likeness - middle) / max(spread, 1e-6)
    return np.sort(np.argpartition(-score, SHORT)[:SHORT])


def _tables(wanted: Wanted | None, scales: Mapping[int, Scale]) -> tuple[Floats, Floats]:
    """Rough scores by camera and step of length, and by step of aspect."""
    steps = np.arange(256) / STEPS
    kinds = wanted.kinds if wanted is not None else ()
    sizes = [(kind.size_cm, 0.3) for kind in kinds] or [CARRIED_CM]
    by_camera = np.zeros((max(scales, default=0) + 1, 256), np.float32)
    for camera, scale in scales.items():
        away = [(steps - math.log(scale.px_per_cm * size)) / math.hypot(scale.spread, width) for size, width in sizes]
        by_camera[camera] = np.maximum(-0.5 * np.min(np.square(away), 0), -3.5)
    longest = max((kind.length for kind in kinds), default=8.0) * 2.2
    return by_camera, np.maximum(-1.6, np.minimum(0.0, math.log(longest) - steps)).astype(np.float32)


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
