"""`hausgeist cameras`: adds, lists, indexes and removes cameras, and lists what changed before them."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tools.finder import cameras
from tools.finder import events as changes
from tools.finder.index import IndexReport, index_cameras, open_store
from tools.finder.looks.appearance import current_version
from tools.finder.looks.vectors import Vectors
from tools.finder.scan.segments import camera_zone
from tui.commands.common import interruptible, open_house, parse_start
from tui.output import note, print_json, print_table, progress_bar, say
from tui.zones import parse_zones

if TYPE_CHECKING:
    from runtime.house import House
    from tools.finder.store import FinderStore


def add(options: Namespace) -> int:
    """Add a camera after its path, start and zones were checked."""
    zones = parse_zones(options.zone)
    with open_house(options) as house:
        start = parse_start(options.start, house).timestamp() if options.start else None
        with open_store(house) as store:
            camera = cameras.add_camera(store, options.name, options.path, start=start, zones=zones)
            state = next(s for s in cameras.list_cameras(store) if s.camera.id == camera.id)
    if options.json:
        print_json(_as_json(state, house))
        return 0
    say(f"Added {camera.name} at {camera.source}; recordings there: {state.recordings}.")
    say(f"Next: hausgeist cameras index {camera.name}")
    return 0


def list_cameras(options: Namespace) -> int:
    """List every camera with the state of its recordings."""
    with open_house(options) as house, open_store(house) as store:
        states = cameras.list_cameras(store)
    rows = [_as_json(state, house) for state in states]
    if options.json:
        print_json({"cameras": rows})
        return 0
    cells = [
        (
            row["name"],
            row["source"],
            f"{row['indexed']} of {row['recordings']}",
            f"{row['from']} to {row['to']}" if row["from"] else "-",
            ", ".join(zone["name"] for zone in row["zones"]) or "-",
            row["problem"] or "; ".join(f"{path}: {problem}" for path, problem in row["broken"]) or "ok",
        )
        for row in rows
    ]
    columns = ("camera", "source", "indexed", "covers", "zones", "state")
    print_table(columns, cells, empty="There is no camera. Add one with `hausgeist cameras add NAME PATH`.")
    return 0


def index(options: Namespace) -> int:
    """Look through what is new. Exit status 1 when a recording could not be used, or only in part."""
    with (
        open_house(options) as house,
        open_store(house) as store,
        interruptible() as cancellation,
        progress_bar() as show,
    ):
        report = index_cameras(
            house,
            store,
            options.names or None,
            progress=lambda p: show(p.message, p.done, p.total, p.unit),
            cancellation=cancellation,
        )
    if options.json:
        print_json(_report(report))
    else:
        _say_report(report)
    for path, problem in report.broken:
        note(f"hausgeist: {path}: {problem}")
    return 1 if report.broken else 0


def events(options: Namespace) -> int:
    """List what was placed, removed or covered; with --json one object a line."""
    with open_house(options) as house, open_store(house) as store:
        zone = camera_zone(house.settings.finder.timezone) or house.now().tzinfo
        rows = changes.events(store, options.name, zone)
    if options.json:
        for row in rows:
            print_json(row)
        return 0
    cells = [
        (r["camera"], r["time"], f"{r['offset_s']:.1f}", r["type"], r["label"] or "-", r["box"], f"{r['score']:.2f}")
        for r in rows
    ]
    columns = ("camera", "time", "offset s", "type", "label", "box x y w h", "score")
    print_table(columns, cells, empty="Nothing was placed, removed or covered, or nothing is indexed yet.")
    return 0


def remove(options: Namespace) -> int:
    """Forget cameras with all that was indexed of them."""
    with open_house(options) as house, open_store(house) as store:
        names = [store.camera(name).name for name in options.names]  # all are known before one is removed
        for name in dict.fromkeys(names):
            _remove(house, store, name)
            if not options.json:
                say(f"Removed {name}; its recordings are untouched.")
    if options.json:
        print_json({"removed": list(dict.fromkeys(names))})
    return 0


def _remove(house: House, store: FinderStore, name: str) -> None:
    """Delete the truth first, then the vectors of its sightings: what is left over is never asked for."""
    sightings = store.remove_camera(name)
    if (house.paths.finder / "vectors").is_dir():
        Vectors(house, current_version(house)).remove(sightings)


def _as_json(state: cameras.CameraState, house: House) -> dict[str, Any]:
    camera = state.camera
    return {
        "name": camera.name,
        "source": camera.source,
        "start": _iso(camera.start, house),
        "zones": [{"name": zone.name, "polygon": [list(point) for point in zone.polygon]} for zone in camera.zones],
        "recordings": state.recordings,
        "indexed": state.indexed,
        "waiting": state.waiting,
        "broken": [list(pair) for pair in state.broken],
        "from": _iso(state.start, house),
        "to": _iso(state.end, house),
        "problem": state.problem,
    }


def _iso(time: float | None, house: House) -> str | None:
    if time is None:
        return None
    zone = camera_zone(house.settings.finder.timezone) or house.now().tzinfo
    return datetime.fromtimestamp(time, zone).isoformat(timespec="seconds")


def _report(report: IndexReport) -> dict[str, Any]:
    body = asdict(report)
    body["broken"] = [list(pair) for pair in report.broken]
    body["footage_s"], body["wall_s"] = round(report.footage_s, 1), round(report.wall_s, 1)
    return {**body, "times_real_time": round(report.times_real_time, 1)}


def _say_report(report: IndexReport) -> None:
    if not report.indexed and not report.broken:
        say(f"Nothing new; indexed before: {report.skipped}.")
        return
    say(
        f"Recordings indexed: {report.indexed}, {report.footage_s:.0f} s of footage in {report.wall_s:.0f} s"
        f" ({report.times_real_time:.1f}× real time): {report.changes} changes, {report.sightings} sightings."
    )
