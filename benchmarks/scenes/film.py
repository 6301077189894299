"""The frames of one camera of a scene, and what could be seen on each. Owns no encoding and no story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from benchmarks.scenes.build import place
from benchmarks.scenes.layouts import Layout
from benchmarks.scenes.nuisance import Disturber, Nuisances
from benchmarks.scenes.people import Pose, around, draw, shadow
from benchmarks.scenes.plan import Plan
from benchmarks.scenes.script import Spot, Visit
from benchmarks.scenes.stage import Light, Stage
from tools.finder.sample_home.shapes import Array

FPS = 10
PxBox = tuple[int, int, int, int]
HIDDEN_SHARE = 0.7
"""A thing counts as hidden while people cover this share of its visible pixels."""


@dataclass(frozen=True)
class Mask:
    """Pixels that show a thing: a box of the picture and which of its pixels; `full`: how many if nothing hid it."""

    box: PxBox
    pixels: Array
    full: int

    @property
    def count(self) -> int:
        """Visible pixels."""
        return int(self.pixels.sum())

    @property
    def fraction(self) -> float:
        """Of what could be seen if nothing hid it."""
        return self.count / max(1, self.full)


@dataclass(frozen=True)
class State:
    """What lies on a camera from `since` (s) on: the settled picture (uint8 BGR) by light, and each thing's mask."""

    since: float
    lying: dict[str, Spot]
    pictures: dict[Light, Array]
    masks: dict[str, Mask]
    ahead: Array
    """Metres ahead of the camera of each pixel."""


@dataclass(frozen=True)
class CutOut:
    """A thing alone: BGR and share of its box."""

    picture: Array
    share: Array
    box: PxBox


@dataclass
class Seen:
    """What the frames showed: for each thing the frames in which people hide it, and its boxes while carried."""

    hidden: dict[str, set[int]] = field(default_factory=dict)
    carried: dict[str, dict[int, tuple[PxBox, int]]] = field(default_factory=dict)


