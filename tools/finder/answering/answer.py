"""From ranked sightings to an answer: the after-check, who handled it, where it lies. Owns no wording and no ranking.

The after-check asks what happened on the spot since: nothing (`visible`), something was put on it (`covered`), it was
taken and is not seen lying anywhere since (`carried`), or it is no longer there and nobody was seen (`gone`). What the
index says of the spot is held against the pixels of the stills that are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tools.finder.answering.habit import Usual
from tools.finder.answering.history import History
from tools.finder.answering.journey import Step, journey
from tools.finder.answering.match import Ranked
from tools.finder.answering.naming import thing_name
from tools.finder.answering.place import Place, place_of
from tools.finder.records import Change, Coverage, Person, Sighting

State = Literal["visible", "covered", "carried", "gone"]
CHANGED, UNCHANGED = 0.6, 0.35
"""Of a spot's pixels, the share that must differ for it to have changed, and under which it has not."""
UNSEEN_S = 60.0


@dataclass(frozen=True)
class Reported:
    """A sighting as it is told. `event` is the change that ended it; `cover` says what lies there now.

    `checked`: whether the spot looks on the newest still as it did ("same", "changed"), where that was looked at.
    `path`: the way of the person who took it. `missed`: times since then in which its camera did not record.
    """

    sighting: Sighting
    score: float
    camera: str
    place: Place
    state: State
    event: Change | None = None
    cover: str | None = None
    by: str | None = None
    path: tuple[Step, ...] = ()
    checked: Literal["same", "changed"] | None = None
    missed: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Found:
    """The reported sightings, newest first; empty when the thing counts as not seen. `best`: the best score of all.

    `usual`: where the thing usually is at this hour.
    """

    reported: tuple[Reported, ...]
    best: float
    coverage: tuple[Coverage, ...] = field(default=())
    usual: tuple[Usual, ...] = ()


def report(chosen: Sequence[Ranked], history: History) -> list[Reported]:
    """Each chosen sighting with its place, and with what the after-check says."""
    return [_report(one, history, newest=place == 0) for place, one in enumerate(chosen)]


def _report(one: Ranked, history: History, newest: bool) -> Reported:
    sighting = one.sighting
    camera = history.camera(sighting.camera_id)
    place = place_of(sighting.box, camera, history.sizes.get(camera.id, (1, 1)), history.neighbours(sighting))
    event = history.ending(sighting)
    state, cover = _state(sighting, event, history)
    event = event if state != "visible" else None
    checked = _checked(sighting, history) if newest and state == "visible" else None
    if checked == "same":
        still = history.still_time(history.newest_still(camera.id))
        sighting = replace(sighting, last_seen=max(sighting.last_seen, still or 0.0))
    person = _person(event, sighting, history)
    way: tuple[Step, ...] = ()
    if person is not None and event is not None and state == "carried":
        way = journey(person, event.time, history)
    if event is not None and state == "carried":
        sighting = _in_hand(sighting, event, history)
    missed = history.gaps(camera.id, sighting.last_seen) if newest else ()
    by = "person" if person is not None else None
    return Reported(sighting, one.score, camera.name, place, state, event, cover, by, way, checked, missed)


def _in_hand(sighting: Sighting, event: Change, history: History) -> Sighting:
    """As it was seen last in the hand that took it, where it could be followed there: time, box and still."""
    seen = history.carried(event)
    if seen is None:
        return sighting
    return replace(sighting, last_seen=max(sighting.last_seen, seen.time), box=seen.box, still_id=seen.still_id)


def _state(sighting: Sighting, event: Change | None, history: History) -> tuple[State, str | None]:
    if event is not None and event.type == "covered":
        if not _looks_covered(sighting, event, history):
            return "visible", None
        cover = history.put_at(event, sighting.box)
        return "covered", thing_name(cover, history.scale(cover.camera_id)) if cover else None
    later = history.placed_on(sighting) if event is None else None
    if later is not None:
        placed = history.change(later.placed_by)
        if placed is None or _looks_covered(sighting, placed, history):
            return "covered", thing_name(later, history.scale(later.camera_id))
    if event is not None:
        return "carried", None
    end = history.end_of(sighting.camera_id)
    return ("gone" if end is not None and end - sighting.last_seen > UNSEEN_S else "visible"), None


def _looks_covered(sighting: Sighting, event: Change, history: History) -> bool:
    """Whether the spot really looks different after a cover came near: boxes overlap where things only lie close."""
    share = history.difference(event.before_still, event.after_still, sighting.box)
    return share is None or share >= UNCHANGED


def _checked(sighting: Sighting, history: History) -> Literal["same", "changed"] | None:
    """What the newest still says of the spot; None: there is none, or it says neither."""
    share = history.difference(sighting.still_id, history.newest_still(sighting.camera_id), sighting.box)
    if share is None or UNCHANGED <= share < CHANGED:
        return None
    return "same" if share < UNCHANGED else "changed"


def _person(event: Change | None, sighting: Sighting, history: History) -> Person | None:
    """Who was near when the sighting ended, or when it began where it has not ended."""
    change = event or history.change(sighting.placed_by)
    return history.person(change.person_id) if change is not None else None
