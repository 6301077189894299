"""Boxes, cones and spheres: where a ray meets them and how they face there. Owns no light and no pictures.

Metres; x to the right, y up, z away from the camera. Methods: slab test for boxes (Kay and Kajiya 1986), quadratics
for cones and spheres, a bounding sphere first for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""An array of float32."""
Vector = tuple[float, float, float]
Region = tuple[int, int, int, int]
"""x, y of the top left corner, width, height; pixels."""
Paint = Callable[[Array, Array], Array]
"""(local points N×3 in metres, local normals N×3) to colours N×3, 0 to 1, linear light."""

FAR = np.float32(1e9)
"""Distance of a miss."""


@dataclass(frozen=True)
class Solid:
    """A box (`size` x, y, z), a cone (`size` bottom radius, height, top radius) or a sphere (`size` radius).

    `at` is the centre of a box or sphere and the foot of a cone; `yaw` turns it about the vertical, then
    `pitch` (applied first to the solid itself) about its own x axis, radians.
    """

    kind: str
    at: Vector
    size: Vector
    paint: Paint
    yaw: float = 0.0
    pitch: float = 0.0
    gloss: float = 0.0
    thing: str = ""
    """Name of the movable thing it belongs to; empty for the room."""

    @property
    def bound(self) -> tuple[Array, float]:
        """Centre and radius of a sphere around it."""
        middle = np.array(self.at, np.float32)
        if self.kind == "cone" and self.pitch:
            return middle, float(np.hypot(max(self.size[0], self.size[2]), self.size[1]))
        if self.kind == "box":
            return middle, float(np.linalg.norm(self.size)) / 2
        if self.kind == "sphere":
            return middle, self.size[0]
        middle[1] += self.size[1] / 2
        return middle, float(np.hypot(max(self.size[0], self.size[2]), self.size[1] / 2))


def _turned(solid: Solid) -> Array | None:
    """The matrix from the solid's own axes to the room's; None where they are the same."""
    if not (solid.yaw or solid.pitch):
        return None
    c, s, d, t = np.cos(solid.yaw), np.sin(solid.yaw), np.cos(solid.pitch), np.sin(solid.pitch)
    about_y, about_x = [[c, 0, s], [0, 1, 0], [-s, 0, c]], [[1, 0, 0], [0, d, -t], [0, t, d]]
    return (np.array(about_y) @ np.array(about_x)).astype(np.float32)


def _into(solid: Solid, vectors: Array) -> Array:
    """Vectors of the room in the solid's own axes."""
    matrix = _turned(solid)
    return vectors if matrix is None else vectors @ matrix


def out_of(solid: Solid, vectors: Array) -> Array:
    matrix = _turned(solid)
    return vectors if matrix is None else vectors @ matrix.T


def meet(solid: Solid, start: Array, ways: Array) -> Array:
    """Distance along each ray to the solid, `FAR` where it is missed."""
    middle, reach = solid.bound
    to = middle - start
    along = np.einsum("ij,ij->i", to, ways)
    near = np.flatnonzero((np.einsum("ij,ij->i", to, to) - along * along < reach * reach) & (along > -reach))
    distance = np.full(len(start), FAR, np.float32)
    if len(near):
        distance[near] = _meet_near(solid, start[near], ways[near])
    return distance


def _meet_near(solid: Solid, start: Array, ways: Array) -> Array:
    o = _into(solid, start - np.asarray(solid.at, np.float32))
    d = _into(solid, ways)
    if solid.kind == "box":
        d = np.where(np.abs(d) < 1e-7, np.float32(1e-7), d)
        half = np.asarray(solid.size, np.float32) / 2
        middle, reach = -o / d, np.abs(half / d)
        enter, leave = (middle - reach).max(1), (middle + reach).min(1)
        return np.where((leave >= enter) & (leave > 1e-4), np.where(enter > 1e-4, enter, leave), FAR)
    if solid.kind == "sphere":
        b, c = (o * d).sum(1), (o * o).sum(1) - np.float32(solid.size[0] ** 2)
        t = -b - np.sqrt(np.clip(b * b - c, 0, None))
        return np.where((b * b >= c) & (t > 1e-4), t, FAR)
    return _meet_cone(solid.size, o, d)


def _meet_cone(size: Vector, o: Array, d: Array) -> Array:
    low, height, high = size
    k = np.float32((high - low) / height)
    r, s = low + k * o[:, 1], k * d[:, 1]
    a = d[:, 0] ** 2 + d[:, 2] ** 2 - s * s
    b = o[:, 0] * d[:, 0] + o[:, 2] * d[:, 2] - r * s
    c = o[:, 0] ** 2 + o[:, 2] ** 2 - r * r
    a = np.where(np.abs(a) < 1e-7, np.float32(1e-7), a)
    root = b * b - a * c
    best = np.full(len(o), FAR, np.float32)
    spread = np.sqrt(np.clip(root, 0, None))
    for t in ((-b - spread) / a, (-b + spread) / a):
        y = o[:, 1] + t * d[:, 1]
        best = np.where((root >= 0) & (t > 1e-4) & (y >= 0) & (y <= height) & (t < best), t, best)
    down = np.where(np.abs(d[:, 1]) < 1e-7, np.float32(1e-7), d[:, 1])
    for level, radius in ((0.0, low), (height, high)):
        t = (np.float32(level) - o[:, 1]) / down
        x, z = o[:, 0] + t * d[:, 0], o[:, 2] + t * d[:, 2]
        best = np.where((t > 1e-4) & (x * x + z * z <= radius * radius) & (t < best), t, best)
    return best


def surface(solid: Solid, points: Array) -> tuple[Array, Array]:
    """Local points and outward local normals of points on the solid."""
    local = _into(solid, points - np.asarray(solid.at, np.float32))
    if solid.kind == "sphere":
        return local, local / np.float32(solid.size[0])
    normal = np.zeros_like(local)
    if solid.kind == "box":
        scaled = local / (np.asarray(solid.size, np.float32) / 2)
        axis = np.abs(scaled).argmax(1)
        rows = np.arange(len(local))
        normal[rows, axis] = np.sign(scaled[rows, axis])
        return local, normal
    low, height, high = solid.size
    normal[:, 0], normal[:, 2] = local[:, 0], local[:, 2]
    normal[:, 1] = np.hypot(local[:, 0], local[:, 2]) * np.float32((low - high) / height)
    top, foot = local[:, 1] > height - 5e-4, local[:, 1] < 5e-4
    normal[top], normal[foot] = (0, 1, 0), (0, -1, 0)
    return local, normal / (np.linalg.norm(normal, axis=1, keepdims=True) + np.float32(1e-9))
