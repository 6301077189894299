"""Ways of people through the house: which cameras saw one person one after the other, and how that is told.

Owns no handing over (see `tools.finder.handover`): a way is likely, since only time and place tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.finder.answering.clock import at_zone, clock
from tools.finder.handover import journeys
from tools.finder.store import FinderStore

SHOWN = 3


@dataclass(frozen=True)
class Leg:
    """A person in view of one camera, from when to when (Unix seconds)."""

    camera: str
    first: float
    last: float


Way = tuple[Leg, ...]


def ways(store: FinderStore, since: float | None, until: float | None) -> list[Way]:
    """Every way over more than one camera in the time asked for, the newest first."""
    names = {camera.id: camera.name for camera in store.cameras()}
    found = []
    for tracks in journeys(store.people(None, since, until)):
        way: list[Leg] = []
        for track in tracks:
            camera = names[track.camera_id]
            if way and way[-1].camera == camera:
                way[-1] = Leg(camera, way[-1].first, max(way[-1].last, track.last_seen))
            else:
                way.append(Leg(camera, track.first_seen, track.last_seen))
        if len(way) > 1:
            found.append(tuple(way))
    return sorted(found, key=lambda way: -way[-1].last)


def ways_as_json(found: Sequence[Way], now: datetime) -> list[Any]:
    """For each way its legs: camera, from, to (ISO 8601)."""
    return [
        [
            {
                "camera": leg.camera,
                "from": at_zone(leg.first, now.tzinfo).isoformat(),
                "to": at_zone(leg.last, now.tzinfo).isoformat(),
            }
            for leg in way
        ]
        for way in found
    ]


def say_ways(found: Sequence[Way], now: datetime, language: str) -> str:
    """The newest ways as a sentence that says they are likely; empty where there is none."""
    told = []
    for way in found[:SHOWN]:
        legs = [f"{leg.camera} ({clock(leg.first, now, language)})" for leg in way]
        told.append(" → ".join(legs))
    if not told:
        return ""
    return (
        f"可能的路线：{'；'.join(told)}。" if language == "zh" else f" Going by the times, one went {'; '.join(told)}."
    )
