"""Small helpers that put solids together: groups that are turned and placed, rings, lying bars. Owns no kinds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tools.finder.sample_home.shapes import Paint, Solid, Vector


def place(parts: Iterable[Solid], at: Vector, yaw: float, name: str) -> list[Solid]:
    """The parts (made about the origin, foot at y = 0) turned by `yaw` and put at `at`, belonging to `name`."""
    c, s = math.cos(yaw), math.sin(yaw)
    placed = []
    for part in parts:
        x, y, z = part.at
        spot = (at[0] + c * x + s * z, at[1] + y, at[2] - s * x + c * z)
        placed.append(replace(part, at=spot, yaw=part.yaw + yaw, thing=name))
    return placed


def box(at: Vector, size: Vector, paint: Paint, yaw: float = 0.0, pitch: float = 0.0, gloss: float = 0.05) -> Solid:
    """A box by its centre."""
    return Solid("box", at, size, paint, yaw, pitch, gloss)


def cone(at: Vector, low: float, height: float, high: float, paint: Paint, gloss: float = 0.1) -> Solid:
    """An upright cone or cylinder by its foot."""
    return Solid("cone", at, (low, height, high), paint, gloss=gloss)


def lying(at: Vector, radius: float, length: float, other: float, paint: Paint, yaw: float = 0.0) -> Solid:
    """A cone or cylinder that lies on its side, from its first end at `at` (its axis) along z, turned by `yaw`."""
    return Solid("cone", at, (radius, length, other), paint, yaw, math.pi / 2, 0.1)


def ball(at: Vector, radius: float, paint: Paint, gloss: float = 0.1) -> Solid:
    """A sphere by its centre."""
    return Solid("sphere", at, (radius, 0.0, 0.0), paint, gloss=gloss)


def ring(
    centre: Vector, radius: float, thick: float, paint: Paint, *, upright: bool = False, count: int = 12,
    arc: tuple[float, float] = (0.0, 2 * math.pi),
) -> list[Solid]:  # fmt: skip
    """A ring of short bars: lying flat, or upright in the plane of x and y. `arc`: from and to, radians."""
    parts = []
    step = (arc[1] - arc[0]) / count
    length = 2 * radius * math.tan(step / 2) + thick * 0.5
    for number in range(count):
        angle = arc[0] + (number + 0.5) * step
        along, across = radius * math.cos(angle), radius * math.sin(angle)
        if upright:
            spot = (centre[0] + along, centre[1] + across, centre[2])
            parts.append(ball(spot, max(thick, length * 0.5) * 0.75, paint))
        else:
            spot = (centre[0] + along, centre[1], centre[2] + across)
            parts.append(box(spot, (thick, thick, length), paint, -angle))
    return parts


def height_of(parts: Sequence[Solid]) -> float:
    """The highest point of parts that stand on y = 0, metres."""
    tops = []
    for part in parts:
        if part.kind == "box":
            reach = abs(part.size[1] * math.cos(part.pitch)) + abs(part.size[2] * math.sin(part.pitch))
            tops.append(part.at[1] + reach / 2)
        elif part.kind == "sphere":
            tops.append(part.at[1] + part.size[0])
        else:
            upright = part.size[1] * math.cos(part.pitch)
            tops.append(part.at[1] + max(upright, 0.0) + abs(math.sin(part.pitch)) * max(part.size[0], part.size[2]))
    return max(tops)
