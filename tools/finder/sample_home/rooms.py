"""The two rooms of the sample home as solids, their cameras and the things that move. Owns no timeline."""

from __future__ import annotations

import math
from importlib.resources import files

import numpy as np

from tools.finder.sample_home.materials import book, dial, linear, picture, plain, screen, tiles, wood
from tools.finder.sample_home.shapes import Array, Solid, Vector
from tools.finder.sample_home.trace import Camera

STUDY = Camera(eye=(0.0, 1.66, -0.62), target=(0.0, 0.93, 0.80), focal=700.0)
KITCHEN = Camera(eye=(0.05, 2.02, -0.49), target=(0.05, 0.84, 0.80), focal=650.0)
DESK, COUNTER, TABLE = 0.75, 0.92, 0.74
"""Heights of the surfaces, metres."""


def photograph(name: str) -> Array:
    """A CC0 photograph of the scikit-image package, (rows, columns, 3) linear light."""
    from PIL import Image

    with (files("skimage") / "data" / name).open("rb") as stream, Image.open(stream) as image:
        pixels = np.asarray(image.convert("RGB"), np.float32)
    return np.asarray((pixels / 255) ** np.float32(2.2), np.float32)


def study() -> list[Solid]:
    """A desk at a wall with a lamp, a laptop, a shelf of books and a picture of a cat."""
    oak = wood(linear(122, 78, 44), linear(196, 146, 96), 3)
    cat = picture(photograph("chelsea.png"), 0.42, 0.29)
    dark = plain(40, 42, 46)
    room = [
        Solid("box", (0, 1.0, 1.35), (5, 4, 0.1), plain(206, 205, 192, 0.03)),
        Solid("box", (0, -0.05, 0.5), (5, 0.1, 4), plain(120, 96, 78)),
        Solid("box", (0, DESK - 0.02, 0.9), (1.75, 0.04, 0.76), oak, gloss=0.12),
        Solid("box", (-0.30, 1.15, 1.285), (0.46, 0.33, 0.02), plain(54, 38, 26), gloss=0.1),
        Solid("box", (-0.30, 1.15, 1.272), (0.42, 0.29, 0.01), cat),
        Solid("cone", (0.05, DESK, 1.12), (0.085, 0.02, 0.075), dark, gloss=0.5),
        Solid("cone", (0.05, DESK, 1.12), (0.011, 0.30, 0.011), dark, gloss=0.5),
        Solid("cone", (0.05, DESK + 0.26, 1.12), (0.13, 0.15, 0.08), plain(232, 206, 150, 0.1)),
        Solid("box", (0.42, DESK + 0.009, 0.93), (0.34, 0.018, 0.24), plain(150, 154, 160), -0.12, gloss=0.3),
        Solid("box", (0.43, DESK + 0.019, 0.96), (0.30, 0.004, 0.11), plain(30, 31, 34, 0.5), -0.12),
        Solid("box", (0.445, DESK + 0.125, 1.06), (0.34, 0.23, 0.012), screen(), -0.12),
        Solid("box", (0.52, 1.14, 1.22), (0.62, 0.025, 0.16), wood(linear(96, 62, 36), linear(150, 108, 70), 9)),
    ]
    colours = [(130, 40, 36), (42, 70, 110), (60, 96, 62), (190, 164, 110), (72, 46, 84), (34, 36, 44), (170, 92, 42)]
    left = 0.27
    for index, colour in enumerate(colours * 2):
        width, height = 0.026 + 0.006 * (index % 3), 0.15 + 0.014 * (index * 5 % 4)
        at = (left + width / 2, 1.1525 + height / 2, 1.21)
        room.append(Solid("box", at, (width, height, 0.12), plain(*colour, 0.2, index)))
        left += width + 0.003
    return room


def kitchen() -> list[Solid]:
    """A counter at a tiled wall with a kettle and a bowl of fruit; a table in front, to the right."""
    stone = plain(176, 170, 160, 0.16, 5)
    pine = wood(linear(150, 110, 66), linear(214, 178, 124), 21, 0.1)
    steel, orange = plain(186, 188, 192, 0.02), plain(226, 128, 34, 0.2)
    wall = tiles(linear(214, 222, 216), linear(150, 152, 148), 0.2, 0.1, 4)
    return [
        Solid("box", (0, 1.0, 1.45), (5, 4, 0.1), wall, gloss=0.15),
        Solid("box", (0, -0.05, 0.5), (5, 0.1, 4), tiles(linear(92, 84, 78), linear(60, 56, 52), 0.3, 0.3, 8)),
        Solid("box", (0, COUNTER - 0.02, 1.1), (3, 0.04, 0.62), stone, gloss=0.2),
        Solid("box", (0, 0.44, 1.12), (3, 0.86, 0.56), plain(70, 92, 98, 0.05)),
        Solid("box", (0.42, TABLE - 0.02, 0.42), (0.82, 0.04, 0.5), pine, gloss=0.1),
        Solid("cone", (0.60, COUNTER, 1.22), (0.085, 0.03, 0.085), plain(30, 30, 32), gloss=0.4),
        Solid("cone", (0.60, COUNTER + 0.03, 1.22), (0.083, 0.17, 0.06), steel, gloss=1.2),
        Solid("cone", (0.60, COUNTER + 0.2, 1.22), (0.02, 0.03, 0.016), plain(30, 30, 32), gloss=0.4),
        Solid("cone", (0.12, COUNTER, 1.24), (0.06, 0.06, 0.14), plain(232, 232, 226, 0.02), gloss=0.3),
        Solid("sphere", (0.08, COUNTER + 0.085, 1.22), (0.042, 0, 0), orange, gloss=0.2),
        Solid("sphere", (0.16, COUNTER + 0.085, 1.21), (0.042, 0, 0), orange, gloss=0.2),
        Solid("sphere", (0.12, COUNTER + 0.10, 1.28), (0.042, 0, 0), plain(150, 176, 60, 0.2), gloss=0.3),
    ]


