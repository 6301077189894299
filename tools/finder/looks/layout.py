"""The layout of an appearance vector: what the network sees, the palette and the shares of shades, in one unit vector.

One vector a sighting keeps the index simple: a cosine between two of them is the weighted sum of three likenesses,
and each part can be taken out again. Owns no networks and no index (see `tools.finder.looks.vectors`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.colours import NAMES, Look

Floats = NDArray[np.float32]
PALETTE = 216
WEIGHTS = (0.75, 0.5, 0.4330127)
"""Of the features, the palette and the square roots of the shade shares; their squares sum to 1."""


@dataclass(frozen=True)
class Parts:
    """Vectors taken apart: `features` [n, d] and `palettes` [n, 216] of unit length, `shares` [n, 15] that sum to 1.

    `told_apart`: the features are less what all pictures have in common already, as directions (see `photo_space`).
    """

    features: Floats
    palettes: Floats
    shares: Floats
    told_apart: bool = False

    def take(self, places: NDArray[np.intp]) -> Parts:
        """The rows at these places."""
        return Parts(self.features[places], self.palettes[places], self.shares[places], self.told_apart)


def join(feature: Floats, look: Look) -> tuple[float, ...]:
    """The unit vector of a crop: `feature` [d] of unit length and its colours."""
    parts = (feature, look.palette, np.sqrt(look.shares))
    line = np.concatenate([w * _unit(part) for w, part in zip(WEIGHTS, parts, strict=True)])
    return tuple(float(value) for value in _unit(line))


def take_apart(vectors: Floats) -> Parts:
    """The parts of vectors [n, d + 216 + 15]."""
    cut = vectors.shape[1] - PALETTE - len(NAMES)
    return Parts(_unit_rows(vectors[:, :cut]), _unit_rows(vectors[:, cut : cut + PALETTE]), shares_of(vectors))


def features_alone(features: Floats) -> Floats:
    """Vectors [n, d + 216 + 15] of features [n, d] without any colours: to compare words with whole vectors."""
    return np.pad(features, ((0, 0), (0, PALETTE + len(NAMES)))).astype(np.float32)


def shares_of(vectors: Floats) -> Floats:
    """The shares of shades alone, [n, 15], of vectors [n, d + 216 + 15]."""
    roots = vectors[:, -len(NAMES) :] ** 2
    shares: Floats = roots / np.maximum(roots.sum(1, keepdims=True), 1e-9)
    return shares


def _unit(values: Floats) -> Floats:
    unit: Floats = (values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-9)).astype(np.float32)
    return unit


def _unit_rows(values: Floats) -> Floats:
    """`_unit` of rows [n, m] without another array of their size: a search takes a thousand long ones apart."""
    squares = np.einsum("ij,ij->i", values, values)
    return np.asarray(values * (1 / np.maximum(np.sqrt(squares), 1e-9))[:, None], np.float32)
