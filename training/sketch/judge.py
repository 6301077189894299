"""Whether a picture shows what was asked for: a classifier over image features, fitted on training pictures only.

Features: EfficientNet-Lite0 (the finder's). Classifier: linear discriminant analysis with a shrunk common covariance
(Friedman 1989, "Regularized Discriminant Analysis"). Owns no model that draws.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tools.finder.looks.efficientnet_backend import Classifier
from training.sketch.concepts import Concept, Drawn
from training.sketch.painting_backend import Painter, Scenes
from training.sketch.wordings import COLOURS

Pixels = NDArray[np.uint8]
CLASSES = 500
_SHRINK = 0.2
_WINDOWS = ((0.0, 0.0, 1.0, 1.0), (0.0, 0.25, 0.5, 0.75), (0.5, 0.25, 1.0, 0.75), (0.25, 0.0, 0.75, 0.5))
"""Left, top, right, bottom: the whole, the left and right half, and the upper part of a picture of two things."""
_LOWER = ((0.2, 0.4, 0.8, 1.0),)


@dataclass
class Judge:
    """Names the thing in a picture, of `CLASSES` concepts, and its main colour."""

    concepts: tuple[Concept, ...]
    looks: Classifier
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def first(self, picture: Pixels) -> str:
        """The character of the concept that fits the whole picture best. `picture`: RGB [side, side, 3]."""
        return self._best([_cut(picture, _WINDOWS[0])])[0]

    def present(self, picture: Pixels) -> set[str]:
        """The characters that come first in the whole, or in a part where one of two things lies."""
        return set(self._best([_cut(picture, window) for window in (*_WINDOWS, *_LOWER)]))

    def _best(self, crops: list[Pixels]) -> list[str]:
        features, _ = self.looks.look(crops)
        scores = features @ self.weights + self.bias
        return [self.concepts[int(at)].character for at in scores.argmax(1)]


def fit(drawn: Drawn, needed: set[str], looks: Classifier, side: int, per_class: int = 24, seed: int = 5) -> Judge:
    """A judge over `CLASSES` concepts: those in `needed`, then others by a seeded draw.

    Each is painted `per_class` times as in training: moved, turned, a third of them recoloured.
    """
    order = np.random.default_rng(seed).permutation(len(drawn.concepts))
    wanted = [at for at in order if drawn.concepts[at].character in needed]
    others = [at for at in order if drawn.concepts[at].character not in needed]
    chosen = [*wanted, *others][:CLASSES]
    painter, generator = Painter(drawn.pictures, side, "cpu"), torch.Generator().manual_seed(seed)
    means, spread = [], np.zeros((0, 0))
    for at in chosen:
        features, _ = looks.look([_enlarged(picture) for picture in paint_alone(painter, at, per_class, generator)])
        means.append(features.mean(0))
        apart = features - means[-1]
        spread = apart.T @ apart if spread.size == 0 else spread + apart.T @ apart
    centre = np.stack(means)
    covariance = spread / (len(chosen) * (per_class - 1))
    size = covariance.shape[0]
    covariance = (1 - _SHRINK) * covariance + _SHRINK * np.trace(covariance) / size * np.eye(size)
    weights = np.linalg.solve(covariance, centre.T)
    bias = -0.5 * (centre.T * weights).sum(0)
    concepts = tuple(drawn.concepts[at] for at in chosen)
    return Judge(concepts, looks, weights.astype(np.float32), bias.astype(np.float32))


def paint_alone(painter: Painter, concept: int, count: int, generator: torch.Generator) -> list[Pixels]:
    """Pictures of one concept, RGB [side, side, 3]; the last third of them recoloured."""
    colours = torch.full((count,), -1)
    recoloured = count // 3
    if recoloured:
        colours[-recoloured:] = torch.randint(len(COLOURS), (recoloured,), generator=generator)
    none = torch.full((count,), -1)
    scenes = Scenes(torch.full((count,), concept), none, colours, none, torch.zeros(count, dtype=torch.long), none)
    painted = painter.paint(scenes, generator)
    return list(((painted + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy())


def main_colour(picture: Pixels) -> str:
    """The name of the colour that most of what is not white background has, of `COLOURS`.

    Each pixel votes for its nearest colour by hue where it is saturated, by lightness where it is not.
    """
    pixels = picture.reshape(-1, 3).astype(np.float32) / 255
    drawn = pixels[(pixels.min(1) < 0.94)]
    if len(drawn) == 0:
        return "white"
    names = list(COLOURS)
    votes = np.zeros(len(names))
    table = [colorsys.rgb_to_hsv(*(part / 255 for part in COLOURS[name])) for name in names]
    for red, green, blue in drawn[:: max(1, len(drawn) // 1500)]:
        hue, saturation, value = colorsys.rgb_to_hsv(float(red), float(green), float(blue))
        votes[_nearest(hue, saturation, value, table)] += 1
    return names[int(votes.argmax())]


def _nearest(hue: float, saturation: float, value: float, table: list[tuple[float, float, float]]) -> int:
    def far(colour: tuple[float, float, float]) -> float:
        turn = abs(hue - colour[0])
        turn = min(turn, 1 - turn) * min(saturation, colour[1]) * 6
        return turn**2 + (saturation - colour[1]) ** 2 + (value - colour[2]) ** 2

    return min(range(len(table)), key=lambda at: far(table[at]))


def _cut(picture: Pixels, window: tuple[float, float, float, float]) -> Pixels:
    side = picture.shape[0]
    left, top, right, bottom = (round(part * side) for part in window)
    return _enlarged(picture[top:bottom, left:right])


def _enlarged(picture: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(picture).resize((224, 224), Image.Resampling.BICUBIC), np.uint8)
