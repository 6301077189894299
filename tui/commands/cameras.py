"""`hausgeist cameras`: adds, lists, indexes and removes cameras, and lists what changed before them."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.errors import UsageError
from tools.finder import cameras
from tools.finder import events as changes
from tools.finder.index import IndexReport, index_cameras, open_store, scan_spec
from tools.finder.records import CameraOptions
from tools.finder.retention import tidy
from tools.finder.scan.segments import camera_zone
from tools.finder.sources.address import parse_address, redact
from tools.finder.sources.fetching import fetch_frigate
from tools.finder.zones import parse_zones
from tui.commands.common import existing_file, interruptible, open_house, parse_start
from tui.output import note, print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from runtime.house import House
    from tools.finder.scan.ray_backend import RayScans


def add(options: Namespace) -> int:
    """Add a camera after its place or address, start and zones were checked."""
    zones = parse_zones(options.zone)
    address = parse_address(options.path, _password(options))
    if address is not None and (options.start or options.name_pattern):
        wrong = "--start" if options.start else "--name-pattern"
        raise UsageError(f"{wrong} is for recordings of yours.", remedy="A live camera tells its own time.")
    how = CameraOptions(options.name_pattern, options.timezone, options.frigate_camera, options.events_only)
    with open_house(options) as house:
        start = parse_start(options.start, house).timestamp() if options.start else None
        with open_store(house) as store:
            if address is None:
                camera = cameras.add_camera(store, options.name, options.path, start=start, zones=zones, options=how)
            else:
                check = not options.no_check
                camera = cameras.add_live(house, store, options.name, address, zones=zones, options=how, check=check)
            state = next(s for s in cameras.list_cameras(store) if s.camera.id == camera.id)
    if options.json:
        print_json(_as_json(state, house))
        return 0
    if camera.kind == "recordings":
        say(f"Added {camera.name} at {camera.source}; recordings there: {state.recordings}.")
        say(f"Next: hausgeist cameras index {camera.name}")
    else:
        say(f"Added {camera.name} at {camera.source}.")
        say("Next: hausgeist cameras watch")
    return 0


def _password(options: Namespace) -> str | None:
    """The password from `--password-file`, or typed where the address has a user only and there is a terminal."""
    given = options.password_file
    if given:
        if given == "-":
            return sys.stdin.readline().rstrip("\n")
        file = existing_file(given, "password file")
        return file.read_text(encoding="utf-8").splitlines()[0] if file.stat().st_size else ""
    user = re.match(r"^[a-z]+://[^:@/]+@", options.path, re.IGNORECASE)
    if user and sys.stdin.isatty():
        return getpass(f"Password for {redact(options.path)}: ")
    return None


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
            _covers(row),
            ", ".join(zone["name"] for zone in row["zones"]) or "-",
            row["problem"] or (f"not whole: {len(row['broken'])} recordings" if row["broken"] else "ok"),
        )
        for row in rows
    ]
    columns = ("camera", "source", "indexed", "covers", "zones", "state")
    print_table(columns, cells, empty="There is no camera. Add one with `hausgeist cameras add NAME PATH`.")
    for row in rows:
        _say_broken(row)
    return 0


def _say_broken(row: dict[str, Any]) -> None:
    """Each recording of a camera that could not be used in full, with what could be used of it."""
    if row["broken"]:
        say(f"\nRecordings of {row['name']} that are not whole, in {row['source']}:")
    for path, problem in row["broken"]:
        said = re.sub(f"The (video|file) {re.escape(path)} ", "it ", problem).rstrip(".")
        say(f"  {Path(path).name}: {said}{'' if problem.endswith(' used') else '; nothing of it is used'}")


def _covers(row: dict[str, Any]) -> str:
    """From when to when, and how much of it is missing."""
    if not row["from"]:
        return "-"
    gaps = row["gaps"]
    text = f"{row['from']} to {row['to']}"
    if not gaps:
        return text
    longest = max(gaps, key=lambda gap: gap["seconds"])
    return f"{text}, {len(gaps)} gap{'s' * (len(gaps) > 1)}, the longest {longest['from']} to {longest['to']}"


def index(options: Namespace) -> int:
    """Look through what is new, then keep within the limits. Exit status 1 when something could not be used in full."""
    with (
        open_house(options) as house,
        open_store(house) as store,
        interruptible() as cancellation,
        progress_bar() as show,
        ExitStack() as stack,
    ):
        names = [store.camera(name).name for name in options.names] or None
        missed = fetch_frigate(house, store, names, cancellation.check)
        elsewhere = stack.enter_context(_ray(house, options)) if options.engine == "ray" else None
        report = index_cameras(
            house,
            store,
            names,
            progress=lambda p: show(p.message, p.done, p.total, p.unit),
            cancellation=cancellation,
            elsewhere=elsewhere,
        )
        report.broken[:0] = missed
        kept = tidy(house, store)
    if options.json:
        print_json({**_report(report), "given_up": asdict(kept)})
    else:
        _say_report(report)
        if kept.anything:
            say(kept.words)
    for path, problem in report.broken:
        note(f"hausgeist: {path}: {problem}")
    return 1 if report.broken else 0


def _ray(house: House, options: Namespace) -> RayScans:
    """Scans on a Ray cluster. Raises `UsageError` where Ray is not installed or not reached."""
    try:
        from tools.finder.scan.ray_backend import RayScans
    except ModuleNotFoundError as problem:
        remedy = "Install it: pip install 'hausgeist[cluster]'."
        raise UsageError(f"--engine ray needs the package {problem.name}.", remedy=remedy) from problem
    return RayScans(scan_spec(house).kwargs, workers=options.workers, address=options.ray_address)


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
    """Forget cameras with all that was indexed of them, and what we recorded or fetched ourselves."""
    with open_house(options) as house, open_store(house) as store:
        names = [store.camera(name).name for name in options.names]  # all are known before one is removed
        for name in dict.fromkeys(names):
            camera = cameras.forget_camera(house, store, name)
            if not options.json:
                own = "; its recordings are untouched" if camera.held is None else ", with what was recorded of it"
                say(f"Removed {name}{own}.")
    if options.json:
        print_json({"removed": list(dict.fromkeys(names))})
    return 0


def _as_json(state: cameras.CameraState, house: House) -> dict[str, Any]:
    camera = state.camera
    return {
        "name": camera.name,
        "kind": camera.kind,
        "source": camera.source,
        "options": {key: value for key, value in asdict(camera.options).items() if value},
        "start": _iso(camera.start, house),
        "zones": [{"name": zone.name, "polygon": [list(point) for point in zone.polygon]} for zone in camera.zones],
        "recordings": state.recordings,
        "indexed": state.indexed,
        "waiting": state.waiting,
        "broken": [list(pair) for pair in state.broken],
        "from": _iso(state.start, house),
        "to": _iso(state.end, house),
        "gaps": [
            {"from": _iso(a, house), "to": _iso(b, house), "seconds": round(b - a, 1)} for a, b in state.coverage.gaps
        ],
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
    if report.growing:
        say(f"Recordings that are still being written are left for later: {report.growing}.")
    if not report.indexed and not report.broken:
        say(f"Nothing new; indexed before: {report.skipped}.")
        return
    say(
        f"Recordings indexed: {report.indexed}, {report.footage_s:.0f} s of footage in {report.wall_s:.0f} s"
        f" ({report.times_real_time:.1f}× real time): {report.changes} changes, {report.sightings} sightings."
    )
