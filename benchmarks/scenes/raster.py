"""Pictures of solids by ray casting within each solid's own part of the picture, with shadow maps. Owns no things.

The solids and how a ray meets them are the sample home's (`tools.finder.sample_home.shapes`). Here a ray is cast only
where a solid can be seen, and shadows come from depth maps of the lamps (Williams 1978, "Casting curved shadows on
curved surfaces") softened by percentage-closer filtering (Reeves et al. 1987), so that a room takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from tools.finder.sample_home.shapes import FAR, Array, Region, Solid, meet, out_of
from tools.finder.sample_home.trace import Camera

BIAS_M = 0.012
"""How much nearer to the lamp something must be to throw a shadow, metres."""
SOFT = tuple((float(dx), float(dy)) for dx, dy in product((-1.2, 0.0, 1.2), repeat=2))


@dataclass
class Buffer:
    """What the rays of a picture meet: distance along the ray (metres) and position of the solid, −1 for nothing."""

    depth: Array
    hit: Array

    @classmethod
    def empty(cls, height: int, width: int) -> Buffer:
        """Nothing met yet."""
        return cls(np.full((height, width), FAR, np.float32), np.full((height, width), -1, np.int16))

    def copy(self) -> Buffer:
        """A copy that may be drawn into."""
        return Buffer(self.depth.copy(), self.hit.copy())


def part_of(solid: Solid, camera: Camera) -> Region:
    """The part of the picture in which a solid can be seen; all of it where the solid reaches behind the camera."""
    middle, reach = solid.bound
    if solid.kind == "box":
        half = np.asarray(solid.size, np.float32) / 2
        corners = np.array(list(product((-1, 1), repeat=3)), np.float32) * half
        points = out_of(solid, corners) + middle
    else:
        points = middle + np.array(list(product((-reach, reach), repeat=3)), np.float32)
    return _around(camera.flatten(points.astype(np.float32)), camera)


def _around(flat: Array, camera: Camera) -> Region:
    if flat[:, 2].min() < 0.06:
        return 0, 0, camera.width, camera.height
    left, top = np.floor(flat[:, :2].min(0)).astype(int) - 1
    right, bottom = np.ceil(flat[:, :2].max(0)).astype(int) + 2
    x, y = max(0, int(left)), max(0, int(top))
    return x, y, max(0, min(camera.width, int(right)) - x), max(0, min(camera.height, int(bottom)) - y)


def cast(solids: Sequence[Solid], camera: Camera, into: Buffer, first: int = 0, within: Region | None = None) -> None:
    """Meet the rays of `camera` (of those in `within`) with the solids, numbered from `first`, nearest first."""
    for number, solid in enumerate(solids, first):
        x, y, w, h = part_of(solid, camera) if within is None else _both(part_of(solid, camera), within)
        if w <= 0 or h <= 0:
            continue
        ways: Array = camera.rays((x, y, w, h), 1).reshape(-1, 3)
        eye = np.broadcast_to(np.asarray(camera.eye, np.float32), ways.shape)
        distance = meet(solid, eye, ways).reshape(h, w)
        block = into.depth[y : y + h, x : x + w]
        nearer = distance < block
        block[nearer] = distance[nearer]
        into.hit[y : y + h, x : x + w][nearer] = number


def _both(one: Region, other: Region) -> Region:
    x, y = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[0] + one[2], other[0] + other[2]), min(one[1] + one[3], other[1] + other[3])
    return x, y, right - x, bottom - y


@dataclass
class Lamp:
    """A lamp and its depth map; `still` is the map of what never moves."""

    camera: Camera
    power: float
    still: Buffer = field(init=False)
    map: Array = field(init=False)

    def __post_init__(self) -> None:
        self.still = Buffer.empty(self.camera.height, self.camera.width)
        self.map = self.still.depth

    def fix(self, solids: Sequence[Solid]) -> None:
        """Take these as what never moves."""
        cast(solids, self.camera, self.still)
        self.map = self.still.depth

    def move(self, solids: Sequence[Solid]) -> Region | None:
        """Add these to what never moves; the part of the map that this changes."""
        buffer = self.still.copy()
        cast(solids, self.camera, buffer)
        rows, columns = np.nonzero(buffer.depth != self.map)
        self.map = buffer.depth
        if not len(rows):
            return None
        x, y = int(columns.min()), int(rows.min())
        return x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y

    def reaches(self, points: Array, part: Region) -> Array:
        """Whether each of the points, n×3, lies behind that part of the map (with its soft edge)."""
        flat = self.camera.flatten(points)
        x, y, w, h = part
        across = (flat[:, 0] > x - 3) & (flat[:, 0] < x + w + 3)
        return np.asarray(across & (flat[:, 1] > y - 3) & (flat[:, 1] < y + h + 3))

    def light(self, points: Array, normals: Array) -> Array:
        """What arrives at points, n×3, that face along `normals`: 0 in the shadow."""
        to = np.asarray(self.camera.eye, np.float32) - points
        distance = np.linalg.norm(to, axis=1)
        facing = np.clip((normals * to).sum(1) / distance, 0, None)
        flat = self.camera.flatten(points)
        seen = np.zeros(len(points), np.float32)
        limit = distance - np.float32(BIAS_M) * (1 + 2 * (1 - facing))
        for dx, dy in SOFT:
            column, row = (flat[:, 0] + np.float32(dx)).astype(np.intp), (flat[:, 1] + np.float32(dy)).astype(np.intp)
            inside = (column >= 0) & (row >= 0) & (column < self.camera.width) & (row < self.camera.height)
            nearest = self.map[np.clip(row, 0, self.map.shape[0] - 1), np.clip(column, 0, self.map.shape[1] - 1)]
            seen += ~inside | (nearest >= limit)
        falloff = np.float32(self.power) / (1 + 0.22 * distance**2)
        return np.asarray(falloff * facing * seen / len(SOFT), np.float32)
