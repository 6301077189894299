"""Where a thing usually lies at this hour, from where it was seen before. Owns no ranking and no wording.

Every likely sighting of the thing counts for the time that it lay there within `HOURS` of this hour of the day; days
longer ago count less (half after `HALF_DAYS`). Nothing is stored: what the owner deletes is no habit any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.finder.answering.history import History
from tools.finder.answering.match import Ranked
from tools.finder.answering.place import Place, place_of
from tools.finder.answering.same import same_thing

HOURS = 2.0
HALF_DAYS = 14.0
LEAST_DAYS = 2
"""A habit is told from so many different days on."""
LONGEST_DAYS = 60


@dataclass(frozen=True)
class Usual:
    """A place of a thing: its `share` (0 to 1) of the time that it was seen around this hour, on `days` days."""

    camera: str
    place: Place
    share: float
    days: int


def usual_places(ranked: Sequence[Ranked], found_score: float, history: History, now: datetime) -> tuple[Usual, ...]:
    """The places of the likeliest thing around this hour, the most usual first; empty without a habit."""
    times: dict[tuple[str, str], float] = {}
    days: dict[tuple[str, str], set[int]] = {}
    places: dict[tuple[str, str], Place] = {}
    middles = [(now - timedelta(days=day)).timestamp() for day in range(LONGEST_DAYS)]
    for one in same_thing(ranked, found_score):
        sighting, camera = one.sighting, history.camera(one.sighting.camera_id)
        place = place_of(sighting.box, camera, history.sizes.get(camera.id, (1, 1)))
        key = (camera.name, place.zone or place.words_en)
        for day, seconds in _around(sighting.first_seen, sighting.last_seen, middles):
            times[key] = times.get(key, 0.0) + seconds * 0.5 ** (day / HALF_DAYS)
            days.setdefault(key, set()).add(day)
            places[key] = place
    if len(set().union(*days.values())) < LEAST_DAYS if days else True:
        return ()
    total = sum(times.values())
    order = sorted(times, key=lambda key: -times[key])
    return tuple(Usual(key[0], places[key], times[key] / total, len(days[key])) for key in order[:3])


def _around(first: float, last: float, middles: Sequence[float]) -> list[tuple[int, float]]:
    """For each of the last days: how many seconds of (first, last) lie within `HOURS` of this hour (`middles`)."""
    found = []
    reach = HOURS * 3600 + 86400.0  # a day of the calendar may have an hour more or less
    since = max(0, int((middles[0] - last - reach) // 86400))
    until = max(0, int((middles[0] - first + reach) // 86400) + 1)
    for day, middle in enumerate(middles[since:until], since):
        overlap = min(last, middle + HOURS * 3600) - max(first, middle - HOURS * 3600)
        if overlap > 0:
            found.append((day, overlap))
    return found
