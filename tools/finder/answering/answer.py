"""From ranked sightings to an answer: the after-check, who handled it, where it lies. Owns no wording and no ranking.

The after-check asks what happened on the spot since: nothing (`visible`), something was put on it (`covered`), it was
taken and is not seen lying anywhere since (`carried`), or it is no longer there and nobody was seen (`gone`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tools.finder.answering.history import LATER_S, History, share
from tools.finder.answering.match import Ranked
from tools.finder.answering.place import Place, place_of
from tools.finder.records import Change, Coverage, Person, Sighting

State = Literal["visible", "covered", "carried", "gone"]
SAME_THING = 0.3
"""Sightings whose likelihood ratio is at least this share of the best one's may be the same thing."""
SAME_LOOK = 0.8
"""Sightings whose vectors have this cosine are taken for one thing that was moved, when words or photo allow it."""
HANDOVER_S = 45.0
"""A person seen on another camera within this time of leaving one may be the same person."""


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


def report(chosen: Sequence[Ranked], history: History) -> list[Reported]:
    """Each chosen sighting with its place, and with what the after-check says."""
    return [_report(one, history) for one in chosen]


def _report(one: Ranked, history: History) -> Reported:
    sighting = one.sighting
    camera = history.camera(sighting.camera_id)
    place = place_of(sighting.box, camera, history.sizes.get(camera.id, (1, 1)), history.neighbours(sighting))
    event = history.ending(sighting)
    state, cover = _state(sighting, event, history)
    person = _person(event, sighting, history)
    path = _path(person, history) if person is not None and state == "carried" else ()
    by = "person" if person is not None else None
    return Reported(sighting, one.score, camera.name, place, state, event, cover, by, path)


def _state(sighting: Sighting, event: Change | None, history: History) -> tuple[State, str | None]:
    if event is not None and event.type == "covered":
        cover = history.put_at(event, sighting.box)
        return "covered", _name(cover) if cover else None
    later = history.placed_on(sighting) if event is None else None
    if later is not None:
        return "covered", _name(later)
    if event is not None:
        return "carried", None
    end = history.end_of(sighting.camera_id)
    return ("gone" if end is not None and end - sighting.last_seen > 60.0 else "visible"), None


def _name(sighting: Sighting) -> str | None:
    """A thing in words, as far as it is known: "blue book", "red thing"."""
    colour = next((word for word in sighting.colours if word not in {"light", "dark"}), "")
    sure = sighting.label if (sighting.label_score or 0) >= 0.4 and sighting.label else ""
    return f"{colour} {sure or 'thing'}".strip() if colour or sure else None


def _person(event: Change | None, sighting: Sighting, history: History) -> Person | None:
    """Who was near when the sighting ended, or when it began where it has not ended."""
    change = event or history.change(sighting.placed_by)
    return history.person(change.person_id) if change is not None else None


def _path(person: Person, history: History, steps: int = 4) -> tuple[Step, ...]:
    """Where a person was seen next: on another camera soon after leaving the one before."""
    path, at = list[Step](), person
    for _ in range(steps):
        near = history.people_between(at.last_seen - 5.0, at.last_seen + HANDOVER_S)
        later = [p for p in near if p.camera_id != at.camera_id and p.first_seen >= at.last_seen - 5.0]
        if not later:
            break
        at = min(later, key=lambda p: abs(p.first_seen - at.last_seen))
        path.append(Step(history.camera(at.camera_id).name, at.first_seen, at.last_seen))
    return tuple(path)


def _same_spot(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings are of one stay: same camera, times that touch, boxes that agree or one in the other."""
    touch = one.first_seen - LATER_S <= other.last_seen and other.first_seen - LATER_S <= one.last_seen
    shares = (share(one.box, other.box), share(other.box, one.box))
    return one.camera_id == other.camera_id and touch and (min(shares) > 0.45 or max(shares) > 0.75)
