"""What happens in the sample home, as data: who comes when, takes what and puts it where. Owns no pictures.

Times are seconds from the start of the recordings; places are metres in the room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from tools.finder.sample_home import rooms
from tools.finder.sample_home.figure import ANNA, BEN, Colours, Pose
from tools.finder.sample_home.shapes import Solid, Vector
from tools.finder.sample_home.trace import Camera

START = datetime(2026, 3, 14, 10, 42, 36, tzinfo=UTC)
DURATION_S = 100.0
FPS = 10
ARM_S = 1.1
"""Seconds in which the hand goes to a thing, and back."""


@dataclass(frozen=True)
class Touch:
    """At `t` the hand reaches `at` and takes or puts the thing; `stance`: where the person stands meanwhile."""

    t: float
    takes: bool
    thing: str
    at: Vector
    stance: tuple[float, float]


@dataclass(frozen=True)
class Visit:
    """One person comes from `door` (x, z), touches things and goes back there."""

    person: str
    wears: Colours
    door: tuple[float, float]
    side: int
    touches: tuple[Touch, ...]

    @property
    def begin(self) -> float:
        """Seconds at which the person sets off."""
        return self.touches[0].t - ARM_S - 1.6

    @property
    def end(self) -> float:
        """Seconds at which the person is gone."""
        return self.touches[-1].t + ARM_S + 1.6

    def pose(self, t: float) -> Pose | None:
        """How the person stands at `t`; None while away."""
        if not self.begin < t < self.end:
            return None
        frames = [(self.begin, self.door, self._rest(self.door))]
        for touch in self.touches:
            rest, over = self._rest(touch.stance), (touch.at[0], touch.at[1] + 0.05, touch.at[2] - 0.02)
            frames += [(touch.t - ARM_S, touch.stance, rest), (touch.t - 0.15, touch.stance, over)]
            frames += [(touch.t + 0.25, touch.stance, over), (touch.t + ARM_S, touch.stance, rest)]
        frames.append((self.end, self.door, self._rest(self.door)))
        for (t0, s0, h0), (t1, s1, h1) in pairwise(frames):
            if t0 <= t <= t1:
                u = (t - t0) / (t1 - t0)
                u = u * u * (3 - 2 * u)
                stance = (s0[0] + (s1[0] - s0[0]) * u, s0[1] + (s1[1] - s0[1]) * u)
                x, y, z = (a + (b - a) * u for a, b in zip(h0, h1, strict=True))
                return Pose(stance, (x, y, z), self.side)
        return None

    def holds(self, t: float) -> str | None:
        """The thing in the hand at `t`."""
        held = None if self.touches[0].takes else self.touches[0].thing
        for touch in self.touches:
            if t >= touch.t:
                held = touch.thing if touch.takes else None
        return held if self.begin < t < self.end else None

    def _rest(self, stance: tuple[float, float]) -> Vector:
        return (stance[0] + 0.24 * self.side, 1.02, stance[1] + 0.24)


@dataclass(frozen=True)
class Thing:
    """A movable thing: `build(at, name)` makes its solids; `photo` names a cut-out that is laid over them."""

    name: str
    description: str
    build: Callable[[Vector, str], list[Solid]]
    photo: str | None = None


@dataclass(frozen=True)
class Scene:
    """One camera's room and story. `zones`: place to corners (x, y, z); `lying`: what is there from the start."""

    camera: str
    room: str
    view: Camera
    solids: Callable[[], list[Solid]]
    zones: dict[str, tuple[Vector, ...]]
    lying: dict[str, Vector]
    visits: tuple[Visit, ...]


THINGS = {
    thing.name: thing
    for thing in (
        Thing("watch", "wrist watch with a brown leather strap", rooms.watch),
        Thing("books", "pile of old books", rooms.old_books),
        Thing("notebook", "red notebook", rooms.notebook),
        Thing("bottle", "green wine bottle", rooms.bottle),
        Thing("cup", "coffee cup on a red saucer", rooms.cup, "coffee.png"),
    )
}
COVERED = {"books": "watch"}
"""A thing that is put on another: cover to covered."""

_D, _C, _T = rooms.DESK, rooms.COUNTER, rooms.TABLE
_SPOT: Vector = (-0.27, _D, 0.86)

STUDY = Scene(
    "study_cam",
    "study",
    rooms.STUDY,
    rooms.study,
    {
        "study desk": ((-0.87, _D, 1.28), (0.87, _D, 1.28), (0.87, _D, 0.52), (-0.87, _D, 0.52)),
        "bookshelf": ((0.22, 1.34, 1.2), (0.83, 1.34, 1.2), (0.83, 1.15, 1.2), (0.22, 1.15, 1.2)),
    },
    {"notebook": (0.12, _D, 0.72)},
    (
        Visit("Anna", ANNA, (-1.6, 0.3), 1, (Touch(9.5, False, "watch", _SPOT, (-0.72, 0.34)),)),
        Visit("Ben", BEN, (1.7, 0.2), -1, (Touch(43.0, True, "notebook", (0.12, _D, 0.72), (0.62, 0.22)),)),
        Visit("Anna", ANNA, (-1.6, 0.3), 1, (Touch(86.0, False, "books", _SPOT, (-0.72, 0.34)),)),
    ),
)
KITCHEN = Scene(
    "kitchen_cam",
    "kitchen",
    rooms.KITCHEN,
    rooms.kitchen,
    {
        "kitchen counter": ((-1.1, _C, 1.4), (1.1, _C, 1.4), (0.85, _C, 0.8), (-0.85, _C, 0.8)),
        "kitchen table": ((0.01, _T, 0.67), (0.83, _T, 0.67), (0.83, _T, 0.17), (0.01, _T, 0.17)),
    },
    {"bottle": (-0.45, _C, 1.02)},
    (
        Visit("Ben", BEN, (-1.7, 0.45), 1, (Touch(14.0, False, "cup", (-0.14, _C, 0.99), (-0.55, 0.45)),)),
        Visit("Ben", BEN, (1.9, 0.1), -1, (Touch(54.0, False, "notebook", (0.50, _T, 0.42), (0.92, 0.0)),)),
        Visit(
            "Anna",
            ANNA,
            (-1.7, 0.4),
            1,
            (
                Touch(72.0, True, "bottle", (-0.45, _C, 1.02), (-0.80, 0.52)),
                Touch(76.0, False, "bottle", (0.16, _T, 0.47), (-0.30, 0.05)),
            ),
        ),
    ),
)
SCENES = (STUDY, KITCHEN)
