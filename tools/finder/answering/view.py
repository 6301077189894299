"""What a camera shows at a time, and who was where: read from the index. Owns no wording and no tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tools.finder.answering.place import place_of
from tools.finder.records import Camera, Change, Person, Sighting, Still
from tools.finder.store import FinderStore

NEAR_S = 3.0
SURE = 0.5
JOIN_S = 20.0
"""People seen on one camera with a pause of at most this are told as one stay."""
CONTEXT_S = 600.0


@dataclass(frozen=True)
class View:
    """A camera at the time of `still`: named things with their count, people, the last changes before it."""

    camera: Camera
    still: Still
    things: tuple[tuple[str, int], ...]
    people: int
    changes: tuple[tuple[Change, str, str | None], ...]
    """Each with its place in words (English) and the thing's name where it is known."""


@dataclass(frozen=True)
class Stay:
    """People in view of a camera from `first` to `last` (Unix seconds); `count` of them were followed apart."""

    camera: str
    first: float
    last: float
    count: int


def view_of(store: FinderStore, camera: Camera, at: float | None, until: float | None = None) -> View | None:
    """The newest still (or the newest between `at` and `until`, else the nearest to `at`); None: there is none."""
    stills = store.stills(camera.name)
    if not stills:
        return None
    within = [s for s in stills if at is not None and at <= s.time < (until or at)]
    still = stills[-1] if at is None else within[-1] if within else min(stills, key=lambda s: abs(s.time - at))
    seen = store.sightings(camera.name, still.time - NEAR_S, still.time + NEAR_S)
    people = store.people(camera.name, still.time - NEAR_S, still.time + NEAR_S)
    named = Counter(s.label for s in seen if s.label and s.origin == "detector" and (s.label_score or 0) >= SURE)
    segment = next(s for s in store.segments(camera.name) if s.id == still.segment_id)
    earlier = store.changes(camera.name, still.time - CONTEXT_S, still.time)[-3:]
    every = store.sightings(camera.name, still.time - CONTEXT_S, still.time) if earlier else []
    size = (segment.width, segment.height)
    told = tuple((c, place_of(c.box, camera, size).words_en, _name_of(c, every)) for c in reversed(earlier))
    return View(camera, still, tuple(named.most_common()), len(people), told)


def _name_of(change: Change, sightings: Sequence[Sighting]) -> str | None:
    for sighting in sightings:
        if change.id in (sighting.placed_by, sighting.ended_by):
            colour = next((word for word in sighting.colours if word not in {"light", "dark"}), None)
            label = sighting.label if (sighting.label_score or 0) >= SURE else None
            return " ".join(word for word in (colour, label or "thing") if word)
    return None


def stays(store: FinderStore, since: float | None, until: float | None) -> list[Stay]:
    """Who was in view where: the stays of people by camera, the newest first."""
    names = {camera.id: camera.name for camera in store.cameras()}
    by_camera: dict[str, list[Person]] = {}
    for person in store.people(None, since, until):
        by_camera.setdefault(names[person.camera_id], []).append(person)
    found = [stay for name, people in by_camera.items() for stay in _joined(name, people)]
    return sorted(found, key=lambda stay: -stay.last)


def _joined(name: str, people: Sequence[Person]) -> list[Stay]:
    found: list[Stay] = []
    for person in sorted(people, key=lambda p: p.first_seen):
        last = found[-1] if found else None
        if last is not None and person.first_seen - last.last <= JOIN_S:
            together = person.first_seen < last.last - 1.0
            count = last.count + 1 if together else last.count
            found[-1] = Stay(name, last.first, max(last.last, person.last_seen), count)
        else:
            found.append(Stay(name, person.first_seen, person.last_seen, 1))
    return found
