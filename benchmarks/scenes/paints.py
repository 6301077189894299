"""Patterns for things and rooms, on top of the sample home's materials. Colours are linear light. Owns no shapes."""

from __future__ import annotations

import numpy as np

from tools.finder.sample_home.materials import linear, plain
from tools.finder.sample_home.shapes import Array, Paint

PALETTE: dict[str, tuple[int, int, int]] = {
    "red": (196, 32, 36),
    "blue": (36, 74, 176),
    "green": (34, 132, 62),
    "yellow": (232, 196, 40),
    "orange": (230, 120, 30),
    "purple": (112, 52, 140),
    "pink": (236, 130, 168),
    "white": (236, 236, 232),
    "black": (26, 26, 28),
    "brown": (110, 66, 36),
    "grey": (128, 130, 134),
    "turquoise": (36, 178, 172),
}
"""Colour words and a typical sRGB value of each."""


def shade_of(name: str, rng: np.random.Generator) -> tuple[int, int, int]:
    """A value that people would call by that colour word: the typical one, a little off."""
    base = np.array(PALETTE[name], float)
    moved = np.clip(base * rng.uniform(0.88, 1.1) + rng.uniform(-9, 9, 3), 8, 246)
    return int(moved[0]), int(moved[1]), int(moved[2])


def muted(name: str, rng: np.random.Generator) -> tuple[int, int, int]:
    """A dull value of that colour word, as of carpets and covers."""
    dull = float(rng.uniform(0.35, 0.75))
    r, g, b = (
        int(value * (1 - dull) + level * dull)
        for value, level in zip(shade_of(name, rng), (118, 114, 108), strict=True)
    )
    return r, g, b


def stripes(
    one: tuple[int, int, int], other: tuple[int, int, int], width: float, axis: int, share: float = 0.4
) -> Paint:
    """Stripes of `other` across `axis` (0 x, 1 y, 2 z), every `width` metres."""
    a, b = linear(*one), linear(*other)

    def paint(at: Array, normal: Array) -> Array:
        on = np.mod(at[:, axis] / width, 1.0) < share
        return np.where(on[:, None], b, a).astype(np.float32)

    return paint


def checks(one: tuple[int, int, int], other: tuple[int, int, int], width: float) -> Paint:
    """A woven check: lines of `other` both ways, darker where they cross."""
    a, b = linear(*one), linear(*other)

    def paint(at: Array, normal: Array) -> Array:
        weight = (np.mod(at[:, 0] / width, 1.0) < 0.3).astype(np.float32) + (np.mod(at[:, 2] / width, 1.0) < 0.3)
        return (a + (b - a) * (weight / 2)[:, None]).astype(np.float32)

    return paint


def spots(one: tuple[int, int, int], other: tuple[int, int, int], width: float, size: float = 0.3) -> Paint:
    """Round spots of `other` in a lattice of `width` metres on all sides."""
    a, b = linear(*one), linear(*other)

    def paint(at: Array, normal: Array) -> Array:
        cells = np.mod(at / width, 1.0) - 0.5
        flat = np.where(np.abs(normal) > 0.7, np.float32(0), cells)
        return np.where((np.linalg.norm(flat, axis=1) < size)[:, None], b, a).astype(np.float32)

    return paint


def label(
    body: tuple[int, int, int], band: tuple[int, int, int], low: float, high: float, mark: tuple[int, int, int]
) -> Paint:
    """A body with a printed band between two heights (metres) that carries lines like writing."""
    a, b, ink = linear(*body), linear(*band), linear(*mark)

    def paint(at: Array, normal: Array) -> Array:
        on = (at[:, 1] > low) & (at[:, 1] < high)
        around = np.arctan2(at[:, 0], at[:, 2])
        line = on & (np.mod(at[:, 1] / 0.012, 1.0) < 0.4) & (np.mod(around * 5, 1.0) < 0.7) & (at[:, 2] < 0)
        return np.where(line[:, None], ink, np.where(on[:, None], b, a)).astype(np.float32)

    return paint


def cover(back: tuple[int, int, int], mark: tuple[int, int, int], size: tuple[float, float], style: int) -> Paint:
    """The printed cover of a lying book or folder (`size` x, z in metres): title bars and a figure by `style`."""
    a, b = linear(*back), linear(*mark)
    page = linear(226, 218, 196)

    def paint(at: Array, normal: Array) -> Array:
        u, v = at[:, 0] / size[0], at[:, 2] / size[1]
        bars = (np.abs(v - 0.3) < 0.06) & (np.abs(u) < 0.34) & (np.mod(u * 9, 1.0) < 0.72)
        if style == 0:
            figure = np.hypot(u * size[0] / size[1], v + 0.12) < 0.16
        elif style == 1:
            figure = (np.abs(u) < 0.3 * np.clip(0.15 - v, 0, 1) * 2) & (v > -0.35) & (v < 0.12)
        else:
            figure = (np.abs(u) < 0.28) & (v > -0.38) & (v < 0.14) & (np.mod((u + v) * 8, 1.0) < 0.45)
        top = np.abs(normal[:, 1]) > 0.5
        pages = (np.abs(normal[:, 1]) < 0.5) & (u > -0.49)
        out = np.where(((bars | figure) & top)[:, None], b, a)
        return np.where(pages[:, None], page, out).astype(np.float32)

    return paint


def keypad(body: tuple[int, int, int], button: tuple[int, int, int], size: tuple[float, float]) -> Paint:
    """Rows of round buttons on the upper side of a long body (`size` x, z in metres)."""
    a, b, red = linear(*body), linear(*button), linear(210, 40, 40)

    def paint(at: Array, normal: Array) -> Array:
        u, v = at[:, 0] / size[0] * 3, at[:, 2] / size[1] * 8
        round_ = np.hypot(np.mod(u + 0.5, 1) - 0.5, (np.mod(v + 0.5, 1) - 0.5) * 0.9) < 0.28
        on = round_ & (normal[:, 1] > 0.5) & (np.abs(v) < 3.3)
        first = on & (v > 2.5) & (u < -0.5)
        out = np.where(on[:, None], b, a)
        return np.where(first[:, None], red, out).astype(np.float32)

    return paint


def grained(rgb: tuple[int, int, int], grain: float = 0.2, seed: int = 3) -> Paint:
    """Leather, cloth or stone: one colour with a visible grain."""
    return plain(*rgb, grain, seed)
