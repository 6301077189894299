"""Surfaces of the sample home: wood, tiles, books, prints. Colours are linear light, 0 to 1. Owns no shapes."""

from __future__ import annotations

import math

import numpy as np

from tools.finder.sample_home.shapes import Array, Paint


def linear(red: int, green: int, blue: int) -> Array:
    """An sRGB colour (0 to 255) as linear light."""
    return np.asarray((np.array([red, green, blue], np.float32) / 255) ** 2.2, np.float32)


def _noise(x: Array, y: Array, seed: int) -> Array:
    """Smooth value noise, 0 to 1, one cell per unit."""
    table = np.random.default_rng(seed).random((64, 64), dtype=np.float32)
    i, j = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)

    def at(a: int, b: int) -> Array:
        return np.asarray(table[(i + a) % 64, (j + b) % 64])

    return np.asarray((at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v)


def plain(red: int, green: int, blue: int, grain: float = 0.06, seed: int = 1) -> Paint:
    """One colour with a faint grain."""
    colour = linear(red, green, blue)

    def paint(at: Array, normal: Array) -> Array:
        wave = _noise((at[:, 0] + at[:, 1]) * 90, (at[:, 2] - at[:, 1]) * 90, seed)
        return colour * (1 + grain * (wave - 0.5) * 2)[:, None]

    return paint


def wood(dark: Array, bright: Array, seed: int, plank: float = 0.14) -> Paint:
    """Planks along x with grain and dark joints."""

    def paint(at: Array, normal: Array) -> Array:
        across = np.where(np.abs(normal[:, 2]) > 0.5, at[:, 1], at[:, 2])
        row = np.floor(across / plank)
        x = at[:, 0] * 5 + row * 7.3
        rings = _noise(x, across * 160 + 3 * _noise(x, across * 30, seed), seed + 1)
        broad = _noise(x * 0.6, across * 40, seed + 2)
        mix = np.clip(0.25 + 0.45 * rings + 0.35 * (broad - 0.5) + 0.12 * np.sin(row * 2.4), 0, 1)[:, None]
        joint = (np.abs(across / plank - row - 0.5) > 0.49)[:, None]
        return np.asarray((dark * (1 - mix) + bright * mix) * np.where(joint, 0.6, 1), np.float32)

    return paint


def tiles(colour: Array, joint: Array, width: float, height: float, seed: int) -> Paint:
    """Tiles on an upright wall in running bond."""

    def paint(at: Array, normal: Array) -> Array:
        row = np.floor(at[:, 1] / height)
        along = at[:, 0] / width + 0.5 * (row % 2)
        column = np.floor(along)
        gap = (np.abs(along - column - 0.5) > 0.485) | (np.abs(at[:, 1] / height - row - 0.5) > 0.46)
        shade = 0.9 + 0.2 * _noise(column * 3.7 + 0.5, row * 5.1 + 0.5, seed)
        return np.where(gap[:, None], joint, colour * shade[:, None]).astype(np.float32)

    return paint


def picture(image: Array, width: float, height: float, mount: float = 0.02) -> Paint:
    """A print (rows × columns × 3, linear) with a white mount on the side that faces the camera (−z)."""

    def paint(at: Array, normal: Array) -> Array:
        u = (at[:, 0] / width + 0.5 - mount / width) / (1 - 2 * mount / width)
        v = (0.5 - at[:, 1] / height - mount / height) / (1 - 2 * mount / height)
        inside = (u > 0) & (u < 1) & (v > 0) & (v < 1) & (normal[:, 2] < -0.5)
        rows = np.clip((v * image.shape[0]).astype(int), 0, image.shape[0] - 1)
        columns = np.clip((u * image.shape[1]).astype(int), 0, image.shape[1] - 1)
        return np.where(inside[:, None], image[rows, columns], np.float32(0.8)).astype(np.float32)

    return paint


def book(cover: Array, size: tuple[float, float, float], seed: int) -> Paint:
    """A lying book of `size`: cover above and below, spine at −z with gilt bands, pages on the other sides."""
    gilt, page = linear(196, 160, 84), linear(222, 208, 174)

    def paint(at: Array, normal: Array) -> Array:
        wear = 0.75 + 0.5 * _noise(at[:, 0] * 60, (at[:, 2] + at[:, 1]) * 60, seed)
        leather = cover * wear[:, None]
        spine = normal[:, 2] < -0.5
        bands = spine & (np.abs(np.mod(at[:, 0] / size[0] * 5 + 0.5, 1) - 0.5) > 0.44)
        edge = np.minimum(size[0] / 2 - np.abs(at[:, 0]), size[2] / 2 - np.abs(at[:, 2]))
        frame = (np.abs(normal[:, 1]) > 0.5) & (np.abs(edge - 0.018) < 0.0022)
        sheets = page * (0.8 + 0.2 * _noise(at[:, 0] * 8, at[:, 1] * 900, seed + 1))[:, None]
        inner = (np.abs(normal[:, 1]) < 0.5) & ~spine & (np.abs(at[:, 1]) < size[1] / 2 - 0.003)
        out = np.where(inner[:, None], sheets, leather)
        return np.where((bands | frame)[:, None], gilt * 0.8, out).astype(np.float32)

    return paint


def dial(radius: float) -> Paint:
    """The face of a wrist watch: steel bezel, white dial, hour marks, hands at 10:10."""
    steel, white, ink = linear(176, 180, 186), linear(242, 242, 236), linear(16, 18, 26)

    def paint(at: Array, normal: Array) -> Array:
        r = np.hypot(at[:, 0], at[:, 2]) / radius
        angle = np.arctan2(at[:, 0], at[:, 2])
        top = normal[:, 1] > 0.5
        marks = (r > 0.62) & (r < 0.76) & (np.abs(np.mod(angle * 6 / math.pi + 0.5, 1) - 0.5) < 0.13)
        hands = _hand(at, radius, math.radians(-58), 0.45) | _hand(at, radius, math.radians(60), 0.66)
        out = np.where((r < 0.8)[:, None], white, steel)
        out = np.where((marks | hands)[:, None], ink, out)
        return np.where(top[:, None], out, steel).astype(np.float32)

    return paint


def _hand(at: Array, radius: float, angle: float, length: float) -> Array:
    along = (at[:, 0] * math.sin(angle) + at[:, 2] * math.cos(angle)) / radius
    aside = (at[:, 0] * math.cos(angle) - at[:, 2] * math.sin(angle)) / radius
    return np.asarray((along > -0.1) & (along < length) & (np.abs(aside) < 0.06))


def screen() -> Paint:
    """A lit laptop screen with a window of text lines."""
    sky, sheet, ink = linear(70, 120, 190), linear(236, 240, 246), linear(90, 100, 116)

    def paint(at: Array, normal: Array) -> Array:
        window = (np.abs(at[:, 0] + 0.02) < 0.1) & (np.abs(at[:, 1]) < 0.07)
        lines = window & (np.mod(at[:, 1] * 80, 1) < 0.35) & (np.abs(at[:, 0] + 0.03) < 0.075)
        lit = np.where(lines[:, None], ink, np.where(window[:, None], sheet, sky))
        bezel = (np.abs(at[:, 0]) > 0.155) | (np.abs(at[:, 1]) > 0.1) | (normal[:, 2] > -0.5)
        return np.where(bezel[:, None], linear(30, 32, 36), lit * np.float32(1.5)).astype(np.float32)

    return paint
