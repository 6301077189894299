"""From ranked sightings to an answer: the after-check, who handled it, where it lies. Owns no wording and no ranking.

The after-check asks what happened on the spot since: nothing (`visible`), something was put on it (`covered`), it was
taken and is not seen lying anywhere since (`carried`), or it is no longer there and nobody was seen (`gone`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tools.finder.answering.match import Ranked
from tools.finder.answering.place import Place, place_of
from tools.finder.records import Box, Camera, Change, Coverage, Person, Sighting

State = Literal["visible", "covered", "carried", "gone"]
SAME_THING = 0.3
"""Sightings whose likelihood ratio is at least this share of the best one's may be the same thing."""
SAME_LOOK = 0.8
"""Sightings whose vectors have this cosine are taken for one thing that was moved, when words or photo allow it."""
HANDOVER_S = 45.0
"""A person seen on another camera within this time of leaving one may be the same person."""
LATER_S = 3.0


@dataclass(frozen=True)
class Step:
    """Where a person was seen on the way, from when to when (Unix seconds)."""

    camera: str
    first_seen: float
    last_seen: float


@dataclass(frozen=True)
class Reported:
    """A sighting as it is told. `event` is the change that ended it; `cover` says what lies there now."""

    sighting: Sighting
    score: float
    camera: str
    place: Place
    state: State
    event: Change | None = None
    cover: str | None = None
    by: str | None = None
    path: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Found:
    """The reported sightings, newest first; empty when the thing counts as not seen. `best`: the best score of all."""

    reported: tuple[Reported, ...]
    best: float
    coverage: tuple[Coverage, ...] = field(default=())


@dataclass(frozen=True)
class House:
    """What the index knows, as far as an answer needs it."""

    cameras: Sequence[Camera]
    sizes: dict[int, tuple[int, int]]
    """Width and height of each camera's recordings, pixels, by camera id."""
    sightings: Sequence[Sighting]
    changes: Sequence[Change]
    people: Sequence[Person]
    coverage: Sequence[Coverage]


def choose(ranked: Sequence[Ranked], found_score: float, limit: int = 5) -> list[Ranked]:
    """The sightings of what is most likely the thing, newest first; none when the best stays under `found_score`."""
    if not ranked or ranked[0].score < found_score:
        return []
    best = ranked[0]
    same = [
        r
        for r in ranked
        if (r.ratio >= SAME_THING * best.ratio and r.score >= 0.6 * found_score)
        or (r.like_best >= SAME_LOOK and r.ratio >= 0.03 * best.ratio)
    ]
    kept: list[Ranked] = []
    for one in sorted(same, key=lambda r: -r.ratio):
        if not any(_same_spot(known.sighting, one.sighting) for known in kept):
            kept.append(one)
    return sorted(kept, key=lambda r: (r.sighting.last_seen, r.score), reverse=True)[:limit]


def report(chosen: Sequence[Ranked], house: House) -> list[Reported]:
    """Each chosen sighting with its place, and with what the after-check says."""
    return [_report(one, chosen, house) for one in chosen]


def _report(one: Ranked, chosen: Sequence[Ranked], house: House) -> Reported:
    sighting = one.sighting
    camera = next(c for c in house.cameras if c.id == sighting.camera_id)
    near = [s for s in house.sightings if s.camera_id == camera.id and s.origin == "detector" and s.id != sighting.id]
    place = place_of(sighting.box, camera, house.sizes.get(camera.id, (1, 1)), near)
    event = _ending(sighting, house.changes)
    state, cover = _state(sighting, event, chosen, house)
    person = _person(event, sighting, house)
    path = _path(person, house) if person is not None and state == "carried" else ()
    by = "person" if person is not None else None
    return Reported(sighting, one.score, camera.name, place, state, event, cover, by, path)


def _ending(sighting: Sighting, changes: Sequence[Change]) -> Change | None:
    """The change that ended a sighting: the one the index names, else the first later one on most of its box."""
    for change in changes:
        if change.id == sighting.ended_by:
            return change
    if sighting.ended_by is not None:
        return None
    for change in changes:
        here = change.camera_id == sighting.camera_id and change.time > sighting.last_seen - LATER_S
        if here and change.type in {"removed", "covered"} and _share(sighting.box, change.box) > 0.6:
            return change
    return None