def watch(at: Vector, name: str) -> list[Solid]:
    """A large steel wrist watch, closed, that stands on its brown strap with the dial up towards the room."""
    x, foot, z = at
    strap, steel = plain(104, 58, 30, 0.25), plain(196, 198, 202)
    radius, lean = 0.036, -0.72
    y = foot + radius + 0.012
    parts = []
    for step in range(24):
        angle = 2 * math.pi * step / 24
        middle = (x, y + radius * math.cos(angle), z + radius * math.sin(angle) * 1.1)
        parts.append(Solid("box", middle, (0.030, 0.005, 0.0115), strap, 0.0, angle, 0.15, name))
    up, out = math.cos(lean), math.sin(lean)
    face = (x, y + (radius - 0.004) * up, z + (radius - 0.004) * out * 1.1)
    parts.append(Solid("cone", face, (0.036, 0.013, 0.034), dial(0.034), 0.0, lean, 0.25, name))
    for side in (-1, 1):
        reach, drop = 0.043 * side, 0.004
        lug = (x, face[1] - math.sin(lean) * reach - drop * up, face[2] + math.cos(lean) * reach - drop * out)
        parts.append(Solid("box", lug, (0.031, 0.006, 0.030), strap, 0.0, lean + 0.3 * side, 0.15, name))
    crown = (x + 0.038, face[1] + 0.006 * up, face[2] + 0.006 * out)
    parts.append(Solid("box", crown, (0.008, 0.006, 0.006), steel, 0.0, lean, 0.6, name))
    return parts


def old_books(at: Vector, name: str) -> list[Solid]:
    """Four worn books in a pile."""
    covers = [(112, 62, 34), (46, 66, 48), (118, 34, 34), (46, 52, 78)]
    pile, level = [], at[1]
    for index, colour in enumerate(covers):
        size = (0.255 - 0.012 * index, 0.034 + 0.006 * (index % 2), 0.185 - 0.008 * index)
        place = (at[0] + 0.008 * math.sin(2 * index), level + size[1] / 2, at[2])
        paint = book(linear(*colour), size, 30 + index)
        pile.append(Solid("box", place, size, paint, (0.02, -0.13, 0.1, -0.22)[index], thing=name))
        level += size[1] + 0.0005
    return pile


def bottle(at: Vector, name: str) -> list[Solid]:
    """A green glass bottle with a white label."""
    x, y, z = at
    glass = plain(24, 74, 44, 0.02)
    parts = [(0.0, 0.038, 0.17, 0.038, glass), (0.05, 0.0385, 0.075, 0.0385, plain(236, 230, 210, 0.05))]
    parts += [(0.17, 0.038, 0.05, 0.014, glass), (0.22, 0.014, 0.06, 0.013, glass)]
    parts += [(0.262, 0.0155, 0.024, 0.0155, plain(140, 26, 30))]
    return [
        Solid("cone", (x, y + up, z), (low, high, top), p, gloss=1.0, thing=name) for up, low, high, top, p in parts
    ]


def notebook(at: Vector, name: str) -> list[Solid]:
    """A red notebook with a black band."""
    x, y, z = at
    size = (0.16, 0.02, 0.21)
    cover = Solid("box", (x, y + 0.01, z), size, plain(206, 28, 34, 0.05), 0.18, thing=name)
    return [
        cover,
        Solid("box", (x + 0.05, y + 0.0105, z - 0.009), (0.012, 0.0225, 0.2105), plain(24, 22, 24), 0.18, thing=name),
    ]


def cup(at: Vector, name: str) -> list[Solid]:
    """What casts the shadow of the photographed coffee cup on its saucer, which is laid over it."""
    x, y, z = at
    red = plain(120, 30, 20)
    return [
        Solid("cone", (x, y, z), (0.042, 0.014, 0.088), red, thing=name),
        Solid("cone", (x, y + 0.012, z), (0.034, 0.058, 0.044), red, thing=name),
    ]
