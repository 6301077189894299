"""What a settled region is: a thing placed, a thing removed, or only light. Owns no search for regions.

Where a thing lies, its outline is an edge, and the colours inside do not go on from outside; where it is
absent, the background runs on through its outline. So the picture with the stronger outline and the larger
colour step is the one with the thing in it (the test of abandoned against removed objects: Tian et al.,
"Robust detection of abandoned and removed objects in complex surveillance videos", IEEE SMC-C 2011). Light
keeps the texture and changes all colours by nearly one factor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.scan.regions import IntBox, Region
from tools.finder.scan.shadow_backend import without_shadow

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

THINNEST = 2.9
"""Radius, pixels at the working size, of the largest disc that fits into the smallest thing."""
LEAST_PX = 50
"""Pixels of the smallest thing at the working size; keys in a whole room are about twice as large."""
LEAST_SHARE_IN_NEW_LIGHT = 0.6
"""The same share alone, where the light changed meanwhile: new shading has contrast, but seldom a whole outline."""
LEAST_CONTRAST_IN_NEW_LIGHT = 30.0
"""Grey levels of a thing where the light changed meanwhile: what the fitted light leaves over is fainter."""
LEAST_EVIDENCE = 0.6
"""Share of the outline that tells one of the pictures apart, plus the contrast in hundreds of grey levels."""
TINTED = 1.25
"""A change by factors that differ by more than this among the colours is not of light, beside the light around it."""
PLAIN = 30.0
"""Grey levels by which any part of a thing differs from what was there: fainter is a reflection."""
FAINT = 12.0
"""Grey levels by which a pixel of a thing differs from the ground behind it, beside what noise does."""
OUTLINE_LOST = 0.15
"""Share of the outline that may be lost with what is taken for a shadow."""
SURE_OUTLINE = 0.5
"""From this share of the outline on a thing is plain."""
SURE_CONTRAST = 15.0
"""Grey levels from which a thing is plain."""


@dataclass(frozen=True)
class Verdict:
    """`presence` is -1 (surely removed) to 1 (surely placed); `contrast` is in grey levels.

    `outline` is the share of the outline by which one of the pictures is told from the other.
    """

    kind: Literal["thing", "light"]
    presence: float
    contrast: float
    box: IntBox
    outline: float = 0.0

    @property
    def sure(self) -> bool:
        """Whether it is so plain that it need not be waited for."""
        return self.kind == "thing" and self.outline >= SURE_OUTLINE and self.contrast >= SURE_CONTRAST


def judge(region: Region) -> Verdict:
    """Tell what `region` is."""
    mask = region.mask.astype(bool)
    before, after = _same_light(region, mask)
    difference = np.abs(after - before).max(axis=2)
    contrast = float(difference[mask].mean())
    if int(mask.sum()) < LEAST_PX or _thickness(region.mask) < THINNEST or _only_light(before, after, region):
        return Verdict("light", 0.0, contrast, region.box)
    solid = _solid(before, after, mask, region.noise)
    if int(solid.sum()) < LEAST_PX:
        return Verdict("light", 0.0, contrast, region.box)
    outline = _balance(_outline(after, solid), _outline(before, solid))
    step, share = _colour_steps(before, after, solid, region.noise)
    least = LEAST_SHARE_IN_NEW_LIGHT if region.light_changed else 0.0
    if region.light_changed and contrast < LEAST_CONTRAST_IN_NEW_LIGHT:
        return Verdict("light", 0.0, contrast, region.box)
    if abs(share) < least or abs(share) + contrast / 100.0 < LEAST_EVIDENCE:
        return Verdict("light", 0.0, contrast, region.box)
    return Verdict("thing", float(np.clip(outline + step, -1.0, 1.0)), contrast, _box(solid, region), abs(share))


def split(region: Region) -> list[Region]:
    """The things of a region: parts that stand well apart once shadows and faint reflections are left out."""
    before, after = _same_light(region, region.mask.astype(bool))
    solid = _solid(before, after, region.mask.astype(bool), region.noise).astype(np.uint8)
    difference = np.abs(after - before).max(axis=2)
    least = min(0.5 * float(np.percentile(difference[solid == 1], 80)), PLAIN)
    plain = (difference > least).astype(np.uint8) & solid
    plain = cv2.morphologyEx(plain, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    found, labels, stats, _ = cv2.connectedComponentsWithStats(plain, connectivity=8)
    groups: list[list[int]] = []
    for index in sorted(range(1, found), key=lambda i: -int(stats[i][4])):
        near = [group for group in groups if any(_belong(stats[index], stats[other]) for other in group)]
        groups = [group for group in groups if group not in near] + [[index, *(i for group in near for i in group)]]
    largest = max((sum(int(stats[i][4]) for i in group) for group in groups), default=0)
    parts = []
    for group in groups:
        mask = np.isin(labels, group).astype(np.uint8)
        mask = cv2.dilate(mask, np.ones((9, 9), np.uint8)) & solid
        if mask.sum() >= 0.2 * largest and _thickness(mask) >= THINNEST:
            parts.append(replace(region, mask=mask, box=_box(mask.astype(bool), region)))
    return parts if len(parts) > 1 else [region]


def alone(region: Region) -> tuple[Bools, Floats]:
    """The pixels of the thing in a region's roi, without its shadow, and the roi as the picture with it shows them.

    A region takes in some ground: around it, and in the gaps of keys or glasses. What looks as before is left out.
    """
    mask = region.mask.astype(bool)
    before, after = _same_light(region, mask)
    solid = _solid(before, after, mask, region.noise)
    differs = np.abs(after - before).max(axis=2) > FAINT + 2.0 * region.noise
    shown = solid & differs
    thing = after if _placed(before, after, mask, region.noise) else region.before
    return (shown if shown.sum() >= 0.3 * solid.sum() else solid), thing


def _placed(before: Floats, after: Floats, mask: Bools, noise: float) -> bool:
    step, _ = _colour_steps(before, after, mask, noise)
    return _balance(_outline(after, mask), _outline(before, mask)) + step > 0


def _solid(before: Floats, after: Floats, mask: Bools, noise: float) -> Bools:
    """The mask without the shadow that the thing casts, in the picture that has the thing.

    Glass darkens what is behind it as shadow does: where the rest lacks the outline of the whole, all of it is kept.
    """
    thing, ground = (after, before) if _placed(before, after, mask, noise) else (before, after)
    solid = without_shadow(thing, ground, mask, noise)
    cut, whole = (abs(_colour_steps(before, after, part, noise)[1]) for part in (solid, mask))
    return solid if whole - cut <= OUTLINE_LOST else mask


def _belong(part: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    """Whether two parts (x, y, w, h, area) are near for their size."""
    across = max(other[0] - part[0] - part[2], part[0] - other[0] - other[2], 0)
    down = max(other[1] - part[1] - part[3], part[1] - other[1] - other[3], 0)
    size = max(min(part[2], part[3]), min(other[2], other[3]))
    return bool(np.hypot(across, down) <= max(8.0, 0.6 * size))


def _same_light(region: Region, mask: Bools) -> tuple[Floats, Floats]:
    """`before` brought to the light of `after` by what surrounds the region and did not change."""
    near = cv2.dilate(region.mask, np.ones((5, 5), np.uint8)).astype(bool)
    around = ~near
    if around.sum() < 30:
        return region.before, region.after
    ratio = np.median((region.after[around] + 4.0) / (region.before[around] + 4.0), axis=0)
    return (region.before * np.clip(ratio, 0.3, 3.0)).astype(np.float32), region.after


def _thickness(mask: NDArray[np.uint8]) -> float:
    """Radius of the largest disc within the mask, pixels. A shifted edge gives a sliver, a thing does not."""
    return float(cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 5).max())


def _only_light(before: Floats, after: Floats, region: Region) -> bool:
    """Whether one factor on all colours changed and the texture is the same, or it explains the change as for a shadow.

    Edges of a thing may lie as those of its ground do; light does not change one colour much more than the others.
    """
    core = cv2.erode(region.mask, np.ones((3, 3), np.uint8)).astype(bool)
    if core.sum() < 10:
        core = region.mask.astype(bool)
    factor = np.median((after[core] + 4.0) / (before[core] + 4.0), axis=0)
    if factor.max() > TINTED * factor.min():
        return False
    alike, energy_before, energy_after = _correlation(_texture(before)[core], _texture(after)[core])
    textured = min(energy_before, energy_after) > 1.5 * (0.6 * region.noise + 0.8)
    if textured and alike > 0.55:
        return True
    if not 0.45 < factor.mean() < 2.2:
        return False
    left = np.abs((after + 4.0) - (before + 4.0) * factor).max(axis=2)[core].mean()
    explained = 1.0 - float(left) / max(float(np.abs(after - before).max(axis=2)[core].mean()), 1e-6)
    return explained > 0.7 and not (min(energy_before, energy_after) > 9.0 and alike < 0.1)


def _correlation(first: Floats, second: Floats) -> tuple[float, float, float]:
    """The correlation of two textures and their standard deviations, grey levels."""
    first, second = first - first.mean(), second - second.mean()
    power = float(first.std()), float(second.std())
    return float((first * second).mean()) / max(power[0] * power[1], 1e-6), *power


def _texture(image: Floats) -> Floats:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    fine: Floats = grey - cv2.GaussianBlur(grey, (0, 0), 3.0)
    return fine


def _outline(image: Floats, mask: Bools) -> float:
    """Mean strength of the edges along the outline of the mask, grey levels."""
    flat = mask.astype(np.uint8)
    band = cv2.dilate(flat, np.ones((5, 5), np.uint8)) - cv2.erode(flat, np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(image, (3, 3), 0)
    strength = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    return float(strength.max(axis=2)[band.astype(bool)].mean()) / 4.0 if strength.ndim == 3 else 0.0


def _colour_steps(before: Floats, after: Floats, mask: Bools, noise: float) -> tuple[float, float]:
    """How the colours just inside the outline stand off from those just outside of it, after against before.

    Returns the balance (-1 to 1) of the mean steps, and the share of the outline with the larger step after less
    that with the larger step before: an edge that only moved gives about 0.
    """
    flat = mask.astype(np.uint8)
    near = cv2.dilate(flat, np.ones((3, 3), np.uint8))
    outside = (cv2.dilate(flat, np.ones((15, 15), np.uint8)) - near).astype(np.float32)
    inside = (flat - cv2.erode(flat, np.ones((7, 7), np.uint8))).astype(bool)
    weight = cv2.GaussianBlur(outside, (0, 0), 3.0)
    valid = inside & (weight > 0.01)
    if not valid.any():
        return 0.0, 0.0
    steps = []
    for image in (before, after):
        colour = cv2.GaussianBlur(image * outside[:, :, None], (0, 0), 3.0) / np.maximum(weight, 1e-4)[:, :, None]
        steps.append(np.abs(image - colour).max(axis=2)[valid])
    margin = 3.0 + noise
    share = float((steps[1] > steps[0] + margin).mean() - (steps[0] > steps[1] + margin).mean())
    return _balance(float(steps[1].mean()), float(steps[0].mean())), share


def _balance(after: float, before: float) -> float:
    return (after - before) / (after + before + 2.0)


def _box(mask: Bools, region: Region) -> IntBox:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = region.roi[:2]
    width, height = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
    return left + int(columns[0]), top + int(rows[0]), width, height
