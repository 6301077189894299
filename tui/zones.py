"""Reads zones as they are written on the command line: "NAME:x,y;x,y;x,y…", a polygon in pixels."""

from __future__ import annotations

import math

from runtime.errors import UsageError
from tools.finder.records import Zone

Point = tuple[float, float]
_REMEDY = 'Write it as "NAME:x,y;x,y;x,y", such as "table:10,10;300,10;300,200".'


def parse_zones(given: list[str]) -> list[Zone]:
    """The zones of every `--zone`. Raises `UsageError`, also where two have one name."""
    zones = [parse_zone(text) for text in given]
    names = [zone.name.casefold() for zone in zones]
    for zone in zones:
        if names.count(zone.name.casefold()) > 1:
            raise UsageError(f"Two zones are named {zone.name!r}.", remedy="Give each its own name.")
    return zones


def parse_zone(text: str) -> Zone:
    """One zone: at least three points that span an area, none left of or above the picture's corner."""
    name, colon, points = text.rpartition(":")
    if not colon or not name.strip():
        raise UsageError(f"The zone {text!r} has no name.", remedy=_REMEDY)
    polygon = tuple(_point(point, text) for point in points.split(";") if point.strip())
    if len(polygon) < 3:
        found = f"{len(polygon)} point{'' if len(polygon) == 1 else 's'}"
        raise UsageError(f"The zone {name.strip()!r} has {found}; a polygon has at least 3.", remedy=_REMEDY)
    if area(polygon) == 0:
        raise UsageError(f"The zone {name.strip()!r} spans no area.", remedy="Give points that do not lie on one line.")
    return Zone(name.strip(), polygon)


def area(polygon: tuple[Point, ...]) -> float:
    """Square pixels inside, by the shoelace formula."""
    following = (*polygon[1:], polygon[0])
    doubled = sum(x * ny - nx * y for (x, y), (nx, ny) in zip(polygon, following, strict=True))
    return abs(doubled) / 2


def _point(text: str, zone: str) -> Point:
    numbers = text.split(",")
    try:
        x, y = (float(number) for number in numbers)
    except ValueError as problem:
        raise UsageError(f"{text.strip()!r} in the zone {zone!r} is no point.", remedy=_REMEDY) from problem
    if not (math.isfinite(x) and math.isfinite(y) and x >= 0 and y >= 0):
        raise UsageError(
            f"The point {text.strip()!r} in the zone {zone!r} is outside the picture.",
            remedy="Give pixels from the top left corner.",
        )
    return x, y