class Film:
    """One camera's recording."""

    def __init__(self, camera: str, stage: Stage, plan: Plan, nuisances: Nuisances) -> None:
        self.camera, self.layout, self.plan = camera, stage.layout, plan
        self.seen = Seen()
        size = (stage.view.width, stage.view.height)
        self._disturber = Disturber(nuisances, self.layout.curtain, size, plan.duration_s)
        self._visits = [visit for visit in plan.visits if visit.camera == camera]
        self._cuts: dict[tuple[str, Spot], CutOut] = {}
        self._slant = _slant(self.layout)
        self.states = [self._state(stage, since, lying) for since, lying in self._steps()]

    def _steps(self) -> Iterator[tuple[float, dict[str, Spot]]]:
        lying = dict(self.plan.lying[self.camera])
        yield 0.0, dict(lying)
        pairs = [(m, t) for v in self._visits for m, t in zip(v.moments, v.leg.touches, strict=True)]
        for moment, touch in sorted(pairs, key=lambda pair: pair[0]):
            if touch.takes:
                lying.pop(touch.thing, None)
            else:
                lying[touch.thing] = touch.spot
            yield moment, dict(lying)

    def _state(self, stage: Stage, since: float, lying: dict[str, Spot]) -> State:
        parts = self.plan.things
        stage.show({name: place(parts[name].parts, spot.at, spot.yaw, name) for name, spot in lying.items()})
        lights = dict.fromkeys(self._disturber.light(t) for t in (0.0, self.plan.duration_s))
        pictures = {light: _bytes(self._disturber.settled(stage.picture(light))) for light in lights}
        masks = {name: _mask(stage, name) for name in lying}
        for name, spot in lying.items():
            if (name, spot) not in self._cuts and masks[name].count > 8:
                self._cuts[name, spot] = _cut(stage, name)
        return State(since, lying, pictures, masks, stage.depth * self._slant)

    def frames(self) -> Iterator[Array]:
        """Each frame, (height, width, 3) uint8 BGR; fills `seen`."""
        sharp = blurred = np.zeros(0)
        for index in range(round(self.plan.duration_s * FPS)):
            t = index / FPS
            state = [s for s in self.states if s.since <= t][-1]
            settled = state.pictures[self._disturber.light(t)]
            visit = next((v for v in self._visits if v.begin <= t < v.end), None)
            pose = visit.pose(t) if visit is not None else None
            if pose is None and not self._disturber.moving(t):
                if sharp is not settled:
                    sharp, blurred = settled, self._disturber.lens(settled)
                yield self._disturber.sensor(blurred, t)
                continue
            picture = cv2.multiply(settled, (1 / 255,) * 4, dtype=cv2.CV_32F)
            if visit is not None and pose is not None:
                self._person(picture, visit, pose, state, index)
            self._disturber.stir(picture, t)
            yield self._disturber.sensor(self._disturber.lens(_bytes(picture)), t)

    def _person(self, picture: Array, visit: Visit, pose: Pose, state: State, index: int) -> None:
        """Draw who is there with what is in the hand, and note what is carried and what is hidden."""
        left, top, width, height = around(pose, self.layout.view)
        part = (slice(top, top + height), slice(left, left + width))
        drawn, ahead = picture[part].copy(), state.ahead[part]
        cover = draw(drawn, ahead, pose, visit.person, self.layout.view, (left, top))
        thing = visit.holds(index / FPS)
        held = self._carry(drawn, ahead, visit, thing, pose, (left, top)) if thing is not None else None
        if thing is not None and held is not None:
            x, y, w, h = _bound(held > 0.5)
            if w:
                seen = ((x + left, y + top, w, h), int(np.count_nonzero(held > 0.5)))
                self.seen.carried.setdefault(thing, {})[index] = seen
            np.maximum(cover, held, out=cover)
        below = np.ascontiguousarray(picture[part])
        shadow(below, cover)
        picture[part] = cv2.copyTo(drawn, (cover > 0.02).astype(np.uint8), below)
        whole = np.zeros(picture.shape[:2], bool)
        whole[part] = cover > 0.5
        for name, mask in state.masks.items():
            x, y, w, h = mask.box
            hidden = whole[y : y + h, x : x + w][mask.pixels]
            if len(hidden) and float(hidden.mean()) >= HIDDEN_SHARE:
                self.seen.hidden.setdefault(name, set()).add(index)

    def _carry(
        self, picture: Array, ahead: Array, visit: Visit, thing: str, pose: Pose, origin: tuple[int, int]
    ) -> Array | None:
        """Draw what is in the hand, scaled by its distance; the share of each pixel that it covers."""
        spots = [
            touch.spot for touch in visit.leg.touches if touch.thing == thing and (thing, touch.spot) in self._cuts
        ]
        view = self.layout.view
        if not spots or view.depth(pose.hand) < 0.25:
            return None
        cut = self._cuts[thing, spots[0]]
        scale = min(view.depth(spots[0].at) / view.depth(pose.hand), 2.5)
        size = (max(2, round(cut.box[2] * scale)), max(2, round(cut.box[3] * scale)))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        colour, share = (
            cv2.resize(cut.picture, size, interpolation=method),
            cv2.resize(cut.share, size, interpolation=method),
        )
        x, y = view.project((pose.hand[0], pose.hand[1] - 0.04, pose.hand[2]))
        left, top = round(x - size[0] / 2) - origin[0], round(y - size[1] / 2) - origin[1]
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(picture.shape[1], left + size[0]), min(picture.shape[0], top + size[1])
        cover = np.zeros(picture.shape[:2], np.float32)
        if x0 < x1 and y0 < y1:
            piece = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
            alpha = share[piece] * (ahead[y0:y1, x0:x1] > view.depth(pose.hand) - 0.12)
            block = picture[y0:y1, x0:x1]
            block += (colour[piece] - block) * alpha[..., None]
            cover[y0:y1, x0:x1] = alpha
        return cover


def _slant(layout: Layout) -> Array:
    """Metres ahead for a metre along the ray of each pixel."""
    view = layout.view
    forward = np.subtract(view.target, view.eye)
    forward = (forward / np.linalg.norm(forward)).astype(np.float32)
    return np.asarray(view.rays((0, 0, view.width, view.height), 1) @ forward, np.float32)


def _bytes(picture: Array) -> Array:
    return np.asarray(cv2.convertScaleAbs(np.maximum(picture, 0), alpha=255))


def _bound(on: Array) -> PxBox:
    rows, columns = np.flatnonzero(on.any(1)), np.flatnonzero(on.any(0))
    if not len(rows):
        return 0, 0, 0, 0
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y


def _mask(stage: Stage, name: str) -> Mask:
    on = stage.share(name) >= 0.5
    x, y, w, h = _bound(on)
    return Mask((x, y, w, h), on[y : y + h, x : x + w], int((stage.alone(name) >= 0.5).sum()))


def _cut(stage: Stage, name: str) -> CutOut:
    share, picture = stage.share(name), stage.picture(Light())
    x, y, w, h = _bound(share > 0.02)
    part = (slice(y, y + h), slice(x, x + w))
    return CutOut(np.ascontiguousarray(picture[part]), np.ascontiguousarray(share[part]), (x, y, w, h))
