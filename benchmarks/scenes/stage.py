"""One camera's settled picture: what lies where, lit by its lamps, kept up to date thing by thing. Owns no motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.scenes.layouts import Layout
from benchmarks.scenes.raster import Buffer, cast, part_of
from tools.finder.sample_home.shapes import Array, Region, Solid, out_of, surface
from tools.finder.sample_home.trace import Camera

FINE = 1.5
"""Rays for a pixel along each side."""


@dataclass(frozen=True)
class Light:
    """How strong the light from all around and each lamp is, and the colour of all (linear)."""

    ambient: float = 0.42
    lamps: tuple[float, ...] = (1.0, 1.0)
    tint: tuple[float, float, float] = (1.0, 0.97, 0.93)


class Stage:
    """The picture of a layout with things in it."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.view = layout, layout.view
        v = layout.view
        self._fine = Camera(v.eye, v.target, v.focal * FINE, round(v.width * FINE), round(v.height * FINE))
        self._fixed = [*layout.shell, *layout.furniture]
        for lamp in layout.lamps:
            lamp.fix(layout.furniture)
        height, width = self._fine.height, self._fine.width
        self._still = Buffer.empty(height, width)
        cast(self._fixed, self._fine, self._still)
        self._buffer = self._still.copy()
        self._solids: list[Solid] = list(self._fixed)
        self._numbers: dict[str, int] = {}
        self._things: dict[str, list[Solid]] = {}
        self._points, self._normals, self._albedo = (np.zeros((height * width, 3), np.float32) for _ in range(3))
        self._lights = np.zeros((height * width, len(layout.lamps)), np.float32)
        every = np.arange(height * width)
        self._paint((0, 0, width, height))
        self._relight(every)

    @property
    def depth(self) -> Array:
        """Distance from the camera of what each pixel shows, metres, (height, width)."""
        return np.asarray(
            cv2.resize(self._buffer.depth, (self.view.width, self.view.height), interpolation=cv2.INTER_NEAREST)
        )

    def show(self, things: Mapping[str, Sequence[Solid]]) -> None:
        """Let exactly these things (name to solids in the room) lie there."""
        changed = {n for n in {*self._things, *things} if list(things.get(n, [])) != self._things.get(n, [])}
        parts = [part_of(s, self._fine) for n in changed for s in (*self._things.get(n, []), *things.get(n, []))]
        self._things = {name: list(solids) for name, solids in things.items()}
        moving = [solid for solids in self._things.values() for solid in solids]
        for name, solids in self._things.items():
            self._number(name, solids)
        again = np.zeros(len(self._points), bool)
        for lamp in self.layout.lamps:
            part = lamp.move(moving)
            if part is not None:
                again |= lamp.reaches(self._points, part)
        parts = [part for part in parts if part[2] > 0 and part[3] > 0]
        if parts:
            region = _hull(parts)
            x, y, w, h = region
            for mine, still in ((self._buffer.depth, self._still.depth), (self._buffer.hit, self._still.hit)):
                mine[y : y + h, x : x + w] = still[y : y + h, x : x + w]
            for name, solids in self._things.items():
                cast(solids, self._fine, self._buffer, self._numbers[name], region)
            again |= self._paint(region)
        self._relight(np.flatnonzero(again))

    def picture(self, light: Light) -> Array:
        """The picture in sRGB, (height, width, 3) float32 0 to 1, BGR."""
        total = self._lights @ np.asarray(light.lamps, np.float32)
        up = 0.8 + 0.2 * self._normals[:, 1]
        colour = self._albedo * (total + np.float32(light.ambient) * up)[:, None] * np.asarray(light.tint, np.float32)
        np.clip(colour, 0, 1, out=colour)
        fine = np.sqrt(colour).reshape(self._fine.height, self._fine.width, 3)  # gamma 2
        small = cv2.resize(fine, (self.view.width, self.view.height), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(small[..., ::-1])

    def share(self, name: str) -> Array:
        """How much of each pixel shows the thing (which lies there), 0 to 1, (height, width)."""
        first, count = self._numbers[name], len(self._things[name])
        return _small((self._buffer.hit >= first) & (self._buffer.hit < first + count), self.view)

    def alone(self, name: str) -> Array:
        """As `share`, if nothing else were there."""
        buffer = Buffer.empty(self._fine.height, self._fine.width)
        cast(self._things[name], self._fine, buffer)
        return _small(buffer.hit >= 0, self.view)

    def _number(self, name: str, solids: Sequence[Solid]) -> None:
        """Keep the solids of a thing under numbers that never change, which the buffer refers to."""
        if name not in self._numbers:
            self._numbers[name] = len(self._solids)
            self._solids += solids
        first = self._numbers[name]
        self._solids[first : first + len(solids)] = solids

    def _paint(self, region: Region) -> Array:
        """Points, normals and colours of a region; which pixels these are."""
        x, y, w, h = region
        mark = np.zeros(self._buffer.hit.shape, bool)
        mark[y : y + h, x : x + w] = True
        index = np.flatnonzero(mark)
        ways = self._fine.rays(region, 1).reshape(-1, 3)
        depth, hit = self._buffer.depth.reshape(-1)[index], self._buffer.hit.reshape(-1)[index]
        self._points[index] = np.asarray(self._fine.eye, np.float32) + ways * np.minimum(depth, 40.0)[:, None]
        self._albedo[index], self._normals[index] = 0.02, 0.0
        for number in np.unique(hit[hit >= 0]).tolist():
            mine = index[hit == number]
            solid = self._solids[number]
            local, normal = surface(solid, self._points[mine])
            self._albedo[mine], self._normals[mine] = solid.paint(local, normal), out_of(solid, normal)
        return mark.reshape(-1)

    def _relight(self, index: Array) -> None:
        for number, lamp in enumerate(self.layout.lamps):
            start = self._points[index] + self._normals[index] * np.float32(3e-3)
            self._lights[index, number] = lamp.light(start, self._normals[index])


def _hull(parts: Sequence[Region]) -> Region:
    left, top = min(p[0] for p in parts), min(p[1] for p in parts)
    right, bottom = max(p[0] + p[2] for p in parts), max(p[1] + p[3] for p in parts)
    return left, top, right - left, bottom - top


def _small(mask: Array, view: Camera) -> Array:
    return np.asarray(
        cv2.resize(mask.astype(np.float32), (view.width, view.height), interpolation=cv2.INTER_AREA), np.float32
    )
