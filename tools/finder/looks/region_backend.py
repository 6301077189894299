"""Regions of a still that stand out from the surface they lie on: things no detector has a name for.

Method: the surface is what a median over a window much larger than a thing leaves (as in background estimation by
median filtering); what differs from it in CIELAB by clearly more than the surface's own grain is a region. Done for
several window sizes, since a thing hides the surface only when it fills half the window; overlapping finds are merged
by non-maximum suppression. Owns no names of things.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.colours import flat
from tools.finder.records import Box

WINDOWS = (0.05, 0.11, 0.22)
"""Window of the surface median, shares of the picture's longer side."""
GAP_PX, JOIN_PX, JOINED = 3, 7, 0.8
"""Holes this wide are filled. Parts that are further apart, but by no more than the second, may be one thing: keys and
their fob, the cups of headphones. Its score is so much less, since grain and neighbours are joined as well."""
WORK_SIDE = 1280
POOL = 600
"""As many of the best are looked at for patterns among them."""
ALIKE, SIZES, PATTERN = 10.0, 2.0, 4
"""Regions whose colours are at most so far apart (units of `colours.flat`) and whose areas differ at most by this
factor are alike; of more than so many, each is worth less by as much as there are more."""
LEVELS = (9.0, 16.0, 28.0)
"""Thresholds on the colour difference (CIELAB units), low to high: a low one takes in all of a pale thing."""


Found = tuple[tuple[int, int, int, int], float]


@dataclass(frozen=True)
class Region:
    """A region: `box` in pixels of the picture, `score` 0 to 1 by contrast and compactness."""

    box: Box
    score: float


def regions(bgr: NDArray[np.uint8], limit: int = 120) -> list[Region]:
    """At most `limit` regions of a picture, uint8 [h, w, 3] BGR, best first."""
    height, width = bgr.shape[:2]
    scale = min(1.0, WORK_SIDE / max(height, width))
    small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else bgr
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 0.8), cv2.COLOR_BGR2LAB)
    found: list[Found] = []
    for share in WINDOWS:
        away = _difference(lab, share)
        largest = share * max(lab.shape[:2]) * 1.3
        for level in LEVELS:
            found += _components(away, level, GAP_PX, largest)
            found += [(box, JOINED * score) for box, score in _components(away, level, JOIN_PX, largest)]
    kept = _patterns_last(_suppress(found, POOL), lab)[:limit]
    return [Region((x / scale, y / scale, w / scale, h / scale), score) for (x, y, w, h), score in kept]


def _patterns_last(found: list[Found], lab: NDArray[np.uint8]) -> list[Found]:
    """Best first, with the score of what repeats lowered."""
    if not found:
        return []
    colours = flat(np.array([_middle_colour(lab, box) for box, _ in found]))
    areas = np.log(np.array([w * h for (_, _, w, h), _ in found], np.float64))
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    like = (apart < ALIKE) & (np.abs(areas[:, None] - areas[None]) < np.log(SIZES))
    scores = np.array([score for _, score in found]) / np.maximum(1.0, like.sum(1) / PATTERN)
    return [(found[i][0], float(scores[i])) for i in np.argsort(-scores, kind="stable").tolist()]


def _middle_colour(lab: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """CIELAB of the median of a box's middle; `lab` is a picture in OpenCV's eight bits of it."""
    x, y, w, h = box
    rows, columns = slice(y + h // 4, y + h - h // 4), slice(x + w // 4, x + w - w // 4)
    level, a, b = np.median(lab[rows, columns].reshape(-1, 3), axis=0).tolist()
    return np.array([level * 100 / 255, a - 128, b - 128], np.float32)


def _difference(lab: NDArray[np.uint8], share: float) -> NDArray[np.float32]:
    """How far each pixel is from the surface around it, CIELAB units with lightness at 0.7."""
    side = share * max(lab.shape[:2])
    shrink = max(1.0, side / 21)
    tiny = cv2.resize(lab, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    kernel = round(side / shrink) | 1
    surface = cv2.resize(cv2.medianBlur(tiny, kernel), lab.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    gap = lab.astype(np.float32)  # in one array: of a large picture each more takes ten megabytes
    gap -= surface
    gap[..., 0] *= 100 / 255 * 0.7
    gap *= gap
    away = gap.sum(-1)
    return np.asarray(np.sqrt(away, out=away), np.float32)


def _components(away: NDArray[np.float32], level: float, gap: int, largest: float) -> list[Found]:
    mask = (away > level).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    del marks
    found = []
    for x, y, w, h, area in stats[1:count].tolist():
        if min(w, h) < 4 or max(w, h) > largest * 1.6 or max(w, h) / min(w, h) > 6 or area < 0.25 * w * h:
            continue
        found.append(((x, y, w, h), _score(away, (x, y, w, h), area)))
    return found


def _score(away: NDArray[np.float32], box: tuple[int, int, int, int], area: int) -> float:
    """Contrast of the inside against the rim around the box, times how much of the box is filled."""
    x, y, w, h = box
    pad = max(2, round(0.2 * max(w, h)))
    top, left = max(0, y - pad), max(0, x - pad)
    around = away[top : y + h + pad, left : x + w + pad]
    inside = away[y : y + h, x : x + w]
    rim = (float(around.sum()) - float(inside.sum())) / max(1, around.size - inside.size)
    contrast = max(0.0, float(inside.mean()) - 1.5 * rim)
    return float(np.clip(contrast / 30, 0, 1) * min(1.0, area / (w * h) + 0.35))


def _suppress(found: list[Found], limit: int, overlap: float = 0.55) -> list[Found]:
    if not found:
        return []
    boxes, scores = [list(map(float, box)) for box, _ in found], [score for _, score in found]
    kept = cv2.dnn.NMSBoxes(boxes, scores, 0.03, overlap)
    return [found[int(i)] for i in np.asarray(kept).reshape(-1)[:limit]]
