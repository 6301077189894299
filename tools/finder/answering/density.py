"""Densities of agreements in a house, and likelihood ratios that follow from them. Owns no evidence and no looks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Shares = NDArray[np.float64]
KERNEL = 0.1
"""Width of the kernel for densities of agreements."""
FINE = 1 << 12
"""Steps in which an agreement becomes a ratio: there may be a million of them."""


def counting(share: Shares | None, number: int) -> Shares:
    """How much each sighting counts for what is usual: the root of how likely it is asked for.

    A wrong answer may be one of the few things that people handle, or one of the many other parts of a room: the root
    stands half way between (the geometric mean of both ways to count).
    """
    return np.ones(number) if share is None else np.sqrt(share)


def ratio_of(values: Floats, house: Floats, steep: float, share: Shares | None = None) -> Floats:
    """Likelihood ratio of agreements in 0 to 1; see `ratios_of`."""
    return looked_up(ratios_of(house, steep, share), np.clip(values, 0, 1))


def looked_up(table: Floats, agreed: Floats) -> Floats:
    """The ratio of each agreement in a table of `ratios_of`."""
    steps = agreed * np.float32(FINE) + np.float32(0.5)
    return np.asarray(np.take(table, steps.astype(np.intp), mode="clip"), np.float32)


def ratios_of(house: Floats, steep: float, share: Shares | None = None, away: float = 0.0) -> Floats:
    """Likelihood ratios [FINE + 1] of agreements, 0 to 1: for the wanted thing their density rises as value ** steep.

    Where what should agree is out of sight, as it is in a share `away` of sightings, they are as of any other thing.

    The density of the house's agreements is a Gaussian kernel estimate, through a fine histogram. Where they count by
    `share`, they are worth as many as the effective size of a weighted sample (Kish 1965).
    """
    kept = np.linspace(0, 1, FINE + 1)
    target = (steep + 1) * kept**steep * 0.95 + 0.05
    usual = 2.0 * (1 - kept) * 0.8 + 0.2
    step = KERNEL / 8
    bins = int(1 / step) + 1
    shares = counting(share, len(house))
    size = float(shares.sum()) ** 2 / max(float((shares**2).sum()), 1e-9)
    places = np.clip(house / step, 0, bins - 1).astype(np.intp)
    counts = np.asarray(np.bincount(places, shares, bins), np.float64) * (size / max(float(shares.sum()), 1e-9))
    kernel = np.exp(-0.5 * (np.arange(-32, 33) / 8) ** 2) / (KERNEL * math.sqrt(2 * math.pi))
    dense = np.convolve(counts, kernel)[32 : 32 + bins]
    place = np.clip(kept / step, 0, bins - 1).astype(np.intp)
    background = (dense[place] + 3 * usual) / (size + 3)
    return np.asarray((1 - away) * target / np.maximum(background, 0.02) + away, np.float32)
