"""Who and what is in a scene: cameras, asked things with their fates, look-alikes, clutter, covers, absent things.

Owns no pictures; where a thing can be seen is asked of the caller (`Sees`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.scenes.build import height_of
from benchmarks.scenes.kinds import Thing
from benchmarks.scenes.layouts import Layout, Surface
from benchmarks.scenes.people import dressed
from benchmarks.scenes.script import FATES, Leg, Spot, Touch, Visit, Ways, schedule
from benchmarks.scenes.stock import ANY, COLOURS, KINDS, make, make_cover
from tools.finder.sample_home.shapes import Vector

Sees = Callable[[str, Vector], bool]
"""Whether a camera sees a point of its room."""
MARGIN_M = 0.02
TARGETS = {"table": 4, "room": 4}
MOST_COVERS = 2


@dataclass
class Plan:
    """A scene before it is filmed. `roles`: target, distractor, clutter or cover, by thing."""

    style: str
    things: dict[str, Thing]
    roles: dict[str, str]
    lying: dict[str, dict[str, Spot]]
    """What lies where from the beginning, by camera."""
    visits: list[Visit]
    fates: dict[str, str]
    absent: list[tuple[Thing, str]] = field(default_factory=list)
    """Things that are never there, with how near they are to one that is: near or far."""

    @property
    def duration_s(self) -> float:
        """How long the recordings last."""
        return math.ceil(max((visit.end for visit in self.visits), default=10.0) + 7.0)


class _Places:
    """Hands out spots that are seen and lie apart."""

    def __init__(self, layouts: dict[str, Layout], sees: Sees, rng: np.random.Generator) -> None:
        self._layouts, self._sees, self._rng = layouts, sees, rng
        self._taken: dict[str, list[tuple[float, float, float]]] = {camera: [] for camera in layouts}

    def spot(self, camera: str, radius: float, room: float = 0.0) -> Spot | None:
        """A free spot for a thing of that radius, `room` metres away from all others; None where there is none."""
        surfaces = self._layouts[camera].surfaces
        for attempt in range(400):
            surface = surfaces[int(self._rng.integers(0, len(surfaces)))]
            x, z = self._within(surface, radius)
            apart = room if attempt < 150 else 0.0
            near = any(math.hypot(x - a, z - b) < max(radius + r + MARGIN_M, apart) for a, b, r in self._taken[camera])
            if not near and self._sees(camera, (x, surface.height + 0.01, z)):
                self._taken[camera].append((x, z, max(radius, room / 2)))
                yaw = float(self._rng.uniform(0, 2 * math.pi))
                return Spot((x, surface.height, z), yaw, surface.zone, surface.stand)
        return None

    def _within(self, surface: Surface, radius: float) -> tuple[float, float]:
        (x, z), (a, b) = surface.centre, surface.half
        a, b = max(0.0, a - radius * 0.7), max(0.0, b - radius * 0.7)
        return x + float(self._rng.uniform(-a, a)), z + float(self._rng.uniform(-b, b))


def radius_of(thing: Thing) -> float:
    """How far a thing reaches from its middle, metres, on the ground."""
    reach = 0.0
    for part in thing.parts:
        x, _, z = part.at
        if part.kind == "box":
            reach = max(reach, math.hypot(x, z) + math.hypot(part.size[0], part.size[2]) / 2)
            continue
        along = part.size[1] * math.sin(part.pitch) if part.kind == "cone" else 0.0
        end = (x + along * math.sin(part.yaw), z + along * math.cos(part.yaw))
        reach = max(reach, max(math.hypot(x, z), math.hypot(*end)) + max(part.size[0], part.size[2]))
    return reach


def plan(style: str, layouts: dict[str, Layout], sees: Sees, rng: np.random.Generator) -> Plan:
    """A scene in these rooms."""
    maker = _Maker(style, layouts, sees, rng)
    maker.targets()
    maker.others()
    return maker.done()


class _Maker:
    def __init__(self, style: str, layouts: dict[str, Layout], sees: Sees, rng: np.random.Generator) -> None:
        self._style, self._layouts, self._rng = style, layouts, rng
        self._places = _Places(layouts, sees, rng)
        self._made = Plan(style, {}, {}, {camera: {} for camera in layouts}, [], {})
        self._errands: list[list[list[Leg]]] = []
        self._covers, self._twins = 0, 2 if style == "table" else 1

    def targets(self) -> None:
        """The asked things, each of another kind, and what becomes of them."""
        kinds = self._rng.permutation(list(KINDS))[: TARGETS[self._style]]
        fates = [f for f in FATES if f != "other" or len(self._layouts) > 1]
        dealt = [str(f) for f in self._rng.permutation(fates * 2)]
        for kind in kinds.tolist():
            thing = make(kind.replace(" ", "_"), kind, self._rng)
            fate = dealt.pop()
            if fate in {"cover", "uncover"}:
                if self._covers >= MOST_COVERS or height_of(thing.parts) > 0.15:
                    fate = "move"
                else:
                    self._covers += 1
            self._add(thing, "target", fate)

    def others(self) -> None:
        """Look-alikes, clutter and absent things."""
        asked = [self._made.things[name] for name in self._made.fates]
        for number, thing in enumerate(self._rng.permutation(np.array(asked, object))[: self._twins].tolist()):
            twin = make(f"other_{thing.name}_{number}", thing.kind, self._rng, frozenset({thing.looks.first}))
            self._add(twin, "distractor", "stay" if self._rng.random() < 0.7 else "move")
        used = {thing.kind for thing in asked}
        free = [kind for kind in KINDS if kind not in used]
        self._rng.shuffle(free)
        for kind in free[: 1 + len(self._layouts)]:
            self._add(make(f"clutter_{kind.replace(' ', '_')}", kind, self._rng), "clutter", "stay", from_start=True)
        near = asked[int(self._rng.integers(0, len(asked)))]
        there = frozenset(t.looks.first for t in self._made.things.values() if t.kind == near.kind)
        if set(COLOURS.get(near.kind, ANY)) - there:
            self._made.absent.append((make(f"absent_{near.name}", near.kind, self._rng, there), "near"))
        present = {thing.kind for thing in self._made.things.values()}
        for kind in [k for k in free if k not in present][:2]:
            self._made.absent.append((make(f"absent_{kind.replace(' ', '_')}", kind, self._rng), "far"))

    def _add(self, thing: Thing, role: str, fate: str, from_start: bool | None = None) -> None:
        cameras = [str(c) for c in self._rng.permutation(list(self._layouts))]
        room = 0.34 if fate in {"cover", "uncover"} else 0.0
        spot = self._places.spot(cameras[0], radius_of(thing), room)
        if spot is None:
            return
        self._made.things[thing.name], self._made.roles[thing.name] = thing, role
        if role == "target":
            self._made.fates[thing.name] = fate
        errands: list[list[Leg]] = []
        if from_start if from_start is not None else self._rng.random() < 0.45:
            self._made.lying[cameras[0]][thing.name] = spot
        else:
            errands.append([Leg(cameras[0], (Touch(thing.name, False, spot),), thing.name)])
        errands += self._becomes(thing, fate, cameras, spot)
        if errands:
            self._errands.append(errands)

    def _becomes(self, thing: Thing, fate: str, cameras: list[str], spot: Spot) -> list[list[Leg]]:
        here, take = cameras[0], Touch(thing.name, True, spot)
        if fate == "out":
            return [[Leg(here, (take,))]]
        if fate in {"move", "other"}:
            there = cameras[1] if fate == "other" else here
            goal = self._places.spot(there, radius_of(thing))
            if goal is None:
                return []
            put = Touch(thing.name, False, goal)
            if there == here:
                return [[Leg(here, (take, put))]]
            return [[Leg(here, (take,)), Leg(there, (put,), thing.name)]]
        return self._covered(thing, fate, here, spot) if fate in {"cover", "uncover"} else []

    def _covered(self, thing: Thing, fate: str, here: str, spot: Spot) -> list[list[Leg]]:
        cover = make_cover(f"cover_{thing.name}", height_of(thing.parts) > 0.045, self._rng)
        self._made.things[cover.name], self._made.roles[cover.name] = cover, "cover"
        x, y, z = spot.at
        lift = 0.0 if cover.kind == "box" else height_of(thing.parts) * 0.95
        turn = float(self._rng.uniform(-0.4, 0.4))
        over = Spot((x, y + lift, z), turn, spot.zone, spot.stand)
        errands = [[Leg(here, (Touch(cover.name, False, over),), cover.name)]]
        if fate == "uncover":
            errands.append([Leg(here, (Touch(cover.name, True, over),))])
        return errands

    def done(self) -> Plan:
        """Interleave the errands and give them their times."""
        order: list[list[Leg]] = []
        queues = [list(queue) for queue in self._errands]
        while queues:
            queue = queues[int(self._rng.integers(0, len(queues)))]
            order.append(queue.pop(0))
            queues = [q for q in queues if q]
        people = [dressed(name, self._rng) for name in ("one", "two")]
        if self._rng.random() < 0.5:
            order.insert(int(self._rng.integers(0, len(order) + 1)), [Leg(next(iter(self._layouts)), ())])
        ways = {camera: Ways(layout.door, layout.hub) for camera, layout in self._layouts.items()}
        self._made.visits = schedule(order, ways, people, self._rng)
        return self._made
