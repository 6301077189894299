"""Which pixels of a region are the thing, and which only the shadow it casts. Owns no decision what a region is.

A shadow darkens the ground by nearly one factor on all colours and keeps its texture; the factor varies slowly within
it (the test of Cucchiara et al. 2003, "Detecting moving objects, ghosts, and shadows in video streams", with the local
factor taken by normalised convolution, Knutsson and Westin 1993, so that a hard edge of a shadow is no texture).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

DARKEST, BRIGHTEST = 0.4, 0.97
"""Factors on the ground's brightness in shadow: light from elsewhere reaches there too."""
TINT = 0.12
"""The factors of the three colours differ by at most this much."""
REACH_PX = 2.5
"""Over about so many pixels the factor is the same."""
LEFT = 6.0
"""Grey levels by which a pixel in shadow differs from the ground times the factor around it."""
LEAST = 0.3
"""Share of the region that is left at least; where less would be, the thing itself is dark, and nothing is taken."""


def without_shadow(thing: Floats, ground: Floats, mask: Bools, noise: float) -> Bools:
    """The part of `mask` that is a thing: `thing` shows it with its shadow, `ground` the place without (BGR)."""
    shadow = _shaded(thing, ground, mask, noise)
    solid = (mask & ~shadow).astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)) & mask.astype(np.uint8)
    found, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    if found < 2:
        return mask
    large = [i for i in range(1, found) if stats[i][4] >= 0.15 * stats[1:, 4].max()]
    kept = _filled(np.isin(labels, large)) & mask
    return kept if kept.sum() >= LEAST * mask.sum() else mask


def _shaded(thing: Floats, ground: Floats, mask: Bools, noise: float) -> Bools:
    """The shadow with its soft edge: what is darker beside pixels that are surely in shadow."""
    ratio = (thing + 4.0) / (ground + 4.0)
    low, high = ratio.min(axis=2), ratio.max(axis=2)
    dark = mask & (low > DARKEST) & (high < BRIGHTEST) & (high - low < TINT)
    weight = dark.astype(np.float32)[:, :, None]
    light, full = _blurred((thing + 4.0) * weight), _blurred((ground + 4.0) * weight)
    factor = light / np.maximum(full, 1e-3)
    gap = np.abs((thing + 4.0) - (ground + 4.0) * factor).max(axis=2)
    core = (dark & (gap < LEFT + noise)).astype(np.uint8)
    core = cv2.morphologyEx(core, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return np.asarray(dark & (cv2.dilate(core, np.ones((5, 5), np.uint8)) == 1))


def _blurred(image: Any) -> Floats:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), REACH_PX), np.float32)


def _filled(mask: Bools) -> Bools:
    """With its holes: what is dark inside of a thing is no shadow."""
    outer, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = cv2.drawContours(np.zeros(mask.shape, np.uint8), outer, -1, 1, cv2.FILLED)
    return np.asarray(whole == 1)
