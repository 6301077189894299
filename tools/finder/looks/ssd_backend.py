"""SSD MobileNet V2 (COCO) through OpenCV's dnn: the boxes of 80 kinds of things on a picture and on its tiles.

Model: Liu et al. 2016, "SSD: Single Shot MultiBox Detector" with Sandler et al. 2018, "MobileNetV2"; the TensorFlow
detection model zoo's `ssd_mobilenet_v2_coco_2018_03_29`, 300 x 300 RGB input, class numbers of COCO (1 to 90).
Owns no persons' tracks (see `tools.finder.scan.video_backend`) and no thresholds of the finder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.errors import ModelCorruptError
from tools.finder.records import Box

SIDE = 300
WHOLE = 0.85
"""A box that takes more of a side of its tile is of a thing that goes on beyond it."""
COCO = (
    "person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant - stop_sign parking_meter"
    " bench bird cat dog horse sheep cow elephant bear zebra giraffe - backpack umbrella - - handbag tie suitcase"
    " frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard surfboard tennis_racket bottle -"
    " wine_glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot hot_dog pizza donut cake chair"
    " couch potted_plant bed - dining_table - - toilet - tv laptop mouse remote keyboard cell_phone microwave oven"
    " toaster sink refrigerator - book clock vase scissors teddy_bear hair_drier toothbrush"
)
LABELS = tuple(name.replace("_", " ") for name in COCO.split())
"""Label of class number n at n - 1; "-" where COCO has none."""


@dataclass(frozen=True)
class Detection:
    """A thing of a known kind: `box` in pixels of the picture, `score` 0 to 1."""

    box: Box
    label: str
    score: float


class Detector:
    """The network. `folder` holds the frozen graph (.pb) and its text description (.pbtxt).

    Raises `ModelCorruptError` when OpenCV cannot read them.
    """

    def __init__(self, folder: Path) -> None:
        try:
            graph, text = next(iter(folder.glob("*.pb"))), next(iter(folder.glob("*.pbtxt")))
            self._net = cv2.dnn.readNetFromTensorflow(str(graph), str(text))
        except (StopIteration, cv2.error) as problem:
            remedy = "Fetch it again with `hausgeist models pull ssd-mobilenet-v2-coco`."
            raise ModelCorruptError(f"{folder} does not hold the SSD detector: {problem}.", remedy=remedy) from problem

    def whole(self, bgr: NDArray[np.uint8], least: float = 0.35) -> list[Detection]:
        """What is seen on the picture as a whole, best first."""
        return suppress(self._run(bgr, least), 0.5)

    def tiled(self, bgr: NDArray[np.uint8], least: float = 0.35, across: int = 3) -> list[Detection]:
        """What is seen on the whole picture and on square, half overlapping tiles, best first."""
        height, width = bgr.shape[:2]
        found = self._run(bgr, least)
        side = max(SIDE // 2, round(width / across))
        if side < max(height, width):
            for left in _starts(width, side):
                for top in _starts(height, side):
                    found += self._tile(bgr, left, top, side, least)
        return suppress(found, 0.5)

    def _tile(self, bgr: NDArray[np.uint8], left: int, top: int, side: int, least: float) -> list[Detection]:
        """Detections of one tile; boxes that its inner edges cut are left to the next tile.

        Nor is one as long as the tile kept: the network ends it a little before the edge, but the thing goes on.
        """
        height, width = bgr.shape[:2]
        tile = bgr[top : top + side, left : left + side]
        kept = []
        for found in self._run(tile, least):
            x, y, w, h = found.box
            cut = (
                (x < 2 and left > 0)
                or (y < 2 and top > 0)
                or (x + w > tile.shape[1] - 2 and left + side < width)
                or (y + h > tile.shape[0] - 2 and top + side < height)
            )
            long = (w > WHOLE * tile.shape[1] and side < width) or (h > WHOLE * tile.shape[0] and side < height)
            if not cut and not long:
                kept.append(Detection((x + left, y + top, w, h), found.label, found.score))
        return kept

    def _run(self, bgr: NDArray[np.uint8], least: float) -> list[Detection]:
        height, width = bgr.shape[:2]
        self._net.setInput(cv2.dnn.blobFromImage(bgr, size=(SIDE, SIDE), swapRB=True, crop=False))
        found = []
        for _, number, score, left, top, right, bottom in self._net.forward().reshape(-1, 7).tolist():
            label = LABELS[int(number) - 1] if 1 <= number <= len(LABELS) else "-"
            if score < least or label == "-":
                continue
            x, y = max(0.0, left) * width, max(0.0, top) * height
            w, h = min(1.0, right) * width - x, min(1.0, bottom) * height - y
            if w >= 2 and h >= 2:
                found.append(Detection((x, y, w, h), label, float(score)))
        return found


def _starts(length: int, side: int) -> list[int]:
    """Starts of half overlapping tiles of `side` that cover `length`."""
    if length <= side:
        return [0]
    count = -(-(length - side) // max(1, side // 2)) + 1
    return sorted({round(i * (length - side) / (count - 1)) for i in range(count)})


def suppress(found: list[Detection], overlap: float) -> list[Detection]:
    """Non-maximum suppression within each label: the best of boxes that overlap more than `overlap` (IoU)."""
    if not found:
        return []
    numbers = [LABELS.index(d.label) for d in found]
    boxes, scores = [list(d.box) for d in found], [d.score for d in found]
    kept = cv2.dnn.NMSBoxesBatched(boxes, scores, numbers, 0.0, overlap)
    return [found[int(i)] for i in np.asarray(kept).reshape(-1)]
