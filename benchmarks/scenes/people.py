"""A walking person as shaded limbs that furniture can hide. Owns no story (see `benchmarks.scenes.script`).

Limbs are round cones between two joints, projected by the camera and shaded from their width, as in the sample home.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from tools.finder.sample_home.shapes import Array, Region
from tools.finder.sample_home.trace import Camera

LIGHT = np.array([-0.45, -0.62, 0.64], np.float32)
"""Direction to the light on the picture: left, up, towards the viewer."""
STRIDE_M = 1.3
IN_FRONT_M = 0.10
"""A limb is hidden by what is nearer to the camera by more than this, metres."""


@dataclass(frozen=True)
class Person:
    """How somebody looks: BGR colours, 0 to 1, and height in metres."""

    name: str
    top: tuple[float, float, float]
    trousers: tuple[float, float, float]
    skin: tuple[float, float, float]
    hair: tuple[float, float, float]
    tall: float = 1.72


@dataclass(frozen=True)
class Pose:
    """Where a person stands (x, z), which way (radians, 0 towards −z), the metres walked, and the hand or None."""

    stance: tuple[float, float]
    heading: float
    walked: float
    walking: float
    hand: tuple[float, float, float]


@dataclass(frozen=True)
class _Limb:
    a: Array
    b: Array
    thick: tuple[float, float]
    colour: tuple[float, float, float]


def dressed(name: str, rng: np.random.Generator) -> Person:
    """Somebody in random clothes."""

    def colour(low: float, high: float) -> tuple[float, float, float]:
        b, g, r = rng.uniform(low, high, 3).tolist()
        return b, g, r

    tone = rng.uniform(0.45, 1.0)
    skin = (0.58 * tone, 0.70 * tone, 0.90 * tone)
    return Person(name, colour(0.12, 0.85), colour(0.08, 0.4), skin, colour(0.04, 0.3), float(rng.uniform(1.58, 1.88)))


def limbs(pose: Pose, person: Person) -> list[_Limb]:
    """The limbs in room coordinates; the right arm reaches for `pose.hand`."""
    size = person.tall / 1.72
    c, s = math.cos(pose.heading), math.sin(pose.heading)

    def joint(side: float, up: float, ahead: float = 0.0) -> Array:
        x, z = side * c - ahead * s, -side * s - ahead * c
        return np.array([pose.stance[0] + x * size, up * size, pose.stance[1] + z * size], np.float32)

    swing = 0.26 * math.sin(2 * math.pi * pose.walked / STRIDE_M) * pose.walking
    parts = []
    for side, step in ((-0.09, swing), (0.09, -swing)):
        knee = joint(side, 0.47, step * 0.6 + 0.02)
        foot = joint(side, 0.06 + 0.05 * abs(step), step)
        parts += [_Limb(joint(side, 0.88), knee, (0.10, 0.075), person.trousers),
                  _Limb(knee, foot, (0.075, 0.05), person.trousers),
                  _Limb(foot, joint(side, 0.03, step + 0.12), (0.045, 0.04), (0.1, 0.1, 0.12))]  # fmt: skip
    parts += [_Limb(joint(0, 1.25), joint(0, 0.93), (0.19, 0.165), person.top),
              _Limb(joint(-0.16, 1.37), joint(0.16, 1.37), (0.085, 0.085), person.top),
              _Limb(joint(0, 1.42), joint(0, 1.52), (0.055, 0.055), person.skin),
              _Limb(joint(0, 1.62, 0.02), joint(0, 1.67, 0.02), (0.095, 0.095), person.skin),
              _Limb(joint(0, 1.66, -0.02), joint(0, 1.71, -0.02), (0.10, 0.09), person.hair)]  # fmt: skip
    rest = joint(-0.24, 0.86, -swing + 0.06)
    parts += _arm(joint(-0.18, 1.36), rest, person, size)
    return parts + _arm(joint(0.18, 1.36), np.array(pose.hand, np.float32), person, size)


def _arm(shoulder: Array, hand: Array, person: Person, size: float) -> list[_Limb]:
    elbow = (shoulder + hand) / 2 + np.array([0.0, -0.08, 0.0], np.float32)
    along = (hand - elbow) / (np.linalg.norm(hand - elbow) + np.float32(1e-6))
    wrist = hand - along * np.float32(0.07)
    return [
        _Limb(shoulder, elbow, (0.07 * size, 0.05 * size), person.top),
        _Limb(elbow, wrist, (0.05 * size, 0.034 * size), person.top),
        _Limb(wrist, hand, (0.036, 0.044), person.skin),
    ]


def around(pose: Pose, view: Camera, margin: int = 40) -> Region:
    """The part of the picture in which a person, what is held, and their shadow can be seen."""
    (x, z), (hx, hy, hz) = pose.stance, pose.hand
    corners = [(x + a, y, z + b) for a in (-0.5, 0.5) for b in (-0.5, 0.5) for y in (0.0, 2.0)]
    corners += [(hx + a, hy + c, hz + b) for a in (-0.3, 0.3) for b in (-0.3, 0.3) for c in (-0.3, 0.3)]
    flat = view.flatten(np.array(corners, np.float32))
    if flat[:, 2].min() < 0.1:
        return 0, 0, view.width, view.height
    left, top = (int(v) - margin for v in flat[:, :2].min(0))
    right, bottom = (int(v) + margin for v in flat[:, :2].max(0))
    left, top = min(max(0, left), view.width - 8), min(max(0, top), view.height - 8)
    return left, top, max(8, min(view.width, right) - left), max(8, min(view.height, bottom) - top)


def draw(picture: Array, ahead: Array, pose: Pose, person: Person, view: Camera, origin: tuple[int, int]) -> Array:
    """Draw a person onto a part of the picture (BGR 0 to 1, in place); the share of each pixel that is covered.

    `ahead`: metres ahead of the camera of what each pixel shows; `origin`: the part's first column and row.
    """
    cover = np.zeros(picture.shape[:2], np.float32)
    parts = limbs(pose, person)
    for part in sorted(parts, key=lambda limb: -view.depth(((limb.a + limb.b) / 2).tolist())):
        _paint(picture, cover, ahead, part, view, origin)
    return cover


def _paint(picture: Array, cover: Array, ahead: Array, limb: _Limb, view: Camera, origin: tuple[int, int]) -> None:
    ends = view.flatten(np.stack([limb.a, limb.b])) - np.array([*origin, 0], np.float32)
    if ends[:, 2].min() < 0.2:
        return
    (ax, ay, az), (bx, by, bz) = ends.tolist()
    ar, br = limb.thick[0] * view.focal / az, limb.thick[1] * view.focal / bz
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
    alpha = np.clip(radius - away + np.float32(0.5), 0, 1)
    alpha *= ahead[above:below, left:right] > az + (bz - az) * share - IN_FRONT_M
    nx, ny = nx / radius, ny / radius
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0, 1))
    shade = 0.45 + 0.58 * np.clip(nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2], 0, 1)
    colour = np.asarray(limb.colour, np.float32) * shade[..., None]
    block = picture[above:below, left:right]
    block += (colour - block) * alpha[..., None]
    np.maximum(cover[above:below, left:right], alpha, out=cover[above:below, left:right])


def shadow(picture: Array, cover: Array, shift: tuple[int, int] = (14, 16), strength: float = 0.28) -> None:
    """Darken `picture` (in place) by a soft shadow of what `cover` shows, moved by `shift` pixels (right, down)."""
    small = cv2.resize(cover, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    move = np.array([[1, 0, shift[0] / 4], [0, 1, shift[1] / 4]], np.float32)
    soft = cv2.blur(cv2.warpAffine(small, move, small.shape[1::-1]), (9, 9))
    light = 1 - strength * cv2.resize(soft, picture.shape[1::-1])
    cv2.multiply(picture, cv2.merge([light] * 3), picture)
