"""A person of the sample home as shaded limbs on the picture: torso, head, sleeve, hand. Owns no story and no rooms.

Limbs are round cones between two joints, projected by the room's camera and shaded from their width alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tools.finder.sample_home.shapes import Array
from tools.finder.sample_home.trace import Camera

LIGHT = np.array([-0.45, -0.62, 0.64], np.float32)
"""Direction to the light on the picture: left, up, towards the viewer."""


TROUSERS = (0.17, 0.18, 0.22)


class Colours(NamedTuple):
    """sRGB, 0 to 1, of what a person wears."""

    top: tuple[float, float, float]
    skin: tuple[float, float, float]
    hair: tuple[float, float, float]


ANNA = Colours((0.20, 0.34, 0.55), (0.86, 0.66, 0.54), (0.22, 0.14, 0.09))
BEN = Colours((0.72, 0.54, 0.18), (0.66, 0.46, 0.35), (0.10, 0.09, 0.09))


@dataclass(frozen=True)
class Pose:
    """Where a person stands (x, z) and the working hand is (x, y, z), metres; `side` −1: the left arm, 1: the right."""

    stance: tuple[float, float]
    hand: tuple[float, float, float]
    side: int = 1


@dataclass(frozen=True)
class _Limb:
    a: Array
    b: Array
    thick: tuple[float, float]
    colour: tuple[float, float, float]


def limbs(pose: Pose, wears: Colours) -> list[_Limb]:
    """The limbs from back to front, in room coordinates."""
    x, z = pose.stance
    hand = np.array(pose.hand, np.float32)
    shoulder = np.array([x + 0.17 * pose.side, 1.36, z], np.float32)
    elbow = (shoulder + hand) / 2 + np.array([0.10 * pose.side, -0.10, -0.04], np.float32)
    along = (hand - elbow) / (np.linalg.norm(hand - elbow) + np.float32(1e-6))
    wrist, across = hand - along * np.float32(0.05), np.array([along[2], 0, -along[0]], np.float32)

    def point(dx: float, y: float, dz: float = 0.0) -> Array:
        return np.array([x + dx, y, z + dz], np.float32)

    parts = [
        *(_Limb(point(s, 0.80), point(s, 0.05), (0.105, 0.07), TROUSERS) for s in (-0.085, 0.085)),
        _Limb(point(0, 1.27), point(0, 0.90), (0.205, 0.18), wears.top),
        _Limb(point(-0.15, 1.36), point(0.15, 1.36), (0.09, 0.09), wears.top),
        _Limb(point(0, 1.42), point(0, 1.52, 0.01), (0.055, 0.055), wears.skin),
        _Limb(point(0, 1.62), point(0, 1.70, -0.01), (0.095, 0.10), wears.hair),
        _Limb(shoulder, elbow, (0.075, 0.055), wears.top),
        _Limb(elbow, wrist, (0.055, 0.036), wears.top),
        _Limb(wrist, hand, (0.030, 0.034), wears.skin),
    ]
    for finger in range(4):
        root = hand + across * np.float32((finger - 1.5) * 0.017)
        tip = root + along * np.float32(0.055) + np.array([0, -0.028, 0], np.float32)
        parts.append(_Limb(root, tip, (0.0105, 0.0085), wears.skin))
    thumb = hand - across * np.float32(0.03 * pose.side)
    parts.append(_Limb(thumb, thumb + along * np.float32(0.04), (0.012, 0.009), wears.skin))
    return parts


def draw(picture: Array, pose: Pose, wears: Colours, camera: Camera, weave: Array, first: bool = True) -> Array:
    """Draw a person onto `picture` (rows × columns × 3, sRGB 0 to 1, in place); returns the share covered.

    `first` draws all but the hand, otherwise only the hand, so that a thing can lie in it.
    """
    cover = np.zeros(picture.shape[:2], np.float32)
    parts = limbs(pose, wears)
    for limb in parts[:8] if first else parts[8:]:
        _paint(picture, cover, limb, camera, weave)
    return cover


def _paint(picture: Array, cover: Array, limb: _Limb, camera: Camera, weave: Array) -> None:
    (ax, ay, ar), (bx, by, br) = _flat(limb.a, limb.thick[0], camera), _flat(limb.b, limb.thick[1], camera)
    reach = max(ar, br) + 2
    rows, columns = picture.shape[:2]
    left, right = int(max(0, min(ax, bx) - reach)), int(min(columns, max(ax, bx) + reach))
    above, below = int(max(0, min(ay, by) - reach)), int(min(rows, max(ay, by) + reach))
    if left >= right or above >= below:
        return
    x = np.arange(left, right, dtype=np.float32)[None, :] + np.float32(0.5)
    y = np.arange(above, below, dtype=np.float32)[:, None] + np.float32(0.5)
    dx, dy = bx - ax, by - ay
    share = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-3), 0, 1)
    nx, ny = x - (ax + share * dx), y - (ay + share * dy)
    radius = ar + (br - ar) * share
    away = np.sqrt(nx * nx + ny * ny)
    alpha = np.clip(radius - away + np.float32(0.5), 0, 1).astype(np.float32)
    nx, ny = nx / radius, ny / radius
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0, 1))
    shade = 0.42 + 0.62 * np.clip(nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2], 0, 1)
    shade = shade * (0.94 + 0.12 * weave[: below - above, : right - left])
    colour = np.asarray(limb.colour, np.float32) * shade[..., None].astype(np.float32)
    block = picture[above:below, left:right]
    block += (colour - block) * alpha[..., None]
    np.maximum(cover[above:below, left:right], alpha, out=cover[above:below, left:right])


def _flat(point: Array, radius: float, camera: Camera) -> tuple[float, float, float]:
    depth = max(camera.depth(point.tolist()), 0.25)
    x, y = camera.project(point.tolist())
    return x, y, radius * camera.focal / depth


def shadow(picture: Array, cover: Array, shift: tuple[int, int] = (26, 30), strength: float = 0.34) -> None:
    """Darken `picture` (in place) by a soft shadow of what `cover` shows, moved by `shift` pixels (right, down)."""
    small = cover[::4, ::4]
    right, down = shift[0] // 4, shift[1] // 4
    moved = np.zeros_like(small)
    moved[down:, right:] = small[: small.shape[0] - down, : small.shape[1] - right]
    for axis in (0, 1):
        for _ in range(2):
            moved = np.mean([np.roll(moved, step, axis) for step in range(-3, 4)], axis=0)
    large = np.repeat(np.repeat(moved, 4, 0), 4, 1)[: picture.shape[0], : picture.shape[1]]
    picture *= (1 - np.float32(strength) * large)[..., None]