def _state(
    sighting: Sighting, event: Change | None, chosen: Sequence[Ranked], house: House
) -> tuple[State, str | None]:
    if event is not None and event.type == "covered":
        return "covered", _cover(event, sighting, house)
    later = _placed_on(sighting, house)
    if event is None and later is not None:
        return "covered", _name(later)
    if event is not None:
        return "carried", None
    end = next((c.end for c in house.coverage if c.camera == _camera_name(sighting, house)), None)
    return ("gone" if end is not None and end - sighting.last_seen > 60.0 else "visible"), None


def _placed_on(sighting: Sighting, house: House) -> Sighting | None:
    """What was put over the spot later and still lies there, where no change says so itself."""
    for other in house.sightings:
        later = other.placed_by is not None and other.first_seen > sighting.first_seen + LATER_S
        here = other.camera_id == sighting.camera_id and other.id != sighting.id
        stays = other.ended_by is None and other.first_seen >= sighting.last_seen - LATER_S
        larger = other.box[2] * other.box[3] > 1.5 * sighting.box[2] * sighting.box[3]
        if later and here and stays and larger and _share(sighting.box, other.box) > 0.7:
            return other
    return None


def _cover(event: Change, sighting: Sighting, house: House) -> str | None:
    """What was put there when `event` happened, by colour and label."""
    near = [
        s
        for s in house.sightings
        if s.camera_id == sighting.camera_id and s.id != sighting.id and s.placed_by is not None
        and abs(s.first_seen - event.time) < 5.0 and _share(sighting.box, s.box) > 0.4
    ]  # fmt: skip
    return _name(max(near, key=lambda s: s.box[2] * s.box[3])) if near else None


def _name(sighting: Sighting) -> str | None:
    """A thing in words, as far as it is known: "blue book", "red thing"."""
    colour = next((word for word in sighting.colours if word not in {"light", "dark"}), "")
    sure = sighting.label if (sighting.label_score or 0) >= 0.4 and sighting.label else ""
    return f"{colour} {sure or 'thing'}".strip() if colour or sure else None


def _person(event: Change | None, sighting: Sighting, house: House) -> Person | None:
    """Who was near when the sighting ended, or when it began where it has not ended."""
    change = event or next((c for c in house.changes if c.id == sighting.placed_by), None)
    if change is None or change.person_id is None:
        return None
    return next((p for p in house.people if p.id == change.person_id), None)


def _path(person: Person, house: House, steps: int = 4) -> tuple[Step, ...]:
    """Where a person was seen next: on another camera soon after leaving the one before."""
    names = {camera.id: camera.name for camera in house.cameras}
    path, at = list[Step](), person
    for _ in range(steps):
        later = [
            p for p in house.people
            if p.camera_id != at.camera_id and -5.0 <= p.first_seen - at.last_seen <= HANDOVER_S
        ]  # fmt: skip
        if not later:
            break
        at = min(later, key=lambda p: abs(p.first_seen - at.last_seen))
        path.append(Step(names[at.camera_id], at.first_seen, at.last_seen))
    return tuple(path)


def _camera_name(sighting: Sighting, house: House) -> str:
    return next(camera.name for camera in house.cameras if camera.id == sighting.camera_id)


def _same_spot(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings are of one stay: same camera, times that touch, boxes that agree or one in the other."""
    touch = one.first_seen - LATER_S <= other.last_seen and other.first_seen - LATER_S <= one.last_seen
    shares = (_share(one.box, other.box), _share(other.box, one.box))
    return one.camera_id == other.camera_id and touch and (min(shares) > 0.45 or max(shares) > 0.75)


def _share(inside: Box, outside: Box) -> float:
    """The share of one box that lies within another."""
    width = min(inside[0] + inside[2], outside[0] + outside[2]) - max(inside[0], outside[0])
    height = min(inside[1] + inside[3], outside[1] + outside[3]) - max(inside[1], outside[1])
    return max(0.0, width) * max(0.0, height) / max(1e-9, inside[2] * inside[3])
