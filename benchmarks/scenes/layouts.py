"""Where the rendered scenes take place: tables seen from near, whole rooms seen from a corner. Owns no things.

Metres; x to the right, y up, the floor at y = 0. A room's camera looks from one corner to the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.scenes.build import box, cone
from benchmarks.scenes.furniture import Furnished, furnish
from benchmarks.scenes.paints import checks, grained, muted, shade_of, stripes
from benchmarks.scenes.raster import Lamp
from tools.finder.sample_home.materials import linear, plain, tiles, wood
from tools.finder.sample_home.shapes import Paint, Solid
from tools.finder.sample_home.trace import Camera

WIDTH, HEIGHT = 960, 540


@dataclass(frozen=True)
class Surface:
    """A place where things lie: a rectangle (centre x, z; half width, half depth) at a height, by its zone's name.

    `stand`: where a person stands who reaches for it (x, z).
    """

    zone: str
    centre: tuple[float, float]
    half: tuple[float, float]
    height: float
    stand: tuple[float, float]

    def corners(self) -> list[tuple[float, float, float]]:
        """The four corners in order."""
        (x, z), (a, b), y = self.centre, self.half, self.height
        return [(x - a, y, z - b), (x + a, y, z - b), (x + a, y, z + b), (x - a, y, z + b)]


@dataclass
class Layout:
    """One camera's room. `shell`: floor and walls, without shadows; `door` and `hub`: where people walk (x, z)."""

    room: str
    view: Camera
    shell: list[Solid]
    furniture: list[Solid]
    surfaces: list[Surface]
    lamps: list[Lamp]
    door: tuple[float, float]
    hub: tuple[float, float]
    curtain: tuple[int, int, int, int]
    """Where a curtain hangs on the picture (x, y, width, height)."""


def floor_paint(rng: np.random.Generator) -> Paint:
    """Planks, tiles, carpet or stone."""
    style = int(rng.integers(0, 4))
    seed = int(rng.integers(1, 90))
    if style == 0:
        base = rng.uniform(0.6, 1.25)
        dark, bright = (linear(*(min(250, int(v * base)) for v in rgb)) for rgb in ((120, 82, 50), (186, 140, 96)))
        return wood(dark, bright, seed, float(rng.uniform(0.09, 0.2)))
    if style == 1:
        side = float(rng.uniform(0.2, 0.45))
        level = int(rng.integers(120, 225))
        return _floor_tiles(linear(level, level, max(0, level - 12)), linear(level - 60, level - 60, level - 60), side)
    if style == 2:
        return grained(muted(str(rng.choice(["grey", "brown", "blue", "red", "green"])), rng), 0.3, seed)
    return grained((188, 180, 166), 0.14, seed)


def _floor_tiles(colour: np.ndarray, joint: np.ndarray, side: float) -> Paint:
    def paint(at: np.ndarray, normal: np.ndarray) -> np.ndarray:
        u, v = np.mod(at[:, 0] / side, 1.0), np.mod(at[:, 2] / side, 1.0)
        gap = (np.abs(u - 0.5) > 0.485) | (np.abs(v - 0.5) > 0.485)
        shade = 0.94 + 0.12 * np.mod(np.floor(at[:, 0] / side) * 0.37 + np.floor(at[:, 2] / side) * 0.61, 1.0)
        return np.asarray(np.where(gap[:, None], joint, colour * shade[:, None]), np.float32)

    return paint


def wall_paint(rng: np.random.Generator) -> Paint:
    """A painted, papered or tiled wall."""
    style = int(rng.integers(0, 4))
    level = int(rng.integers(150, 230))
    tint = tuple(int(np.clip(level + rng.integers(-22, 22), 90, 240)) for _ in range(3))
    rgb = (tint[0], tint[1], tint[2])
    if style == 0:
        return stripes(rgb, (max(0, rgb[0] - 18), max(0, rgb[1] - 18), max(0, rgb[2] - 12)), 0.22, 0)
    if style == 1:
        return tiles(linear(*rgb), linear(130, 130, 128), 0.24, 0.12, int(rng.integers(1, 50)))
    return plain(*rgb, float(rng.uniform(0.02, 0.1)), int(rng.integers(1, 50)))


