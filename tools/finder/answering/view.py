"""What a camera shows at a time, and who was where: read from the index. Owns no wording and no tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from tools.finder.answering.history import LONGEST_S
from tools.finder.answering.naming import thing_name
from tools.finder.answering.place import place_of
from tools.finder.records import Camera, Change, Still
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
    still = store.still_at(camera.id, at, until)
    if still is None:
        return None
    seen = store.lying(camera.id, still.time, still.time + LONGEST_S, "origin = 'detector' AND label IS NOT NULL")
    people = store.people(camera.name, still.time - NEAR_S, still.time + NEAR_S)
    named = Counter(s.label for s in seen if s.label and (s.label_score or 0) >= SURE)
    size = store.sizes().get(camera.id, (1, 1))
    earlier = store.changes(camera.name, still.time - CONTEXT_S, still.time)[-3:]
    told = tuple((c, place_of(c.box, camera, size).words_en, _name_of(c, store)) for c in reversed(earlier))
    return View(camera, still, tuple(named.most_common()), len(people), told)


def _name_of(change: Change, store: FinderStore) -> str | None:
    """What was put down or taken by a change, as far as it is known."""
    names = [thing_name(sighting) for sighting in store.of_change(change.id)]
    return next((name for name in names if name), None)


def stays(store: FinderStore, since: float | None, until: float | None) -> list[Stay]:
    """Who was in view where: the stays of people by camera, the newest first."""
    names = {camera.id: camera.name for camera in store.cameras()}
    found: list[Stay] = []
    for camera, people in groupby(store.in_view(since, until), key=itemgetter(0)):
        found += _joined(names[camera], [(first, last) for _, first, last in people])
    return sorted(found, key=lambda stay: -stay.last)


def _joined(name: str, people: Iterable[tuple[float, float]]) -> list[Stay]:
    """One camera's people, from when to when each, by their beginnings, as stays."""
    found: list[Stay] = []
    for first, last in people:
        before = found[-1] if found else None
        if before is not None and first - before.last <= JOIN_S:
            together = first < before.last - 1.0
            count = before.count + 1 if together else before.count
            found[-1] = Stay(name, before.first, max(before.last, last), count)
        else:
            found.append(Stay(name, first, last, 1))
    return found
