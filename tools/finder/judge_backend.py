"""What a settled region is: a thing placed, a thing removed, or only light. Owns no search for regions.

Where a thing lies, its outline is an edge, and the colours inside do not go on from outside; where it is
absent, the background runs on through its outline. So the picture with the stronger outline and the larger
colour step is the one with the thing in it (the test of abandoned against removed objects: Tian et al.,
"Robust detection of abandoned and removed objects in complex surveillance videos", IEEE SMC-C 2011). Light
keeps the texture and changes all colours by nearly one factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.settled_backend import IntBox, Region

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """`presence` is -1 (surely removed) to 1 (surely placed); `contrast` is in grey levels."""

    kind: Literal["thing", "light"]
    presence: float
    contrast: float
    box: IntBox


def judge(region: Region) -> Verdict:
    """Tell what `region` is."""
    mask = region.mask.astype(bool)
    before, after = _same_light(region, mask)
    difference = np.abs(after - before).max(axis=2)
    contrast = float(difference[mask].mean())
    if _only_light(before, after, mask, region.noise):
        return Verdict("light", 0.0, contrast, region.box)
    solid = _without_shadow(before, after, mask)
    outline = _balance(_outline(after, solid), _outline(before, solid))
    step = _balance(_colour_step(after, solid), _colour_step(before, solid))
    return Verdict("thing", float(np.clip(outline + step, -1.0, 1.0)), contrast, _box(solid, region))


def _same_light(region: Region, mask: Bools) -> tuple[Floats, Floats]:
    """`before` brought to the light of `after` by what surrounds the region and did not change."""
    near = cv2.dilate(region.mask, np.ones((5, 5), np.uint8)).astype(bool)
    around = ~near
    if around.sum() < 30:
        return region.before, region.after
    ratio = np.median((region.after[around] + 4.0) / (region.before[around] + 4.0), axis=0)
    return (region.before * np.clip(ratio, 0.3, 3.0)).astype(np.float32), region.after


def _only_light(before: Floats, after: Floats, mask: Bools, noise: float) -> bool:
    """Whether the texture is the same, or all colours of a plain surface changed by one factor without an
    outline.
    """
    fine_before, fine_after = _texture(before)[mask], _texture(after)[mask]
    energy_before, energy_after = float(fine_before.std()), float(fine_after.std())
    floor = 0.6 * noise + 0.8
    product = float((fine_before * fine_after).mean())
    alike = product / max(energy_before * energy_after, 1e-6)
    if min(energy_before, energy_after) > 1.5 * floor and alike > 0.75:
        return True
    ratios = np.median((after[mask] + 4.0) / (before[mask] + 4.0), axis=0)
    one_factor = float(ratios.max() / max(ratios.min(), 1e-3)) < 1.08
    if not one_factor:
        return False
    soft = _outline(after, mask) < 1.3 * _outline(before, mask) + 3.0
    return soft and (alike > 0.4 or max(energy_before, energy_after) < 2.0 * floor)


def _texture(image: Floats) -> Floats:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    fine: Floats = grey - cv2.GaussianBlur(grey, (0, 0), 3.0)
    return fine


def _without_shadow(before: Floats, after: Floats, mask: Bools) -> Bools:
    """The mask without the soft shadow that a thing casts: darker by one factor in all colours, texture kept.

    Either picture may hold the shadow. Where little would be left, the thing itself is dark, and nothing is
    taken.
    """
    ratio = (after + 4.0) / (before + 4.0)
    ratio = np.where(ratio.mean(axis=2, keepdims=True) > 1.0, 1.0 / np.maximum(ratio, 1e-3), ratio)
    low, high = ratio.min(axis=2), ratio.max(axis=2)
    change = np.abs(_texture(after) - _texture(before) * ratio.mean(axis=2))
    shadow = (low > 0.45) & (high < 0.97) & (high - low < 0.09) & (change < 6.0)
    solid = (mask & ~shadow).astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)) & mask.astype(np.uint8)
    found, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    if found < 2:
        return mask
    large = [i for i in range(1, found) if stats[i][4] >= 0.15 * stats[1:, 4].max()]
    kept: Bools = np.isin(labels, large)
    return kept if kept.sum() >= 0.3 * mask.sum() else mask


def _outline(image: Floats, mask: Bools) -> float:
    """Mean strength of the edges along the outline of the mask, grey levels."""
    flat = mask.astype(np.uint8)
    band = cv2.dilate(flat, np.ones((5, 5), np.uint8)) - cv2.erode(flat, np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    strength = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    return float(strength.max(axis=2)[band.astype(bool)].mean()) / 4.0 if strength.ndim == 3 else 0.0


def _colour_step(image: Floats, mask: Bools) -> float:
    """How far the colours just inside the outline are from those just outside of it, grey levels."""
    flat = mask.astype(np.uint8)
    near = cv2.dilate(flat, np.ones((3, 3), np.uint8))
    outside = (cv2.dilate(flat, np.ones((15, 15), np.uint8)) - near).astype(np.float32)
    inside = (flat - cv2.erode(flat, np.ones((7, 7), np.uint8))).astype(bool)
    weight = cv2.GaussianBlur(outside, (0, 0), 4.0)
    colour = cv2.GaussianBlur(image * outside[:, :, None], (0, 0), 4.0) / np.maximum(weight, 1e-4)[:, :, None]
    valid = inside & (weight > 0.01)
    if not valid.any():
        return 0.0
    return float(np.abs(image - colour).max(axis=2)[valid].mean())


def _balance(after: float, before: float) -> float:
    return (after - before) / (after + before + 2.0)


def _box(mask: Bools, region: Region) -> IntBox:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = region.roi[:2]
    width, height = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
    return left + int(columns[0]), top + int(rows[0]), width, height
