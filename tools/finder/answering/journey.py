"""Where a person went with a thing: the stays in view, camera after camera, and the places where they stopped.

A person is followed within a camera by the scan; between cameras only the time tells (`tools.finder.handover`), so that
a journey is what is likely, not what is known. Owns no faces and no wording.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.finder.answering.history import History
from tools.finder.answering.place import Place, place_of
from tools.finder.handover import following
from tools.finder.records import Person

AROUND_S = 1800.0
"""Tracks of this time before and after are looked at together, to tell whose is whose, seconds."""
STEPS = 4
STOP_S = 2.0
STILL = 0.25
"""Who moves less than this share of their height for `STOP_S` has stopped."""


@dataclass(frozen=True)
class Stop:
    """A place where the person stood still, at `time` (Unix seconds)."""

    time: float
    place: Place


@dataclass(frozen=True)
class Step:
    """Where a person was seen on the way, from when to when (Unix seconds)."""

    camera: str
    first_seen: float
    last_seen: float
    stops: tuple[Stop, ...] = ()


def journey(person: Person, since: float, history: History) -> tuple[Step, ...]:
    """The way of `person` from the time `since` on: first the rest of this camera, then the cameras that followed."""
    around = history.people_between(person.first_seen - AROUND_S, person.last_seen + AROUND_S)
    path = [_step(person, since, history)]
    for track in following(person, around):
        step = _step(track, track.first_seen, history)
        if step.camera == path[-1].camera:  # the next recording of the same camera
            path[-1] = replace(path[-1], last_seen=step.last_seen, stops=path[-1].stops + step.stops)
        else:
            path.append(step)
    return tuple(path[: STEPS + 1])


def _step(person: Person, since: float, history: History) -> Step:
    camera = history.camera(person.camera_id)
    size = history.sizes.get(camera.id, (1, 1))
    found: list[Stop] = []
    for time, box in stops([point for point in person.path if point[0] >= since]):
        place = place_of(box, camera, size)
        if not found or found[-1].place != place:
            found.append(Stop(time, place))
    return Step(camera.name, max(person.first_seen, min(since, person.last_seen)), person.last_seen, tuple(found))


def stops(path: Sequence[tuple[float, ...]]) -> list[tuple[float, tuple[float, float, float, float]]]:
    """When and where (box, pixels) somebody stood still along a path of (time, x, y, w, h)."""
    found = []
    start = 0
    for end in range(1, len(path) + 1):
        if end < len(path) and _near(path[start], path[end]):
            continue
        if path[end - 1][0] - path[start][0] >= STOP_S:
            spot = [statistics.median(point[i] for point in path[start:end]) for i in range(1, 5)]
            found.append((path[start][0], (spot[0], spot[1], spot[2], spot[3])))
        start = end
    return found


def _near(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    feet = [(x + w / 2, y + h) for _, x, y, w, h in (one, other)]
    return math.dist(feet[0], feet[1]) < STILL * max(one[4], 1.0)
