"""What happens in a rendered home, as data: who comes when, takes what and puts it where. Owns no pictures.

A scene's things have fates (`FATES`); each fate is a few errands, each errand one or two visits. Visits of one camera
never overlap, and the picture is left calm for some seconds between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from benchmarks.scenes.people import Person, Pose
from tools.finder.sample_home.shapes import Vector

FATES = ("stay", "move", "cover", "uncover", "out", "other")
"""What becomes of a thing: it stays, moves on its camera, is covered (and uncovered), is carried out, or to a room."""
SPEED = 1.8
ARM_S = 0.9
"""Seconds in which the hand goes to a thing, and back."""
CALM_S = 3.5
"""Seconds between two visits of one camera, at least."""


@dataclass(frozen=True)
class Spot:
    """Where a thing lies: its foot, how it is turned, the zone, and where a person stands to reach it."""

    at: Vector
    yaw: float
    zone: str
    stand: tuple[float, float]


@dataclass(frozen=True)
class Touch:
    """A thing is taken from a spot or put there."""

    thing: str
    takes: bool
    spot: Spot


@dataclass(frozen=True)
class Leg:
    """One visit to be: the camera and what is touched there; `holding`: what is in the hand on coming in."""

    camera: str
    touches: tuple[Touch, ...]
    holding: str | None = None


@dataclass
class Visit:
    """One person comes in by `door`, passes `hub`, touches things, and goes the same way back. Times in seconds."""

    camera: str
    person: Person
    begin: float
    leg: Leg
    door: tuple[float, float]
    hub: tuple[float, float]
    moments: list[float] = field(init=False, default_factory=list)
    """When each touch happens."""
    _frames: list[tuple[float, tuple[float, float], tuple[float, float, float] | None]] = field(
        init=False, default_factory=list
    )

    def __post_init__(self) -> None:
        at, t = self.door, self.begin
        self._frames.append((t, at, None))
        for touch in self.leg.touches:
            for to in (self.hub, touch.spot.stand):
                t, at = t + _walk(at, to), to
                self._frames.append((t, at, None))
            over = (touch.spot.at[0], touch.spot.at[1] + 0.06, touch.spot.at[2])
            self.moments.append(t + ARM_S)
            self._frames += [(t + ARM_S - 0.1, at, over), (t + ARM_S + 0.25, at, over), (t + 2 * ARM_S, at, None)]
            t += 2 * ARM_S
        if not self.leg.touches:
            t, at = t + _walk(at, self.hub), self.hub
            self._frames.append((t, at, None))
        for to in (self.hub, self.door):
            t, at = t + _walk(at, to), to
            self._frames.append((t, at, None))

    @property
    def end(self) -> float:
        """When the person is gone."""
        return self._frames[-1][0]

    def pose(self, t: float) -> Pose | None:
        """How the person stands at `t`; None while away."""
        walked, heading = 0.0, 0.0
        for (t0, s0, h0), (t1, s1, h1) in zip(self._frames, self._frames[1:], strict=False):
            length = math.dist(s0, s1)
            if length > 0.05:
                heading = math.atan2(-(s1[0] - s0[0]), -(s1[1] - s0[1]))
            if t0 <= t < t1:
                u = (t - t0) / (t1 - t0)
                stance = (s0[0] + (s1[0] - s0[0]) * u, s0[1] + (s1[1] - s0[1]) * u)
                heading = self._towards(stance, h0 or h1, heading)
                rest = _rest(stance, heading)
                a, b = h0 or rest, h1 or rest
                u = u * u * (3 - 2 * u)
                hand = (a[0] + (b[0] - a[0]) * u, a[1] + (b[1] - a[1]) * u, a[2] + (b[2] - a[2]) * u)
                return Pose(stance, heading, walked + length * u, min(1.0, length * 4), hand)
            walked += length
        return None

    def _towards(self, at: tuple[float, float], hand: Vector | None, heading: float) -> float:
        if hand is None:
            return heading
        return math.atan2(-(hand[0] - at[0]), -(hand[2] - at[1]))

    def holds(self, t: float) -> str | None:
        """The thing in the hand at `t`."""
        held = self.leg.holding
        for moment, touch in zip(self.moments, self.leg.touches, strict=True):
            if t >= moment:
                held = touch.thing if touch.takes else None
        return held if self.begin <= t < self.end else None


def _walk(a: tuple[float, float], b: tuple[float, float]) -> float:
    return max(0.05, math.dist(a, b) / SPEED)


def _rest(stance: tuple[float, float], heading: float) -> Vector:
    c, s = math.cos(heading), math.sin(heading)
    return stance[0] + 0.22 * c - 0.25 * s, 1.0, stance[1] - 0.22 * s - 0.25 * c


@dataclass(frozen=True)
class Ways:
    """Where people walk on a camera: door and hub (x, z)."""

    door: tuple[float, float]
    hub: tuple[float, float]


def schedule(
    errands: list[list[Leg]], ways: dict[str, Ways], people: list[Person], rng: np.random.Generator
) -> list[Visit]:
    """Give each leg its time: a camera's visits one after the other, the legs of an errand one after the other."""
    free = {camera: float(rng.uniform(5.0, 7.0)) for camera in ways}
    visits: list[Visit] = []
    ready: dict[str, float] = {}
    for errand in errands:
        person = people[int(rng.integers(0, len(people)))]
        earliest = max((ready.get(t.thing, 0.0) for leg in errand for t in leg.touches), default=0.0)
        for leg in errand:
            begin = max(free[leg.camera], earliest)
            visit = Visit(leg.camera, person, begin, leg, ways[leg.camera].door, ways[leg.camera].hub)
            visits.append(visit)
            free[leg.camera] = visit.end + CALM_S + float(rng.uniform(0.0, 3.0))
            earliest = visit.end + 1.0
        for leg in errand:
            for touch in leg.touches:
                ready[touch.thing] = earliest + CALM_S
    return visits
