"""`hausgeist cameras still`, `zone`, `coverage`: what a camera shows, its named places, and when it recorded."""

from __future__ import annotations

import re
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime.errors import UsageError
from runtime.house import House
from runtime.paths import replacing
from runtime.times import parse_when
from tools.finder import cameras
from tools.finder.index import open_store
from tools.finder.pictures import camera_picture
from tools.finder.records import Zone
from tools.finder.scan.segments import camera_zone
from tools.finder.zones import area, parse_polygon
from tui.commands.common import open_house, output_path
from tui.output import print_json, print_table, say


def still(options: Namespace) -> int:
    """Write a picture of a camera to a file."""
    target = output_path(options.output, f"{options.name}.png")
    with open_house(options) as house, open_store(house) as store:
        camera = store.camera(options.name)
        picture = camera_picture(house, store, camera, moment(options.at, house, "--at"))
        name = re.sub(r"[^\w-]+", "-", camera.name)
        target = target or Path(f"{name}.png").absolute()
        _write(target, picture.image, picture.scale, camera.zones if options.grid else None)
        body = {
            "camera": camera.name, "file": str(target), "time": iso(picture.time, house),
            "width": picture.image.width, "height": picture.image.height, "from": picture.origin,
        }  # fmt: skip
    if options.json:
        print_json(body)
    else:
        say(f"{camera.name} at {body['time']} ({body['width']} × {body['height']}): {target}")
    return 0


def _write(target: Path, image: Any, scale: float, zones: tuple[Zone, ...] | None) -> None:
    from tools.finder.picture_backend import draw_grid, encoded

    if zones is not None:
        image = draw_grid(image, [Zone(z.name, tuple((x * scale, y * scale) for x, y in z.polygon)) for z in zones])
    kind = "JPEG" if target.suffix.lower() in {".jpg", ".jpeg"} else "PNG"
    with replacing(target) as beside:
        beside.write_bytes(encoded(image, kind))


def zone(options: Namespace) -> int:
    """List, set or remove a camera's zones."""
    if options.polygon and options.remove:
        raise UsageError("--polygon and --remove do not go together.", remedy="Give one of them.")
    listing = options.place is None or (options.place == "list" and not (options.polygon or options.remove))
    if listing and (options.polygon or options.remove):
        raise UsageError("The zone has no name.", remedy="Write hausgeist cameras zone NAME PLACE …")
    if not listing and not (options.polygon or options.remove):
        remedy = 'Give --polygon "x,y x,y x,y…" or --remove.'
        raise UsageError(f"What shall happen to the zone {options.place!r}?", remedy=remedy)
    with open_house(options) as house, open_store(house) as store:
        if options.polygon:
            corners = parse_polygon(options.place.strip(), options.polygon)
            cameras.set_zone(store, options.name, Zone(options.place.strip(), corners))
        elif options.remove:
            store.remove_zone(options.name, options.place)
        camera = store.camera(options.name)
        size = cameras.picture_size(store, camera)
    rows = [_zone_as_json(one, size) for one in camera.zones]
    if options.json:
        print_json({"camera": camera.name, "width": size and size[0], "height": size and size[1], "zones": rows})
        return 0
    cells = [(row["name"], row["written"], "-" if row["share"] is None else f"{row['share']:.0%}") for row in rows]
    print_table(("zone", "corners, pixels", "of the picture"), cells, empty=f"{camera.name} has no zone yet.")
    return 0


def _zone_as_json(one: Zone, size: tuple[int, int] | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "polygon": [list(point) for point in one.polygon],
        "written": " ".join(f"{x:g},{y:g}" for x, y in one.polygon),
        "share": None if size is None else round(area(one.polygon) / (size[0] * size[1]), 4),
    }


def coverage(options: Namespace) -> int:
    """Tell when a camera's indexed recordings cover, and what is missing."""
    with open_house(options) as house, open_store(house) as store:
        since, until = moment(options.since, house, "--since"), moment(options.until, house, "--until")
        found = store.coverage(options.name, since, until)
        spans = _spans(found.start, found.end, found.gaps)
        body = {
            "camera": found.camera, "from": iso(found.start, house), "to": iso(found.end, house),
            "covered_s": round(sum(b - a for a, b in spans), 1),
            "missing_s": round(sum(b - a for a, b in found.gaps), 1),
            "covered": [_span(a, b, house) for a, b in spans], "gaps": [_span(a, b, house) for a, b in found.gaps],
        }  # fmt: skip
    if options.json:
        print_json(body)
        return 0
    if not spans:
        say(f"Nothing of {found.camera} is indexed for that time.")
        return 0
    rows = sorted([(a, b, "recorded") for a, b in spans] + [(a, b, "missing") for a, b in found.gaps])
    cells = [(iso(a, house), iso(b, house), _length(b - a), what) for a, b, what in rows]
    print_table(("from", "to", "length", "what"), cells, empty="")
    return 0


def _spans(start: float | None, end: float | None, gaps: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """The covered times between the gaps."""
    if start is None or end is None:
        return []
    edges = [start, *(edge for a, b in gaps if start <= a and b <= end for edge in (a, b)), end]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _span(a: float, b: float, house: House) -> dict[str, Any]:
    return {"from": iso(a, house), "to": iso(b, house), "seconds": round(b - a, 1)}


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def moment(text: str | None, house: House, option: str) -> float | None:
    """Unix seconds of a time as a person says it; None where none is given. Raises `UsageError`."""
    if text is None:
        return None
    interval = parse_when(text, house.now())
    if interval is None:
        remedy = 'Write "10:42", "yesterday", "2 hours ago", or a time as ISO 8601.'
        raise UsageError(f"{option} {text!r} is no time.", remedy=remedy)
    return interval.start.timestamp()


def iso(seconds: float | None, house: House) -> str | None:
    """A time for programs and people, in the zone of the cameras."""
    if seconds is None:
        return None
    zone = camera_zone(house.settings.finder.timezone) or house.now().tzinfo
    return datetime.fromtimestamp(seconds, zone).isoformat(timespec="seconds")
