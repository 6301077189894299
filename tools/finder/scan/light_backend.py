"""How the light differs between two pictures of one scene. Owns no decision about things.

A change of light multiplies a pixel by a gain that varies slowly over the picture; things put down or taken
away do not. The gain is fitted as a quadratic surface of the logarithm of the ratio on a coarse grid, by
iteratively reweighted least squares (Huber 1964), so that people and things are outliers to it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

GRID = (64, 36)
"""Columns and rows of the coarse grid."""
_OFFSET = 4.0


def _surface() -> Floats:
    y, x = np.mgrid[-1.0 : 1.0 : GRID[1] * 1j, -1.0 : 1.0 : GRID[0] * 1j]
    columns = [np.ones_like(x), x, y, x * x, y * y, x * y]
    return np.stack([column.ravel() for column in columns], axis=1).astype(np.float32)


_TERMS = _surface()
_RIDGE = 1e-3 * np.eye(_TERMS.shape[1], dtype=np.float32)


def coarse(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at the size of `GRID`."""
    small: NDArray[np.uint8] = cv2.resize(image, GRID, interpolation=cv2.INTER_AREA)
    return small


def light_gain(before: NDArray[np.generic], after: NDArray[np.generic]) -> Floats | None:
    """The gain that turns the light of `before` into that of `after` (both `coarse`, BGR).

    Returns a picture of gains (rows × columns × 3, the size of `GRID`), or None when the light is the same
    within a per cent.
    """
    b = before.astype(np.float32).reshape(-1, 3)
    a = after.astype(np.float32).reshape(-1, 3)
    ratio = np.log((a + _OFFSET) / (b + _OFFSET))
    usable = ((a > 6) & (a < 248) & (b > 6) & (b < 248)).all(axis=1)
    if usable.sum() < 60:
        return None
    if float((np.abs(ratio[usable]).max(axis=1) < 0.01).mean()) > 0.9:
        return None
    fit = np.median(ratio[usable], axis=0)[None, :].repeat(len(ratio), axis=0)
    for _ in range(4):
        error = np.abs(ratio - fit).max(axis=1)
        spread = 1.4826 * float(np.median(error[usable]))
        inliers = usable & (error < max(2.5 * spread, 0.02))
        if inliers.sum() < 0.35 * usable.sum():
            break
        terms = _TERMS[inliers]
        fit = _TERMS @ np.linalg.solve(terms.T @ terms + _RIDGE, terms.T @ ratio[inliers])
    if float(np.abs(fit).max()) < 0.01:
        return None
    fit = np.clip(fit, -1.5, 1.5).astype(np.float32)
    gain: Floats = np.exp(fit).reshape(GRID[1], GRID[0], 3)
    return gain


def local_gain(before: NDArray[np.generic], after: NDArray[np.generic], hidden: NDArray[np.bool_]) -> Floats:
    """A gain that may vary faster, for a sudden change (both `coarse`):

    blockwise ratios, their median over neighbours, smoothed; where the scene is `hidden` (rows × columns of
    `GRID`) by something else, that of the nearest seen blocks (normalised convolution: Knutsson & Westin 1993).

    It follows a lamp's cone or a sunlit patch; a thing smaller than two and a half blocks leaves no trace in
    it.
    """
    b, a = before.astype(np.float32), after.astype(np.float32)
    ratio = np.clip((a + _OFFSET) / (b + _OFFSET), 0.2, 5.0)
    layers = [cv2.medianBlur(np.ascontiguousarray(ratio[:, :, i]), 5) for i in range(3)]
    layered = np.dstack(layers)
    seen = 1.0 - cv2.dilate(hidden.astype(np.float32), np.ones((3, 3), np.uint8))
    sums, weights = np.zeros_like(layered), np.full(hidden.shape, 1e-9, np.float32)
    for reach, weight in ((1.0, 1.0), (3.0, 1e-3), (12.0, 1e-6)):
        sums += weight * cv2.GaussianBlur(layered * seen[:, :, None], (0, 0), reach)
        weights += weight * cv2.GaussianBlur(seen, (0, 0), reach)
    return ((sums + 1e-9 * layered) / weights[:, :, None]).astype(np.float32)


def apply_gain(image: Floats, gain: Floats) -> None:
    """Multiply `image` (float, BGR) by a coarse `gain`, in place."""
    full = cv2.resize(gain, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(image, full, dst=image)
    np.minimum(image, 255.0, out=image)