def table_paint(rng: np.random.Generator) -> Paint:
    """What a table top is made of."""
    style = int(rng.integers(0, 5))
    if style <= 2:
        base, seed = rng.uniform(0.55, 1.3), int(rng.integers(1, 90))
        dark, bright = (linear(*(min(248, int(v * base)) for v in rgb)) for rgb in ((128, 86, 50), (190, 146, 98)))
        return wood(dark, bright, seed, float(rng.uniform(0.08, 0.3)))
    if style == 3:
        return checks(shade_of("white", rng), shade_of(str(rng.choice(["red", "blue", "green"])), rng), 0.09)
    level = int(rng.integers(60, 225))
    return grained((level, level, level - 4), 0.12, int(rng.integers(1, 60)))


def lamps(rng: np.random.Generator, centre: tuple[float, float, float], reach: float, high: float) -> list[Lamp]:
    """A key light and a weaker one from another side; each map covers `reach` metres about `centre`."""
    around = rng.uniform(0, 2 * math.pi)
    made = []
    for turn, up, power in ((0.0, 1.0, 1.15), (rng.uniform(1.8, 3.2), 0.92, 0.55)):
        side = reach * rng.uniform(0.45, 0.85)
        eye = (centre[0] + side * math.cos(around + turn), high * up, centre[2] + side * math.sin(around + turn))
        distance = math.dist(eye, centre)
        focal = 0.5 * 900 / max(0.25, math.tan(math.atan2(reach * 0.75, distance)))
        made.append(Lamp(Camera(eye, centre, focal, 900, 900), power * (1 + 0.22 * distance**2) / 2.2))
    return made


def table_top(rng: np.random.Generator, room: str) -> Layout:
    """A table from above at an angle, with floor, a chair and something behind it."""
    half, deep, y = float(rng.uniform(0.6, 0.8)), float(rng.uniform(0.36, 0.46)), 0.74
    shell = [box((0, -0.05, 0), (9, 0.1, 9), floor_paint(rng)), box((0, 1.2, 2.6), (9, 3, 0.1), wall_paint(rng))]
    furniture = [box((0, y - 0.02, 0), (2 * half, 0.04, 2 * deep), table_paint(rng), gloss=0.1)]
    for x, z in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        furniture.append(box((x * (half - 0.05), 0.36, z * (deep - 0.05)), (0.05, 0.70, 0.05), plain(90, 66, 46)))
    if rng.random() < 0.7:
        side = float(rng.choice([-1.0, 1.0]))
        seat = grained(muted(str(rng.choice(["grey", "brown", "blue", "black"])), rng), 0.2)
        furniture += [
            box((side * (half + 0.35), 0.45, 0.1), (0.42, 0.04, 0.42), seat),
            box((side * (half + 0.54), 0.70, 0.1), (0.04, 0.5, 0.42), seat),
        ]
    if rng.random() < 0.6:
        shell.append(box((float(rng.uniform(-1, 1)), 0.003, 1.2), (1.8, 0.006, 1.2), grained(muted("red", rng), 0.4)))
    middle = str(rng.choice(["tray", "mat"]))
    width = half * 0.46
    if middle == "tray":
        rim = plain(*shade_of("brown", rng), 0.1)
        furniture.append(box((0, y + 0.006, 0), (width, 0.012, deep * 1.1), grained((196, 164, 118), 0.1)))
        for side in (-1, 1):
            furniture.append(box((side * width / 2, y + 0.018, 0), (0.014, 0.036, deep * 1.1), rim))
            furniture.append(box((0, y + 0.018, side * deep * 0.55), (width, 0.036, 0.014), rim))
    else:
        colour = shade_of(str(rng.choice(["grey", "green", "blue", "brown"])), rng)
        furniture.append(box((0, y + 0.003, 0), (width, 0.006, deep * 1.2), grained(colour, 0.2)))
    name = str(rng.choice(["desk", "table", "workbench", "counter"]))
    far = (0.0, deep + 0.30)
    surfaces = [
        Surface(f"{name} left side", (-half * 0.64, 0), (half * 0.28, deep * 0.82), y, (-half * 0.6, far[1])),
        Surface(middle, (0, 0), (width * 0.38, deep * 0.42), y + 0.012, far),
        Surface(f"{name} right side", (half * 0.64, 0), (half * 0.28, deep * 0.82), y, (half * 0.6, far[1])),
    ]
    around, up, away = rng.uniform(-0.55, 0.55), rng.uniform(0.75, 1.1), rng.uniform(1.35, 1.7)
    target = (0.0, y, 0.02)
    eye = (away * math.cos(up) * math.sin(around), y + away * math.sin(up), -away * math.cos(up) * math.cos(around))
    focal = 0.40 * WIDTH * away / half * float(rng.uniform(0.82, 0.95))
    view = Camera(eye, target, focal, WIDTH, HEIGHT)
    door = (float(rng.choice([-2.6, 2.6])), 1.7)
    corner = (0, 0, 150, 260) if door[0] > 0 else (WIDTH - 150, 0, 150, 260)
    return Layout(room, view, shell, furniture, surfaces, lamps(rng, target, 1.7, 2.4), door, (0.0, 1.2), corner)


