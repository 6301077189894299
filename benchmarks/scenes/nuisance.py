"""What disturbs a recording: sensor noise, blur, JPEG traces, light, leaf shadows, a curtain. Owns no things."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from benchmarks.scenes.stage import Light
from tools.finder.sample_home.shapes import Array, Region

Span = tuple[float, float]


@dataclass(frozen=True)
class Nuisances:
    """The disturbances of one camera. `jpeg`: quality, 0 for none; `light`: steady, gradual or sudden."""

    noise: float
    jpeg: int
    blur: float
    light: str
    at: float
    """When sudden light changes, seconds; how strong a gradual change is, otherwise."""
    branches: Span | None
    curtain: Span | None
    seed: int

    def as_json(self) -> dict[str, Any]:
        """For `truth.json`."""
        return {
            "noise": round(self.noise, 1),
            "jpeg": self.jpeg,
            "light": self.light,
            "blur": round(self.blur, 1),
            "curtain": self.curtain,
            "branches": self.branches,
        }


def disturb(duration: float, rng: np.random.Generator) -> Nuisances:
    """Random disturbances for a recording of that length."""

    def span(chance: float) -> Span | None:
        if rng.random() > chance:
            return None
        begin = float(rng.uniform(0.05, 0.7)) * duration
        return round(begin, 1), round(min(begin + float(rng.uniform(10, 22)), duration), 1)

    light = str(rng.choice(["steady", "gradual", "sudden"]))
    at = float(rng.uniform(0.1, 0.25)) if light == "gradual" else float(rng.uniform(0.25, 0.8)) * duration
    jpeg = int(rng.choice([0, 0, 45, 60, 75]))
    noise, blur = float(rng.uniform(1.0, 4.5)), float(rng.uniform(0.0, 0.8))
    return Nuisances(noise, jpeg, blur, light, at, span(0.5), span(0.5), int(rng.integers(1, 1 << 30)))


class Disturber:
    """Applies one camera's disturbances to its frames, in order."""

    def __init__(self, what: Nuisances, curtain: Region, size: tuple[int, int], duration: float) -> None:
        self.what, self._curtain, self._duration = what, curtain, duration
        rng = np.random.default_rng(what.seed)
        width, height = size
        self._field = (rng.normal(size=(height + 48, width + 48, 1)) * what.noise * 0.8).astype(np.float32)
        colour = rng.normal(size=(height + 48, width + 48, 3)) * what.noise * 0.6
        self._noise = np.round(self._field + colour).astype(np.int16)
        self._rng = rng
        self._dim = float(rng.uniform(0.15, 0.55))
        self._leaves = _leaf_mask(width, height, rng)
        self._folds = rng.uniform(0.55, 0.9, 3)

    def light(self, t: float) -> Light:
        """The light at `t`: a sudden change turns the second lamp on or off and moves the rest."""
        if self.what.light != "sudden" or t < self.what.at:
            return Light()
        return Light(0.42 * (1 - 0.3 * self._dim), (1.0 - self._dim, 1.0 + 0.6 * self._dim), (1.0, 0.94, 0.86))

    def settled(self, picture: Array) -> Array:
        """What is the same on every frame of a settled picture (BGR 0 to 1): the curtain at rest."""
        if self.what.curtain is not None:
            self._hang(picture, 0.0)
        return picture

    def moving(self, t: float) -> bool:
        """Whether leaves or the curtain move at `t`."""
        return any(span is not None and span[0] <= t < span[1] for span in (self.what.branches, self.what.curtain))

    def stir(self, picture: Array, t: float) -> None:
        """Move leaf shadows and the curtain on a picture (BGR 0 to 1, in place)."""
        spans = self.what.branches, self.what.curtain
        if spans[1] is not None and spans[1][0] <= t < spans[1][1]:
            self._hang(picture, math.sin(2.1 * t) * 9 + math.sin(3.7 * t) * 4)
        if spans[0] is not None and spans[0][0] <= t < spans[0][1]:
            fade = min(1.0, (t - spans[0][0]) / 1.5, (spans[0][1] - t) / 1.5)
            move = np.array([[1, 0, 9 * math.sin(1.3 * t)], [0, 1, 5 * math.sin(1.9 * t + 1)]], np.float32)
            mask = cv2.warpAffine(self._leaves, move, self._leaves.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
            mask = cv2.resize(mask, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
            cv2.multiply(picture, cv2.merge([1 - np.float32(0.32 * fade) * mask] * 3), picture)

    def lens(self, picture: Array) -> Array:
        """The picture (uint8 BGR) as the lens blurs it."""
        return cv2.GaussianBlur(picture, (0, 0), self.what.blur) if self.what.blur > 0.2 else picture

    def sensor(self, picture: Array, t: float) -> Array:
        """The frame (uint8 BGR) that the camera gives at `t` of a picture behind the lens (uint8 BGR)."""
        height, width = picture.shape[:2]
        if self.what.light == "gradual":
            gain = 1 - self.what.at * math.sin(math.pi * t / self._duration) ** 2
            levels = np.arange(256, dtype=np.float32)[:, None] * np.array([gain + 0.2 * (1 - gain), gain, gain])
            picture = cv2.LUT(picture, np.clip(levels, 0, 255).astype(np.uint8)[None])
        down, right = self._rng.integers(0, 48, 2)
        frame = cv2.add(picture, self._noise[down : down + height, right : right + width], dtype=cv2.CV_8U)
        if self.what.jpeg:
            data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, self.what.jpeg])[1]
            frame = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return np.asarray(frame, np.uint8)

    def _hang(self, picture: Array, sway: float) -> None:
        x, y, w, h = self._curtain
        x, y = max(0, min(x, picture.shape[1] - w)), max(0, min(y, picture.shape[0] - h))
        rows = np.linspace(0, 1, h, dtype=np.float32)[:, None]
        columns = np.arange(w, dtype=np.float32)[None, :] - np.float32(sway) * rows
        fold = 0.78 + 0.22 * np.cos(columns * 2 * math.pi / (w / 5) + 0.6 * rows)
        edge = w * 0.8 + sway * rows + 6 * np.sin(rows * 9)
        on = (np.arange(w)[None, :] < edge)[..., None]
        block = picture[y : y + h, x : x + w]
        cloth = (fold[..., None] * self._folds).astype(np.float32)
        np.copyto(block, cloth, where=on)


def _leaf_mask(width: int, height: int, rng: np.random.Generator) -> Array:
    """Soft leaf shadows on a part of the picture, at a quarter of its size, 0 to 1."""
    mask = np.zeros((height // 4, width // 4), np.float32)
    middle = rng.uniform(0.25, 0.75, 2) * (mask.shape[1], mask.shape[0])
    for _ in range(70):
        x, y = middle + rng.normal(size=2) * (26, 16)
        axes = (int(rng.integers(3, 8)), int(rng.integers(1, 4)))
        cv2.ellipse(mask, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.3), np.float32)
