"""The full vision worker: SigLIP vectors of crops and words, OWLv2 boxes by words and by photo, colour words.

Runs inside a worker process and implements the same calls as the starter (`starter_backend`), with two more: `words`
(vectors of texts, in the crops' own space) and `verify` (is it really there, and where exactly). Owns no thresholds of
the search (see `tools.finder.answering.calibration`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import transformers
from numpy.typing import NDArray

from tools.finder.looks.appearance_types import CROP_MARGIN, Description, Proposal, TextLooks, Verified
from tools.finder.looks.colours import inner, look
from tools.finder.looks.layout import join
from tools.finder.looks.owlv2_backend import Owlv2, Seen
from tools.finder.looks.siglip_backend import SiglipSpace
from tools.finder.looks.starter_backend import PERSON, cut, decode, encode, lying, overlap
from tools.finder.looks.torch_backend import number_type
from tools.finder.records import Box

NAMED = 0.15
"""OWLv2's score from which a box bears the name that was asked; its authors show boxes from 0.1 on."""
OBJECT = 0.2
"""OWLv2's objectness from which a box counts as a thing that has no name yet."""
LABEL = 0.3
"""Share of the softmax over all names from which a crop bears SigLIP's name for it."""
TILES_ACROSS = 3
WINDOW = 4.0
"""A box is verified in a window of so many times its longer side."""
LARGEST = 0.6
"""Boxes longer than this share of the still are walls and rooms, not things."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class _Found:
    box: Box
    name: str | None
    score: float
    rank: float


class FullVision:
    """Implements `appearance_types.Appearance` and `WordsAndBoxes` in a worker.

    `embedder`, `detector`: model folders; `names`: what things and furniture are called; `device`: "cuda" or "cpu".
    """

    def __init__(self, embedder: str, detector: str, names: Sequence[str], version: str, device: str) -> None:
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        dtype = number_type(device)
        self._space = SiglipSpace(Path(embedder), device, dtype)
        self._boxes = Owlv2(Path(detector), device, dtype)
        self._names, self._version = tuple(names), version
        self._name_vectors = self._space.words(self._names)
        self._name_queries = self._boxes.words([*self._names, PERSON])

    def version(self) -> str:
        """Which models made the vectors."""
        return self._version

    def describe(self, crops: Sequence[bytes]) -> list[Description]:
        """See `Appearance.describe`."""
        return self._describe([decode(crop) for crop in crops])

    def vectors(self, crops: Sequence[bytes]) -> NDArray[np.float32]:
        """The vectors alone, [n, d]."""
        return np.array([one.vector for one in self.describe(crops)], np.float32)

    def words(self, texts: Sequence[str]) -> TextLooks:
        """See `WordsAndBoxes.words`."""
        return TextLooks(self._space.words(texts), self._space.scale, self._space.bias)

    def propose(self, still_jpeg: bytes, limit: int = 80) -> list[Proposal]:
        """See `Appearance.propose`: what OWLv2 sees on the whole and in tiles, then regions that it does not cover."""
        still = decode(still_jpeg)
        seen = self._seen(still)
        people = [one.box for one in seen if one.name == PERSON]
        found = [one for one in seen if one.name != PERSON][:limit]
        for region in lying(still, limit):
            taken = any(overlap(region.box, one.box) > 0.5 for one in found)
            if not taken and not any(_inside(region.box, person) > 0.6 for person in people):
                found.append(_Found(region.box, None, 0.0, region.score))
        crops = [cut(still, one.box) for one in found[:limit]]
        return [_proposal(one, crop, d) for one, crop, d in zip(found, crops, self._describe(crops), strict=False)]

    def verify(self, still_jpeg: bytes, boxes: Sequence[Box], text: str | None, photo: bytes | None) -> list[Verified]:
        """See `WordsAndBoxes.verify`."""
        still = _rgb(decode(still_jpeg))
        queries = self._boxes.words([text]) if photo is None and text else None
        if photo is not None:
            queries = self._boxes.picture(_rgb(decode(photo)))
        windows = [_window(box, still.shape[1], still.shape[0]) for box in boxes]
        parts = [np.ascontiguousarray(still[y : y + h, x : x + w]) for x, y, w, h in windows]
        looks = self._boxes.look(parts, queries)
        return [_best(seen, box, window) for seen, box, window in zip(looks, boxes, windows, strict=True)]

    def _describe(self, pictures: list[Picture]) -> list[Description]:
        features = self._space.pictures([_square(picture) for picture in pictures])
        logits = self._space.scale * features @ self._name_vectors.T
        chances = np.exp(logits - logits.max(1, keepdims=True)) if len(logits) else logits
        found = []
        for picture, feature, chance in zip(pictures, features, chances, strict=True):
            best = int(chance.argmax())
            score = float(chance[best] / chance.sum())
            label = self._names[best] if score >= LABEL else None
            colours = look(_rgb(picture))
            found.append(Description(label, score if label else 0.0, colours.words, join(feature, colours)))
        return found

    def _seen(self, still: Picture) -> list[_Found]:
        """What OWLv2 sees, best first, each thing once."""
        rgb = _rgb(still)
        height, width = rgb.shape[:2]
        tiles = [(0, 0, width, height), *_tiles(width, height)]
        parts = [np.ascontiguousarray(rgb[y : y + h, x : x + w]) for x, y, w, h in tiles]
        found = [
            one
            for tile, seen in zip(tiles, self._boxes.look(parts, self._name_queries), strict=True)
            for one in self._of_tile(tile, seen, (width, height))
        ]
        if not found:
            return []
        kept = cv2.dnn.NMSBoxes([list(one.box) for one in found], [one.rank for one in found], 0.0, 0.5)
        return sorted((found[int(i)] for i in np.asarray(kept).reshape(-1)), key=lambda one: -one.rank)

    def _of_tile(self, tile: tuple[int, int, int, int], seen: Seen, size: tuple[int, int]) -> list[_Found]:
        names = (*self._names, PERSON)
        best = seen.scores.argmax(1)
        top = seen.scores[np.arange(len(best)), best]
        good = np.flatnonzero((top >= NAMED) | (seen.objectness >= OBJECT))
        order = good[np.argsort(-np.maximum(top, seen.objectness)[good], kind="stable")][:200]
        found = []
        for i in order.tolist():
            x, y, w, h = (float(value) for value in seen.boxes[i])
            named = float(top[i]) >= NAMED
            if min(w, h) < 4 or _cut_off((x, y, w, h), tile, size) or (not named and max(w, h) > LARGEST * max(size)):
                continue
            name = names[int(best[i])] if named else None
            rank = float(max(top[i], seen.objectness[i]))
            found.append(_Found((x + tile[0], y + tile[1], w, h), name, float(top[i]) if named else 0.0, rank))
        return found


def _proposal(one: _Found, crop: Picture, looks: Description) -> Proposal:
    label, score = (one.name, one.score) if one.name else (looks.label, looks.label_score)
    origin: Literal["detector", "region"] = "detector" if one.name else "region"
    return Proposal(one.box, label, score, looks.colours, looks.vector, encode(crop), origin)


def _best(seen: Seen, box: Box, window: tuple[int, int, int, int]) -> Verified:
    """The best scored box that shares its place with `box`; score 0 and `box` itself where there is none."""
    best = Verified(0.0, box)
    for (x, y, w, h), scores in zip(seen.boxes.tolist(), seen.scores.tolist(), strict=True):
        there = (x + window[0], y + window[1], w, h)
        if scores and max(scores) > best.score and overlap(there, box) >= 0.3:
            best = Verified(float(max(scores)), there)
    return best


def _window(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    x, y, w, h = box
    side = round(min(max(WINDOW * max(w, h), 0.15 * max(width, height)), max(width, height)))
    left = int(np.clip(round(x + w / 2 - side / 2), 0, max(0, width - side)))
    top = int(np.clip(round(y + h / 2 - side / 2), 0, max(0, height - side)))
    return left, top, min(side, width - left), min(side, height - top)


def _tiles(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Square, half overlapping tiles, `TILES_ACROSS` in the width."""
    side = round(width / TILES_ACROSS)

    def starts(length: int) -> list[int]:
        count = max(1, -(-(length - side) // max(1, side // 2)) + 1)
        return sorted({round(i * (length - side) / max(1, count - 1)) for i in range(count)})

    if side >= height:
        return [(x, 0, side, height) for x in starts(width)]
    return [(x, y, side, side) for y in starts(height) for x in starts(width)]


def _cut_off(box: Box, tile: tuple[int, int, int, int], size: tuple[int, int]) -> bool:
    """Whether an edge of the tile, that is none of the still, cuts the box: the next tile sees it whole."""
    x, y, w, h = box
    return (
        (x < 2 and tile[0] > 0)
        or (y < 2 and tile[1] > 0)
        or (x + w > tile[2] - 2 and tile[0] + tile[2] < size[0])
        or (y + h > tile[3] - 2 and tile[1] + tile[3] < size[1])
    )


def _square(bgr: Picture) -> Picture:
    """What SigLIP sees of a crop: the box and half of its margin, widened to a square by its own edge, RGB."""
    rows, columns = inner(bgr, CROP_MARGIN)
    top, left = rows.start // 2, columns.start // 2
    part = bgr[top : bgr.shape[0] - top, left : bgr.shape[1] - left]
    side = max(part.shape[:2])
    below, right = side - part.shape[0], side - part.shape[1]
    edges = (below // 2, below - below // 2, right // 2, right - right // 2)
    return _rgb(np.asarray(cv2.copyMakeBorder(part, *edges, cv2.BORDER_REPLICATE), np.uint8))


def _rgb(bgr: Picture) -> Picture:
    return np.ascontiguousarray(bgr[..., ::-1])


def _inside(inside: Box, outside: Box) -> float:
    width = min(inside[0] + inside[2], outside[0] + outside[2]) - max(inside[0], outside[0])
    height = min(inside[1] + inside[3], outside[1] + outside[3]) - max(inside[1], outside[1])
    return max(0.0, width) * max(0.0, height) / max(1e-9, inside[2] * inside[3])
