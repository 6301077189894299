"""Furniture along a room's walls and in its middle, with the spots where things can lie. Owns no things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.scenes.build import box, cone
from benchmarks.scenes.paints import PALETTE, grained, muted, shade_of
from tools.finder.sample_home.materials import linear, plain, wood
from tools.finder.sample_home.shapes import Paint, Solid

Spot = tuple[str, tuple[float, float], tuple[float, float], float, tuple[float, float]]
"""Zone, centre (x, z), half width and depth, height, where one stands to reach it; as `layouts.Surface`."""


@dataclass(frozen=True)
class Furnished:
    """A piece of furniture where it stands."""

    solids: list[Solid]
    spots: list[Spot]


def _wood(rng: np.random.Generator) -> Paint:
    base = rng.uniform(0.5, 1.35)
    dark, bright = (linear(*(min(248, int(v * base)) for v in rgb)) for rgb in ((122, 80, 46), (184, 138, 92)))
    return wood(dark, bright, int(rng.integers(1, 90)), 0.16)


def _cloth(rng: np.random.Generator) -> Paint:
    return grained(muted(str(rng.choice(["grey", "blue", "green", "brown", "red"])), rng), 0.25)


def _legs(x: float, z: float, half: tuple[float, float], height: float, paint: Paint) -> list[Solid]:
    return [
        box((x + a * (half[0] - 0.04), height / 2, z + b * (half[1] - 0.04)), (0.05, height, 0.05), paint)
        for a in (-1, 1)
        for b in (-1, 1)
    ]


def counter(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """A kitchen counter along the back wall."""
    r, g, b = rng.integers(120, 230, 3).tolist()
    front = plain(r, g, b, 0.04)
    top = grained((70, 70, 72) if rng.random() < 0.5 else (190, 184, 172), 0.16)
    solids = [box((x, 0.43, z), (1.8, 0.86, 0.56), front), box((x, 0.88, z), (1.86, 0.04, 0.62), top)]
    solids += [box((x + d, 0.55, z - 0.285), (0.012, 0.5, 0.01), plain(60, 60, 60)) for d in (-0.45, 0.0, 0.45)]
    solids.append(box((x + 0.62, 0.905, z + 0.02), (0.46, 0.012, 0.38), plain(170, 174, 178)))
    return Furnished(solids, [("counter", (x - 0.28, z), (0.5, 0.2), 0.90, (x - 0.28, z - 0.62))])


def desk(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """A desk with a screen."""
    paint = _wood(rng)
    solids = [box((x, 0.73, z), (1.3, 0.035, 0.62), paint), *_legs(x, z, (0.65, 0.31), 0.71, plain(60, 60, 62))]
    solids += [
        box((x + 0.3, 1.0, z + 0.18), (0.56, 0.34, 0.03), plain(24, 24, 28)),
        box((x + 0.3, 0.79, z + 0.18), (0.06, 0.1, 0.05), plain(40, 40, 42)),
    ]
    return Furnished(solids, [("desk", (x - 0.15, z - 0.06), (0.4, 0.2), 0.7475, (x - 0.1, z - 0.62))])


def sideboard(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """A low cupboard with a lamp on it."""
    paint = _wood(rng)
    solids = [
        box((x, 0.39, z), (1.4, 0.78, 0.42), paint),
        cone((x - 0.55, 0.78, z + 0.05), 0.07, 0.02, 0.07, plain(60, 50, 40)),
    ]
    solids += [
        cone((x - 0.55, 0.80, z + 0.05), 0.012, 0.24, 0.012, plain(60, 50, 40)),
        cone((x - 0.55, 1.0, z + 0.05), 0.13, 0.18, 0.08, plain(228, 214, 170)),
    ]
    return Furnished(solids, [("sideboard", (x + 0.14, z), (0.44, 0.14), 0.78, (x + 0.1, z - 0.6))])


def shelf(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """An open shelf with books; things lie on top."""
    paint = _wood(rng)
    solids = [box((x, level, z), (0.9, 0.03, 0.3), paint) for level in (0.05, 0.42, 0.79, 1.13)]
    solids += [box((x + side * 0.44, 0.58, z), (0.03, 1.16, 0.3), paint) for side in (-1, 1)]
    for level in (0.435, 0.805):
        left = x - 0.40
        while left < x + 0.28:
            thick, high = float(rng.uniform(0.02, 0.05)), float(rng.uniform(0.18, 0.28))
            colour = shade_of(str(rng.choice(list(PALETTE))), rng)
            solids.append(box((left + thick / 2, level + high / 2, z), (thick, high, 0.2), plain(*colour, 0.1)))
            left += thick + 0.004
    return Furnished(solids, [("bookshelf", (x, z), (0.36, 0.10), 1.145, (x, z - 0.55))])


def sofa(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """A sofa; things lie on its seat."""
    paint = _cloth(rng)
    solids = [box((x, 0.21, z), (1.7, 0.42, 0.8), paint), box((x, 0.62, z + 0.33), (1.7, 0.42, 0.18), paint)]
    solids += [box((x + side * 0.78, 0.5, z), (0.16, 0.18, 0.8), paint) for side in (-1, 1)]
    return Furnished(solids, [("sofa", (x, z - 0.08), (0.58, 0.24), 0.42, (x, z - 0.72))])


def window_seat(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """A bench at the left wall, under the window."""
    paint = _wood(rng)
    solids = [
        box((x, 0.46, z), (0.4, 0.05, 1.3), paint),
        box((x, 0.22, z), (0.34, 0.44, 1.2), plain(150, 144, 134, 0.1)),
    ]
    return Furnished(solids, [("bench", (x, z), (0.13, 0.5), 0.485, (x + 0.55, z))])


def low_table(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """A coffee table on a rug."""
    solids = [box((x, 0.40, z), (1.0, 0.04, 0.58), _wood(rng)), *_legs(x, z, (0.5, 0.29), 0.38, plain(60, 46, 34))]
    rug = box(
        (x, 0.004, z),
        (1.7, 0.008, 1.2),
        grained(muted(str(rng.choice(["grey", "red", "blue", "brown"])), rng), 0.35),
    )
    return Furnished([*solids, rug], [("coffee table", (x, z), (0.4, 0.19), 0.42, (x + 0.75, z - 0.1))])


def dining_table(rng: np.random.Generator, x: float, z: float) -> Furnished:
    """A table with a chair at its far side."""
    solids = [box((x, 0.73, z), (1.15, 0.04, 0.72), _wood(rng)), *_legs(x, z, (0.57, 0.36), 0.71, plain(70, 60, 50))]
    seat = _cloth(rng)
    solids += [
        box((x - 0.2, 0.45, z + 0.52), (0.4, 0.04, 0.4), seat),
        box((x - 0.2, 0.72, z + 0.71), (0.4, 0.5, 0.04), seat),
    ]
    return Furnished(solids, [("table", (x, z), (0.46, 0.26), 0.75, (x + 0.9, z - 0.1))])


BACK: tuple[Callable[[np.random.Generator, float, float], Furnished], ...] = (counter, desk, sideboard, shelf, sofa)
MIDDLE = (low_table, dining_table)


def furnish(rng: np.random.Generator, wide: float, deep: float) -> list[Furnished]:
    """Two pieces at the back wall, a bench at the window, a table in the middle."""
    first, second = rng.choice(len(BACK), 2, replace=False)
    back = deep / 2
    placed = [
        BACK[int(first)](rng, -wide / 2 + 1.25, back - 0.42),
        BACK[int(second)](rng, wide / 2 - 0.85, back - 0.42)
        if int(second) == 3
        else BACK[int(second)](rng, wide / 2 - 1.0, back - 0.42),
        window_seat(rng, -wide / 2 + 0.28, -0.2),
    ]
    placed.append(MIDDLE[int(rng.integers(0, 2))](rng, -0.35, 0.15))
    return placed
