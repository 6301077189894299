"""The things of the rendered homes: what each kind looks like in given colours. Owns no colours, places or story.

Sizes are those of usual household things, in metres, foot at y = 0, about the origin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.scenes.build import ball, box, cone, lying, ring
from benchmarks.scenes.paints import cover, grained, keypad, label, spots, stripes
from tools.finder.sample_home.materials import plain
from tools.finder.sample_home.shapes import Solid

Rgb = tuple[int, int, int]
STEEL, BRASS, DARK, CREAM = (176, 180, 186), (190, 158, 82), (34, 34, 38), (238, 234, 222)


@dataclass(frozen=True)
class Looks:
    """The colours of one thing: words and values of the main one and of a second one, and a number that varies it."""

    first: str
    second: str
    a: Rgb
    b: Rgb
    style: int


@dataclass(frozen=True)
class Thing:
    """One thing: `kind`, how a user describes it, its parts."""

    name: str
    kind: str
    description: str
    looks: Looks
    parts: tuple[Solid, ...]


def _paler(rgb: Rgb) -> Rgb:
    return min(255, rgb[0] + 60), min(255, rgb[1] + 60), min(255, rgb[2] + 60)


def _darker(rgb: Rgb) -> Rgb:
    return int(rgb[0] * 0.6), int(rgb[1] * 0.6), int(rgb[2] * 0.6)


def keys(k: Looks) -> list[Solid]:
    steel, brass, tag = plain(*STEEL, 0.03), plain(*BRASS, 0.05), plain(*k.a, 0.03)
    parts = ring((0, 0.004, 0), 0.013, 0.003, steel)
    for number, angle in enumerate((-0.5, 0.25, 0.95)):
        metal = brass if number == k.style % 3 else steel
        c, s = math.cos(angle), math.sin(angle)
        parts.append(box((0.028 * s, 0.004 + 0.003 * number, -0.028 * c), (0.020, 0.003, 0.018), metal, -angle))
        parts.append(box((0.054 * s, 0.004 + 0.003 * number, -0.054 * c), (0.008, 0.003, 0.038), metal, -angle))
    parts.append(box((0.0, 0.006, 0.033), (0.024, 0.010, 0.036), tag))
    return parts


def wallet(k: Looks) -> list[Solid]:
    skin, seam = grained(k.a, 0.25), grained(_paler(k.a), 0.05)
    parts = [box((0, 0.006, 0), (0.115, 0.012, 0.092), skin), box((0, 0.017, 0.002), (0.113, 0.011, 0.088), skin)]
    parts.append(box((0.034, 0.0235, 0), (0.030, 0.003, 0.026), seam))
    return [*parts, box((0, 0.0228, -0.036), (0.104, 0.0015, 0.003), seam)]


def phone(k: Looks) -> list[Solid]:
    lens = plain(20, 20, 24)
    parts = [box((0, 0.005, 0), (0.072, 0.009, 0.15), plain(*k.a, 0.02), gloss=0.4)]
    parts.append(box((-0.018, 0.0105, 0.052), (0.026, 0.003, 0.030), lens, gloss=0.5))
    return [*parts, cone((-0.018, 0.012, 0.058), 0.006, 0.002, 0.006, plain(90, 96, 110))]


def mug(k: Looks) -> list[Solid]:
    body = stripes(k.a, k.b, 0.03, 1, 0.3) if k.style % 3 == 1 else plain(*k.a, 0.02)
    handle = ring((0.045, 0.048, 0), 0.026, 0.010, plain(*k.a, 0.02), upright=True, count=14, arc=(-1.5, 1.5))
    return [
        cone((0, 0, 0), 0.038, 0.095, 0.042, body, 0.4),
        cone((0, 0.0945, 0), 0.036, 0.001, 0.036, plain(60, 40, 26)),
        *handle,
    ]


def bottle(k: Looks) -> list[Solid]:
    body = label(k.a, k.b, 0.05, 0.12, DARK)
    return [
        cone((0, 0, 0), 0.034, 0.16, 0.034, body, 0.5),
        cone((0, 0.16, 0), 0.034, 0.04, 0.014, plain(*k.a, 0.02), 0.5),
        cone((0, 0.20, 0), 0.014, 0.025, 0.014, plain(*k.b, 0.02)),
    ]


def glasses(k: Looks) -> list[Solid]:
    frame, lens = plain(*k.a, 0.02), plain(196, 206, 214, 0.02)
    parts = []
    for side in (-1, 1):
        parts += ring((0.034 * side, 0.026, 0), 0.024, 0.004, frame, upright=True, count=20)
        parts.append(Solid("cone", (0.034 * side, 0.026, -0.001), (0.022, 0.001, 0.022), lens, 0.0, math.pi / 2, 0.6))
        parts.append(box((0.060 * side, 0.032, 0.062), (0.004, 0.005, 0.125), frame))
    return [*parts, box((0, 0.030, 0), (0.018, 0.004, 0.004), frame)]


def book(k: Looks, size: tuple[float, float, float] = (0.14, 0.025, 0.21)) -> list[Solid]:
    return [box((0, size[1] / 2, 0), size, cover(k.a, k.b, (size[0], size[2]), k.style % 3), gloss=0.15)]


def passport(k: Looks) -> list[Solid]:
    return book(k, (0.09, 0.006, 0.125))


def notebook(k: Looks) -> list[Solid]:
    band = box((0.05, 0.009, 0), (0.010, 0.0185, 0.211), plain(*k.b, 0.03))
    return [box((0, 0.009, 0), (0.145, 0.018, 0.21), grained(k.a, 0.1)), band]


def remote(k: Looks) -> list[Solid]:
    return [box((0, 0.010, 0), (0.046, 0.020, 0.18), keypad(k.a, k.b, (0.046, 0.18)), gloss=0.2)]


def scissors(k: Looks) -> list[Solid]:
    blade, grip = plain(*STEEL, 0.03), plain(*k.a, 0.02)
    parts = []
    for side in (-1, 1):
        parts.append(box((0.012 * side, 0.004 + 0.002 * side, 0.05), (0.012, 0.003, 0.11), blade, 0.14 * side))
        parts += ring((-0.026 * side, 0.007, -0.045), 0.020, 0.009, grip, count=10)
        parts.append(box((-0.009 * side, 0.006, -0.014), (0.010, 0.005, 0.040), grip, 0.5 * side))
    return parts


def cap(k: Looks) -> list[Solid]:
    crown, peak = plain(*k.a, 0.08), plain(*(k.b if k.style % 2 else k.a), 0.08)
    dome = [
        cone((0, level, 0), low, 0.022, high, crown)
        for level, low, high in (
            (0.0, 0.095, 0.092),
            (0.022, 0.092, 0.082),
            (0.044, 0.082, 0.062),
            (0.066, 0.062, 0.03),
        )
    ]
    return [*dome, ball((0, 0.086, 0), 0.008, peak), box((0, 0.006, -0.115), (0.15, 0.006, 0.10), peak, 0.0, 0.12)]


def headphones(k: Looks) -> list[Solid]:
    shell, pad = plain(*k.a, 0.03), plain(*DARK, 0.1)
    parts = ring((0, 0.035, 0), 0.085, 0.016, shell, count=12, arc=(0.0, math.pi))
    for side in (-1, 1):
        parts.append(box((0.085 * side, 0.035, -0.02), (0.034, 0.07, 0.065), shell))
        parts.append(box((0.066 * side, 0.035, -0.02), (0.014, 0.06, 0.055), pad))
    return parts


def toy_car(k: Looks) -> list[Solid]:
    body, tyre, glass = plain(*k.a, 0.02), plain(*DARK, 0.1), plain(150, 180, 200)
    parts = [
        box((0, 0.026, 0), (0.056, 0.026, 0.125), body, gloss=0.4),
        box((0, 0.048, 0.006), (0.048, 0.024, 0.06), glass),
    ]
    parts.append(box((0, 0.061, 0.006), (0.046, 0.004, 0.056), body))
    for x, z in ((-0.032, -0.036), (-0.032, 0.036), (0.020, -0.036), (0.020, 0.036)):
        parts.append(lying((x, 0.016, z), 0.016, 0.012, 0.016, tyre, math.pi / 2))
    return parts


def tape(k: Looks) -> list[Solid]:
    rim, core = plain(*k.a, 0.04), plain(196, 160, 110, 0.1)
    return [
        cone((0, 0, 0), 0.05, 0.024, 0.05, rim, 0.3),
        cone((0, 0.0235, 0), 0.036, 0.0015, 0.036, core),
        cone((0, 0.0245, 0), 0.030, 0.001, 0.030, plain(60, 52, 44)),
    ]


def torch(k: Looks) -> list[Solid]:
    body = stripes(k.a, DARK, 0.016, 1, 0.35)
    head = plain(*k.a, 0.02)
    return [
        lying((0, 0.024, -0.07), 0.016, 0.11, 0.016, body),
        lying((0, 0.024, 0.04), 0.016, 0.035, 0.026, head),
        lying((0, 0.024, 0.0751), 0.024, 0.001, 0.024, plain(240, 240, 220)),
    ]


def tissues(k: Looks) -> list[Solid]:
    paint = spots(k.a, k.b, 0.035) if k.style % 2 else stripes(k.a, k.b, 0.03, 0)
    tuft = [
        box((0.01 * i, 0.085 + 0.012 * i, 0.004 * i), (0.05, 0.02, 0.012), plain(*CREAM), 0.5 * i) for i in (-1, 0, 1)
    ]
    return [box((0, 0.04, 0), (0.22, 0.08, 0.12), paint), *tuft]


def game_ball(k: Looks) -> list[Solid]:
    paint = spots(k.a, k.b, 0.05, 0.26) if k.style % 2 else stripes(k.a, k.b, 0.045, 1, 0.35)
    return [ball((0, 0.06, 0), 0.06, paint)]


def candle(k: Looks) -> list[Solid]:
    dish = cone((0, 0, 0), 0.055, 0.012, 0.06, plain(*k.b, 0.03))
    return [
        dish,
        cone((0, 0.012, 0), 0.032, 0.085, 0.031, plain(*k.a, 0.03)),
        cone((0, 0.097, 0), 0.002, 0.012, 0.001, plain(*DARK)),
    ]


def camera(k: Looks) -> list[Solid]:
    body, lens = grained(k.a, 0.15), plain(*DARK, 0.02)
    parts = [
        box((0, 0.038, 0), (0.125, 0.076, 0.045), body),
        box((0, 0.08, 0), (0.05, 0.016, 0.036), plain(*k.b, 0.02)),
    ]
    parts.append(lying((0, 0.038, -0.062), 0.026, 0.042, 0.030, lens))
    return [*parts, lying((0, 0.038, -0.0625), 0.020, 0.001, 0.020, plain(110, 130, 170))]


def umbrella(k: Looks) -> list[Solid]:
    folds = stripes(k.a, _darker(k.a), 0.02, 0, 0.4)
    grip = plain(*k.b, 0.05)
    return [
        lying((0, 0.026, -0.17), 0.006, 0.28, 0.026, folds),
        lying((0, 0.026, 0.11), 0.008, 0.07, 0.008, grip),
        ball((0, 0.026, 0.19), 0.014, grip),
    ]


def controller(k: Looks) -> list[Solid]:
    shell, dark = plain(*k.a, 0.03), plain(*k.b, 0.02)
    grips = [lying((0.055 * side, 0.02, -0.045), 0.018, 0.06, 0.024, shell, 0.25 * side) for side in (-1, 1)]
    parts = [box((0, 0.02, 0.012), (0.12, 0.032, 0.056), shell), *grips]
    return [
        *parts,
        *(cone((x, 0.036, z), 0.009, 0.010, 0.010, dark) for x, z in ((-0.03, -0.005), (0.03, -0.005), (0.05, 0.02))),
    ]


def lunch_box(k: Looks) -> list[Solid]:
    lid = plain(*k.b, 0.02)
    return [
        box((0, 0.035, 0), (0.17, 0.07, 0.12), plain(*k.a, 0.02)),
        box((0, 0.075, 0), (0.174, 0.012, 0.124), lid),
        box((0, 0.055, -0.062), (0.03, 0.03, 0.006), lid),
    ]


def hairbrush(k: Looks) -> list[Solid]:
    pad = box((0, 0.026, 0.055), (0.055, 0.012, 0.09), plain(*DARK, 0.4))
    return [
        box((0, 0.012, 0.055), (0.065, 0.018, 0.105), plain(*k.a, 0.02)),
        pad,
        lying((0, 0.012, -0.11), 0.009, 0.12, 0.012, plain(*k.a, 0.02)),
    ]


def pouch(k: Looks) -> list[Solid]:
    paint = stripes(k.a, k.b, 0.05, 0, 0.3) if k.style % 2 else grained(k.a, 0.2)
    zip_ = box((0, 0.041, 0), (0.19, 0.003, 0.006), plain(*STEEL))
    return [
        box((0, 0.02, 0), (0.20, 0.04, 0.085), paint),
        zip_,
        box((0.10, 0.041, 0.004), (0.02, 0.004, 0.008), plain(*BRASS)),
    ]


def pill_bottle(k: Looks) -> list[Solid]:
    return [
        cone((0, 0, 0), 0.026, 0.075, 0.026, label(k.a, CREAM, 0.02, 0.06, DARK), 0.3),
        cone((0, 0.075, 0), 0.028, 0.022, 0.028, plain(*k.b, 0.02)),
    ]


def clock(k: Looks) -> list[Solid]:
    face = plain(*CREAM, 0.02)
    rim = Solid("cone", (0, 0.065, 0.02), (0.055, 0.04, 0.055), plain(*k.a, 0.02), 0.0, -math.pi / 2, 0.3)
    front = Solid("cone", (0, 0.065, -0.0195), (0.047, 0.001, 0.047), face, 0.0, -math.pi / 2, 0.1)
    hands = [
        box((0.012, 0.072, -0.022), (0.03, 0.005, 0.002), plain(*DARK)),
        box((0, 0.082, -0.022), (0.005, 0.034, 0.002), plain(*DARK)),
    ]
    feet = [cone((0.03 * side, 0, 0), 0.006, 0.02, 0.01, plain(*k.b)) for side in (-1, 1)]
    return [
        rim,
        front,
        *hands,
        *feet,
        ball((0.03, 0.122, 0), 0.016, plain(*k.b, 0.02)),
        ball((-0.03, 0.122, 0), 0.016, plain(*k.b, 0.02)),
    ]