def _mirrored(solids: list[Solid], flip: float) -> list[Solid]:
    return [replace(s, at=(flip * s.at[0], s.at[1], s.at[2]), yaw=flip * s.yaw) for s in solids]


def whole_room(rng: np.random.Generator, room: str) -> Layout:
    """A furnished room from under the ceiling, from its right or its left corner."""
    flip = float(rng.choice([-1.0, 1.0]))
    wide, deep = float(rng.uniform(3.7, 4.4)), float(rng.uniform(3.6, 4.2))
    shell = [
        box((0, -0.05, 0), (wide + 6, 0.1, deep + 6), floor_paint(rng)),
        box((0, 1.3, deep / 2 + 0.05), (wide + 3, 2.7, 0.1), wall_paint(rng)),
        box((-wide / 2 - 0.05, 1.3, 0), (0.1, 2.7, deep + 3), wall_paint(rng)),
        box((-wide / 2 + 0.01, 1.45, -0.2), (0.02, 1.1, 1.3), plain(200, 222, 240, 0.04)),
        box((-wide / 2 + 0.02, 1.45, -0.2), (0.04, 1.1, 0.05), plain(240, 240, 236)),
    ]
    placed: list[Furnished] = furnish(rng, wide, deep)
    furniture = [solid for one in placed for solid in one.solids]
    furniture.append(cone((0, 2.59, 0), 0.12, 0.1, 0.05, plain(230, 220, 190)))
    surfaces = [
        Surface(zone, (flip * at[0], at[1]), half, height, (flip * stand[0], stand[1]))
        for one in placed
        for zone, at, half, height, stand in one.spots
    ]
    corner = wide / 2 + float(rng.uniform(-0.15, 0.1))
    eye = (flip * corner, float(rng.uniform(2.15, 2.45)), -deep / 2 - float(rng.uniform(-0.1, 0.5)))
    target = (flip * (-0.35 + float(rng.uniform(-0.2, 0.2))), 0.65, 0.35 + float(rng.uniform(-0.2, 0.2)))
    view = Camera(eye, target, float(rng.uniform(590, 690)), WIDTH, HEIGHT)
    left, top = view.project((-flip * wide / 2, 2.1, -0.8))
    curtain = (min(max(0, int(left) - 60), WIDTH - 120), max(0, int(top)), 120, 240)
    made = lamps(rng, (0.0, 0.4, 0.0), 3.4, 2.55)
    door, hub = (flip * (wide / 2 + 0.7), deep / 2 - 0.5), (flip * 0.35, -0.15)
    shell, furniture = _mirrored(shell, flip), _mirrored(furniture, flip)
    return Layout(room, view, shell, furniture, surfaces, made, door, hub, curtain)
