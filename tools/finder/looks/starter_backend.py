"""The starter vision worker: SSD labels, EfficientNet-Lite0 features and labels, colour words, regions.

Runs inside a worker process. Owns no thresholds of the search (see `tools.finder.answering.match`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.errors import MediaError
from tools.finder.looks.appearance import STARTER_VERSION
from tools.finder.looks.appearance_types import CROP_MARGIN, CROP_PX, Description, Proposal, margin_box
from tools.finder.looks.colours import cut_out, inner, look, standing_out
from tools.finder.looks.efficientnet_backend import SIDE, Classifier
from tools.finder.looks.layout import join
from tools.finder.looks.region_backend import Region, regions
from tools.finder.looks.ssd_backend import Detection, Detector
from tools.finder.records import Box
from tools.finder.trimming import give_memory_back

BATCH = 2
PERSON = "person"
SURE = 0.12
"""A label of the classifier is given from this probability on: below it, its 1000 labels say nothing of the crop."""
STANDS_OUT = 0.1
"""A region of which less than this share has another colour than its surroundings is a shadow or an edge of them."""

Picture = NDArray[np.uint8]


def decode(jpeg: bytes) -> Picture:
    """The picture, uint8 [h, w, 3] BGR, of JPEG or PNG bytes. Raises `MediaError`."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if picture is None:
        raise MediaError(
            "A picture could not be decoded.", remedy="Give a JPEG or PNG file that an image viewer opens."
        )
    return np.asarray(picture, np.uint8)


def encode(bgr: Picture, quality: int = 92) -> bytes:
    """JPEG bytes of a picture."""
    full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444  # a thing of 16 pixels has no colour to lose
    how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full]
    return bytes(cv2.imencode(".jpg", bgr, how)[1].tobytes())


def cut(bgr: Picture, box: Box) -> Picture:
    """The crop of `box` with its margin, at most `CROP_PX` on its longer side."""
    left, top, right, bottom = margin_box(box, bgr.shape[1], bgr.shape[0])
    crop = bgr[top:bottom, left:right]
    scale = CROP_PX / max(crop.shape[:2])
    return np.ascontiguousarray(crop if scale >= 1 else _shrink(crop, scale))


def lying(still: Picture, limit: int) -> list[Region]:
    """The regions of a still that have a colour of their own: no shadows, no edges of furniture."""
    crops = ((region, cut(still, region.box)[..., ::-1]) for region in regions(still, limit))
    return [region for region, crop in crops if standing_out(np.ascontiguousarray(crop)) >= STANDS_OUT]


def _shrink(picture: Picture, scale: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


class StarterVision:
    """Implements `appearance_types.Appearance` in a worker. `detector`, `classifier`: model folders."""

    def __init__(self, detector: str, classifier: str) -> None:
        cv2.setNumThreads(2)
        self._detector = Detector(Path(detector))
        self._classifier = Classifier(Path(classifier))
        give_memory_back()  # what reading the models took

    def version(self) -> str:
        """Which models made the vectors."""
        return STARTER_VERSION

    def describe(self, crops: Sequence[bytes]) -> list[Description]:
        """See `Appearance.describe`."""
        pictures = [decode(crop) for crop in crops]
        found = self._describe(pictures)
        return [self._name(picture, one) for picture, one in zip(pictures, found, strict=True)]

    def vectors(self, crops: Sequence[bytes]) -> NDArray[np.float32]:
        """The vectors alone, [n, d]."""
        return np.array([one.vector for one in self._describe([decode(crop) for crop in crops])], np.float32)

    def labels(self) -> tuple[list[str], NDArray[np.float32]]:
        """See `Appearance.labels`."""
        return self._classifier.labels, self._classifier.directions()

    def _name(self, picture: Picture, found: Description) -> Description:
        """The detector's name for a crop, where it sees in it a thing that fills the box; else the classifier's.

        Of a thing cut out it has none: a ground of one colour is sky to it, and what is there flies.
        """
        if cut_out(np.ascontiguousarray(picture[..., ::-1])):
            return found
        rows, columns = inner(picture)
        box = (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        for seen in self._detector.whole(picture, 0.4):
            if seen.label != PERSON and overlap(seen.box, box) > 0.4 and seen.score > found.label_score:
                return Description(seen.label, seen.score, found.colours, found.vector)
        return found

    def detect(self, still_jpeg: bytes, least: float = 0.35) -> list[tuple[Box, str, float]]:
        """Boxes, labels and scores of known things on a still, on the whole and in tiles."""
        return [(d.box, d.label, d.score) for d in self._detector.tiled(decode(still_jpeg), least)]

    def propose(self, still_jpeg: bytes, limit: int = 120) -> list[Proposal]:
        """See `Appearance.propose`: detections first, then regions that no detection covers."""
        still = decode(still_jpeg)
        detections = [d for d in self._detector.tiled(still) if d.label != PERSON]
        people = [d.box for d in self._detector.whole(still) if d.label == PERSON]
        named: list[tuple[Box, Detection | None]] = [(d.box, d) for d in detections]
        for region in lying(still, limit):
            taken = any(overlap(region.box, box) > 0.5 for box, _ in named)
            if not taken and not any(_within(region.box, person) > 0.6 for person in people):
                named.append((region.box, None))
        crops = [cut(still, box) for box, _ in named]
        found = [
            _proposal(box, detection, crop, description)
            for (box, detection), crop, description in zip(named, crops, self._describe(crops), strict=True)
        ]
        give_memory_back()
        return found

    def _describe(self, pictures: list[Picture]) -> list[Description]:
        found: list[Description] = []
        for start in range(0, len(pictures), BATCH):
            part = pictures[start : start + BATCH]
            features, chances = self._classifier.look([_square(picture) for picture in part])
            for picture, feature, chance in zip(part, features, chances, strict=True):
                best = int(chance.argmax())
                score = float(chance[best])
                label = self._classifier.labels[best] if score >= SURE else None
                colours = look(np.ascontiguousarray(picture[..., ::-1]))
                found.append(Description(label, score if label else 0.0, colours.words, join(feature, colours)))
        return found


def _proposal(box: Box, detection: Detection | None, crop: Picture, looks: Description) -> Proposal:
    if detection is None:
        label, score = looks.label, looks.label_score
    else:
        label, score = detection.label, detection.score
    origin = "region" if detection is None else "detector"
    return Proposal(box, label, score, looks.colours, looks.vector, encode(crop), origin)  # type: ignore[arg-type]


def _square(bgr: Picture) -> Picture:
    """What the classifier sees of a crop: the box and half of its margin, on a square, RGB [224, 224, 3]."""
    rows, columns = inner(bgr, CROP_MARGIN)
    top, left = rows.start // 2, columns.start // 2
    part = bgr[top : bgr.shape[0] - top, left : bgr.shape[1] - left]
    side = max(part.shape[:2])
    below, right = side - part.shape[0], side - part.shape[1]
    part = cv2.copyMakeBorder(
        part,
        below // 2,
        below - below // 2,
        right // 2,
        right - right // 2,
        cv2.BORDER_REFLECT_101 if min(part.shape[:2]) * 2 > side else cv2.BORDER_REPLICATE,
    )
    method = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=method)[..., ::-1], np.uint8)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    shared = _shared(one, other)
    return shared / max(1e-9, one[2] * one[3] + other[2] * other[3] - shared)


def _within(inside: Box, outside: Box) -> float:
    return _shared(inside, outside) / max(1e-9, inside[2] * inside[3])


def _shared(one: Box, other: Box) -> float:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
