"""Settled pictures of a scene before and after each touch, and cut-outs of the things for the hand. Owns no motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.finder.sample_home.rooms import photograph
from tools.finder.sample_home.shapes import Array, Region, Solid, Vector
from tools.finder.sample_home.story import THINGS, Scene, Touch
from tools.finder.sample_home.trace import Camera, render

CUP_ELLIPSES = ((279, 226, 204, 163, 0.10), (290, 114, 120, 97, 0.0), (406, 94, 9, 30, 0.25))
"""Outline of the cup on the photograph coffee.png, pixels: saucer, rim, spoon: centre x, y, radii, turn."""
CUP_PART = (70, 14, 416, 378)
"""The part of that photograph with the cup: x, y, width, height."""


@dataclass(frozen=True)
class CutOut:
    """A thing alone: sRGB picture and cover share of a region, and the place where it was seen so."""

    picture: Array
    share: Array
    region: Region
    at: Vector

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The smallest box with all pixels that the thing covers by half or more."""
        rows, columns = np.nonzero(self.share >= 0.5)
        x, y = int(columns.min()), int(rows.min())
        width, height = int(columns.max()) - x + 1, int(rows.max()) - y + 1
        return self.region[0] + x, self.region[1] + y, width, height


@dataclass(frozen=True)
class Still:
    """The settled picture, (height, width, 3) float32 sRGB, from `since` (s) on."""

    since: float
    picture: Array


def stills(scene: Scene) -> tuple[list[Still], dict[tuple[str, Vector], CutOut]]:
    """The settled pictures in order, and a cut-out for each thing at each of its places."""
    room, view = scene.solids(), scene.view
    lying = dict(scene.lying)
    whole = (0, 0, view.width, view.height)
    picture, shares = render(room + _all(lying), view, whole, seed=1)
    cuts = {(name, at): CutOut(picture, shares[name], whole, at) for name, at in lying.items()}
    frames = [Still(0.0, picture)]
    for touch in touches(scene):
        if touch.takes:
            del lying[touch.thing]
        after, cut = _changed(frames[-1].picture, room + _all(lying), view, touch)
        if not touch.takes:
            lying[touch.thing] = touch.at
            cuts[touch.thing, touch.at] = cut
        frames.append(Still(touch.t, after))
    return frames, cuts


def _all(lying: dict[str, Vector]) -> list[Solid]:
    return [solid for name, at in lying.items() for solid in solids(name, at)]


def touches(scene: Scene) -> list[Touch]:
    """All touches of a scene in order of time."""
    return sorted((touch for visit in scene.visits for touch in visit.touches), key=lambda touch: touch.t)


def solids(name: str, at: Vector) -> list[Solid]:
    """The solids of a thing at a place."""
    return THINGS[name].build(at, name)


def _region(view: Camera, at: Vector) -> Region:
    """The part of the picture that a thing at `at` and its shadow can change."""
    x, y = view.project((at[0] + 0.03, at[1] + 0.08, at[2]))
    reach = 0.19 * view.focal / view.depth(at)
    left, above = max(0, int(x - reach)), max(0, int(y - 1.4 * reach))
    return left, above, min(view.width, int(x + reach)) - left, min(view.height, int(y + reach)) - above


def _changed(picture: Array, others: list[Solid], view: Camera, touch: Touch) -> tuple[Array, CutOut]:
    """`picture` with the thing added or taken: the same rays with and without it, so that nothing else changes."""
    region = _region(view, touch.at)
    x, y, w, h = region
    without, _ = render(others, view, region, seed=2)
    there, shares = render(others + solids(touch.thing, touch.at), view, region, seed=2)
    share = shares[touch.thing]
    old, new = (there, without) if touch.takes else (without, there)
    block = picture[y : y + h, x : x + w] + (new - old)
    block = block + (new - block) * (share > 0)[..., None]
    if THINGS[touch.thing].photo:
        there, share = _photo(view, region, touch.at)
        block = block + (there - block) * share[..., None]
    after = picture.copy()
    after[y : y + h, x : x + w] = np.clip(block, 0, 1)
    return after, CutOut(there, share, region, touch.at)


def _photo(view: Camera, region: Region, at: Vector) -> tuple[Array, Array]:
    """The photographed cup, scaled to a saucer of 20 cm at `at`, as colours and shares of the region."""
    from PIL import Image

    whole = photograph("coffee.png") ** np.float32(1 / 2.2)
    rows, columns = np.mgrid[: whole.shape[0], : whole.shape[1]].astype(np.float32)
    mask = np.zeros(whole.shape[:2], bool)
    for cx, cy, rx, ry, turn in CUP_ELLIPSES:
        u, v = columns - cx, rows - cy
        along, aside = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
        mask |= (along / rx) ** 2 + (aside / ry) ** 2 < 1
    x, y, w, h = CUP_PART
    rgba = np.dstack([whole, mask])[y : y + h, x : x + w]
    width = round(0.20 * view.focal / view.depth(at))
    height = round(width * h / w * 0.86)
    cut = Image.fromarray((rgba * 255).astype(np.uint8), "RGBA").resize((width, height), Image.Resampling.LANCZOS)
    middle = view.project(at)
    corner = (round(middle[0] - width / 2) - region[0], round(middle[1] - 0.58 * height) - region[1])
    sheet = Image.new("RGBA", (region[2], region[3]))
    sheet.paste(cut, corner)
    out = np.asarray(sheet, np.float32) / np.float32(255)
    return out[..., :3] * np.float32(0.94), out[..., 3]
