"""What the cameras saw: things, the day's lanes, the filmstrip of one sighting. Owns no search."""

from __future__ import annotations

import base64
import contextlib
from datetime import datetime, timedelta
from typing import Any

from agent.host.job import Job
from runtime.errors import HausgeistError
from runtime.paths import ensure
from tools.finder.records import Sighting
from tools.finder.scan.segments import camera_zone
from tools.finder.sealing import shown_folder
from tools.finder.store import FinderStore
from tools.finder.taught.rows import Item

MOST_THINGS = 60
CROP_PX = 160
KNOWN_SCORE = 0.3
"""From this score on a label names the thing."""


def things(job: Job, query: str = "") -> list[dict[str, Any]]:
    """Things by what they look like, each where it was last seen, the newest first; `query` filters by words.

    {"name", "camera", "first_seen", "last_seen", "box", "score", "times", "crop" (base64 JPEG or "")}; Unix seconds.
    """
    if not (job.house.paths.finder / "finder.sqlite").exists():
        return []
    with FinderStore(job.house.paths.finder) as store:
        names = {camera.id: camera.name for camera in store.cameras()}
        sightings = [one for one in store.sightings() if _worth(one)]
        taught = [_taught(store, item) for item in store.items()]
    groups: dict[str, list[Sighting]] = {}
    wanted = query.casefold().split()
    for one in sightings:
        name = _name(one)
        if all(word in f"{name} {names[one.camera_id]}".casefold() for word in wanted):
            groups.setdefault(name, []).append(one)
    taught = [row for row in taught if all(word in row["name"].casefold() for word in wanted)]
    return [
        *taught,
        *(_thing(name, seen, names[seen[0].camera_id]) for name, seen in list(groups.items())[:MOST_THINGS]),
    ]


def _taught(store: FinderStore, item: Item) -> dict[str, Any]:
    """A taught thing with its first picture; where it was last seen is a search of its own (`where`)."""
    crop = b""
    with contextlib.suppress(HausgeistError, OSError, IndexError):
        from tools.finder.picture_backend import encoded, open_picture

        image = open_picture(store.folder / item.photos[0].file)
        image.thumbnail((CROP_PX, CROP_PX))
        crop = encoded(image, "JPEG")
    return {
        "name": item.name,
        "camera": "",
        "first_seen": None,
        "last_seen": None,
        "box": [],
        "score": 0.0,
        "times": len(item.photos),
        "crop": base64.b64encode(crop).decode(),
        "taught": True,
    }


def where(job: Job, thing: str) -> str:
    """Where a thing was last seen, in words, as `find_item` says it."""
    from tools.finder.answering.search import FindQuery, search

    return search(job.house, job.desk.memory.embedder, FindQuery(thing), check=job.cancellation.check).answer


def _worth(one: Sighting) -> bool:
    """Whether a sighting is a thing to people: somebody put it there, or it was recognised."""
    return one.origin == "change" or _known(one)


def _known(one: Sighting) -> bool:
    return one.label is not None and (one.label_score or 0) >= KNOWN_SCORE


def _name(one: Sighting) -> str:
    colours = " ".join(word for word in one.colours[:2] if word not in {"light", "dark"})
    label = one.label if _known(one) else "thing"
    return f"{colours} {label}".strip()


def _thing(name: str, seen: list[Sighting], camera: str) -> dict[str, Any]:
    newest = seen[0]
    return {
        "name": name,
        "camera": camera,
        "first_seen": newest.first_seen,
        "last_seen": newest.last_seen,
        "box": list(newest.box),
        "score": newest.label_score or 0.0,
        "times": len(seen),
        "crop": base64.b64encode(newest.crop).decode() if newest.crop else "",
    }


def timeline(job: Job, day: str = "", thing: str = "") -> dict[str, Any]:
    """One day by camera: {"day", "from", "to", "lanes": [{"camera", "gaps", "covered", "people", "thing", "changes"}]}.

    `day` is ISO 8601, else the newest day with footage. `thing` is looked for as `find_item` does. All times are Unix
    seconds; `people` and `thing` are lists of [from, to], `changes` of [time, type].
    """
    zone = camera_zone(job.house.settings.finder.timezone) or job.house.now().tzinfo
    if not (job.house.paths.finder / "finder.sqlite").exists():
        return {"day": "", "from": 0.0, "to": 0.0, "lanes": []}
    seen = _sightings_of(job, thing)
    with FinderStore(job.house.paths.finder) as store:
        cameras = [camera.name for camera in store.cameras()]
        ends = [covered.end for name in cameras if (covered := store.coverage(name)).end is not None]
        if day:
            start = datetime.fromisoformat(day).replace(tzinfo=zone)
        else:
            newest = datetime.fromtimestamp(max(ends), zone) if ends else job.house.now()
            start = newest.replace(hour=0, minute=0, second=0, microsecond=0)
        span = (start.timestamp(), (start + timedelta(days=1)).timestamp())
        lanes = [_lane(store, name, *span, seen) for name in cameras]
    return {"day": start.date().isoformat(), "from": span[0], "to": span[1], "lanes": lanes}


def _lane(store: FinderStore, name: str, start: float, end: float, seen: list[dict[str, Any]]) -> dict[str, Any]:
    segments = [s for s in store.segments(name) if s.status != "broken" and s.start < end]
    covered = [[s.start, s.start + s.duration_s] for s in segments if s.start + s.duration_s > start]
    return {
        "camera": name,
        "covered": covered,
        "gaps": [list(gap) for gap in store.coverage(name, start, end).gaps],
        "people": [[p.first_seen, p.last_seen] for p in store.people(name, start, end)],
        "thing": [[one["from"], one["to"]] for one in seen if one["camera"] == name],
        "changes": [[change.time, change.type] for change in store.changes(name, start, end)],
    }


def _sightings_of(job: Job, thing: str) -> list[dict[str, Any]]:
    if not thing.strip():
        return []
    from tools.finder.answering.search import FindQuery, search

    result = search(job.house, job.desk.memory.embedder, FindQuery(thing), check=job.cancellation.check)
    return [{"camera": one.camera, "from": one.sighting.first_seen, "to": one.sighting.last_seen}
            for one in result.found.reported]  # fmt: skip


def filmstrip(job: Job, camera: str, first_seen: str, last_seen: str, box: list[float]) -> list[dict[str, Any]]:
    """Before, last seen and after, with the box drawn: [{"when", "time", "file"}]; those without a still are left out.

    Times are ISO 8601 as `find_item` tells them; `box` is in pixels of the recording.
    """
    from tools.finder.answering.evidence_backend import draw_evidence

    first, last = (datetime.fromisoformat(text).timestamp() for text in (first_seen, last_seen))
    kept = shown_folder(job.house)
    strips = ensure(job.house.paths.cache / "filmstrip" if kept == job.house.paths.outputs else kept / "filmstrip")
    with FinderStore(job.house.paths.finder) as store:
        stills = store.stills(camera)
        before = [s for s in stills if s.time < first - 0.5]
        during = [s for s in stills if first - 0.5 <= s.time <= last + 0.5]
        after = [s for s in stills if s.time > last + 0.5]
        chosen = [("before", before[-1:]), ("seen", during[-1:]), ("after", after[:1])]
        frames = []
        for when, found in chosen:
            for still in found:
                target = strips / f"{still.id}-{round(last)}-{round(box[0])}.jpg"
                try:
                    draw_evidence(store.folder / still.file, tuple(box), still.scale, target, 960)  # type: ignore[arg-type]
                except HausgeistError:
                    continue
                frames.append({"when": when, "time": still.time, "file": str(target)})
    return frames
