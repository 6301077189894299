"""Zones: named polygons on a camera's picture, read, checked and brought to pixels. Owns no storage.

A polygon is written as `x,y x,y x,y…` (spaces or semicolons between the corners), in pixels from the top left corner;
where no number is above 1 they are fractions of the picture's width and height.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import combinations

from runtime.errors import UsageError
from tools.finder.records import Zone

Point = tuple[float, float]
Polygon = tuple[Point, ...]
_REMEDY = 'Write it as "NAME:x,y;x,y;x,y", such as "table:10,10;300,10;300,200".'


def parse_zones(given: Sequence[str]) -> list[Zone]:
    """The zones of every `--zone NAME:x,y;x,y…`. Raises `UsageError`, also where two have one name."""
    zones = [parse_zone(text) for text in given]
    names = [zone.name.casefold() for zone in zones]
    for zone in zones:
        if names.count(zone.name.casefold()) > 1:
            raise UsageError(f"Two zones are named {zone.name!r}.", remedy="Give each its own name.")
    return zones


def parse_zone(text: str) -> Zone:
    """One zone from `NAME:x,y;x,y;x,y…`. Raises `UsageError`."""
    name, colon, points = text.rpartition(":")
    if not colon or not name.strip():
        raise UsageError(f"The zone {text!r} has no name.", remedy=_REMEDY)
    return Zone(name.strip(), parse_polygon(name.strip(), points))


def parse_polygon(name: str, text: str) -> Polygon:
    """The corners of the zone `name`: at least three, in a simple polygon that spans an area. Raises `UsageError`."""
    polygon = tuple(_point(point, name) for point in re.split(r"[;\s]+", re.sub(r"\s*,\s*", ",", text)) if point)
    if len(polygon) > 3 and polygon[0] == polygon[-1]:
        polygon = polygon[:-1]  # closed by hand
    if len(polygon) < 3:
        found = f"{len(polygon)} point{'' if len(polygon) == 1 else 's'}"
        raise UsageError(f"The zone {name!r} has {found} and is not a polygon: that has at least 3.", remedy=_REMEDY)
    if all(_turn(polygon[0], polygon[1], corner) == 0 for corner in polygon):
        raise UsageError(f"The zone {name!r} spans no area.", remedy="Give points that do not lie on one line.")
    if not is_simple(polygon):
        remedy = "Give the corners in the order in which they lie around the zone."
        raise UsageError(f"The sides of the zone {name!r} cross each other.", remedy=remedy)
    return polygon


def _point(text: str, zone: str) -> Point:
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError as problem:
        raise UsageError(f"{text!r} in the zone {zone!r} is no point.", remedy=_REMEDY) from problem
    if not (math.isfinite(x) and math.isfinite(y) and x >= 0 and y >= 0):
        raise UsageError(
            f"The point {text!r} in the zone {zone!r} is outside the picture.",
            remedy="Give pixels from the top left corner.",
        )
    return x, y


def in_pixels(zone: Zone, size: tuple[int, int] | None) -> Zone:
    """The zone in pixels of a picture of `size` (width, height); None: the size is not known.

    Raises `UsageError` where a corner is outside the picture, or fractions meet a picture of unknown size.
    """
    fractions = all(x <= 1 and y <= 1 for x, y in zone.polygon)
    if size is None:
        if fractions:
            message = f"The size of the picture is not known, so the zone {zone.name!r} must be in pixels."
            raise UsageError(message, remedy="Give pixels, or index a recording of the camera first.")
        return zone
    width, height = size
    if fractions:
        return Zone(zone.name, tuple((x * width, y * height) for x, y in zone.polygon))
    for x, y in zone.polygon:
        if x > width or y > height:
            raise UsageError(
                f"The point {x:g},{y:g} of the zone {zone.name!r} is outside the picture ({width} × {height}).",
                remedy="See where things are: hausgeist cameras still NAME -o still.png --grid",
            )
    return zone


def area(polygon: Polygon) -> float:
    """Square units inside, by the shoelace formula."""
    following = (*polygon[1:], polygon[0])
    doubled = sum(x * ny - nx * y for (x, y), (nx, ny) in zip(polygon, following, strict=True))
    return abs(doubled) / 2


def is_simple(polygon: Polygon) -> bool:
    """Whether no two sides cross or touch but at the corner they share."""
    sides = list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))
    for (first, a), (second, b) in combinations(enumerate(sides), 2):
        neighbours = second - first == 1 or (first == 0 and second == len(sides) - 1)
        if neighbours:
            corner, one, other = (a[1], a[0], b[1]) if second - first == 1 else (a[0], a[1], b[0])
            if _turn(corner, one, other) == 0 and _along(corner, one, other) > 0:
                return False  # a side that runs back along the one before
        elif _cross(a, b):
            return False
    return len(set(polygon)) == len(polygon)


def _turn(o: Point, a: Point, b: Point) -> float:
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def _along(o: Point, a: Point, b: Point) -> float:
    return (a[0] - o[0]) * (b[0] - o[0]) + (a[1] - o[1]) * (b[1] - o[1])


def _cross(a: tuple[Point, Point], b: tuple[Point, Point]) -> bool:
    """Whether two segments share a point."""
    turns = _turn(*a, b[0]), _turn(*a, b[1]), _turn(*b, a[0]), _turn(*b, a[1])
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    touching = ((turns[0], a, b[0]), (turns[1], a, b[1]), (turns[2], b, a[0]), (turns[3], b, a[1]))
    return any(turn == 0 and _along(point, *side) <= 0 for turn, side, point in touching)
