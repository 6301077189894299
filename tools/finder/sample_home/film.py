"""The frames of one camera: settled pictures, people, things in hands, light and noise. Owns no encoding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tools.finder.sample_home.figure import draw, shadow
from tools.finder.sample_home.pictures import CutOut, Still, stills
from tools.finder.sample_home.shapes import Array, Vector
from tools.finder.sample_home.story import DURATION_S, FPS, Scene, Visit

NOISE = 2.2
"""Standard deviation of the sensor's noise, levels of 255."""


@dataclass
class Film:
    """The frames of a scene; `covered[k]` is the share of each pixel that people cover in frame k, where any."""

    scene: Scene
    stills: list[Still] = field(init=False)
    cuts: dict[tuple[str, Vector], CutOut] = field(init=False)
    covered: dict[int, NDArray[np.bool_]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.stills, self.cuts = stills(self.scene)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Each frame, (height, width, 3) RGB. The same for each run."""
        rng = np.random.default_rng(len(self.scene.camera))
        height, width = self.scene.view.height, self.scene.view.width
        weave = rng.random((height, width), dtype=np.float32)
        field_ = (rng.normal(size=(height + 64, width + 64, 3)) * NOISE).round().astype(np.int16)
        for index in range(round(DURATION_S * FPS)):
            picture = self._picture(index, weave)
            down, right = rng.integers(0, 64, 2)
            noisy = _lit(picture, index / FPS) + field_[down : down + height, right : right + width]
            yield np.clip(noisy, 0, 255).astype(np.uint8)

    def _picture(self, index: int, weave: Array) -> Array:
        t = index / FPS
        settled = [still for still in self.stills if still.since <= t][-1].picture
        visit = next((visit for visit in self.scene.visits if visit.begin < t < visit.end), None)
        if visit is None:
            return settled
        picture = settled.copy()
        cover = self._person(picture, visit, t, weave)
        self.covered[index] = cover > 0.5
        return picture

    def _person(self, picture: Array, visit: Visit, t: float, weave: Array) -> Array:
        pose = visit.pose(t)
        assert pose is not None
        view = self.scene.view
        drawn = picture.copy()
        cover = draw(drawn, pose, visit.wears, view, weave)
        thing = visit.holds(t)
        if thing is not None:
            near = min((touch for touch in visit.touches if touch.thing == thing), key=lambda touch: abs(touch.t - t))
            held = _carry(drawn, self.cuts[thing, near.at], near.at, pose.hand, self.scene)
            np.maximum(cover, held, out=cover)
        np.maximum(cover, draw(drawn, pose, visit.wears, view, weave, False), out=cover)
        shadow(picture, cover)
        np.copyto(picture, drawn, where=(cover > 0)[..., None])
        return cover


def _lit(picture: Array, t: float) -> NDArray[np.int16]:
    """The picture under the slow change of daylight (a cloud: 7 % in the middle of the recording), 0 to 255."""
    gain = 1 - 0.07 * math.sin(math.pi * t / DURATION_S) ** 2
    tint = np.array([gain, gain * 1.002, gain + 0.3 * (1 - gain)], np.float32)
    return np.asarray(picture * (tint * np.float32(255)) + np.float32(0.5)).astype(np.int16)


def _carry(picture: Array, cut: CutOut, at: Vector, hand: Vector, scene: Scene) -> Array:
    """Draw a thing below the hand, scaled by its distance; returns the share covered."""
    from PIL import Image

    view = scene.view
    over = (at[0], at[1] + 0.05, at[2] - 0.02)
    x, y, w, h = cut.box
    part = (slice(y - cut.region[1], y - cut.region[1] + h), slice(x - cut.region[0], x - cut.region[0] + w))
    scale = min(view.depth(over) / max(view.depth(hand), 0.3), 2.0)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    rgba = np.clip(np.dstack([cut.picture[part], cut.share[part]]) * 255, 0, 255).astype(np.uint8)
    small = np.asarray(Image.fromarray(rgba, "RGBA").resize(size, Image.Resampling.BILINEAR), np.float32) / 255
    from_hand, to_hand = view.project(over), view.project(hand)
    left = round(to_hand[0] + (x - from_hand[0]) * scale)
    above = round(to_hand[1] + (y - from_hand[1]) * scale)
    cover = np.zeros(picture.shape[:2], np.float32)
    x0, y0 = max(0, left), max(0, above)
    x1, y1 = min(view.width, left + size[0]), min(view.height, above + size[1])
    if x0 < x1 and y0 < y1:
        piece = small[y0 - above : y1 - above, x0 - left : x1 - left]
        block = picture[y0:y1, x0:x1]
        block += (piece[..., :3] - block) * piece[..., 3:]
        cover[y0:y1, x0:x1] = piece[..., 3]
    return cover
