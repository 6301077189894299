"""A small ray tracer for still rooms: boxes, cones and spheres, one area light, soft shadows, ambient occlusion.

Owns no shapes and no rooms. Metres; x to the right, y up, z away from the camera. Methods: Blinn (1977) highlights,
cosine-weighted ambient occlusion (Zhukov et al. 1998), light averaged over like neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.sample_home.shapes import FAR, Array, Region, Solid, Vector, meet, out_of, surface

_SUB = 2
"""Rays a pixel along each axis."""
_LIGHT = np.array([-1.1, 2.5, -0.4], np.float32)
_LIGHT_SIZE = np.array([0.9, 0.0, 0.7], np.float32)
_LIGHT_POWER = 3.4
_AMBIENT = np.array([0.40, 0.42, 0.46], np.float32)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera at `eye` that looks at `target`; `focal` in pixels of a `width` × `height` picture."""

    eye: Vector
    target: Vector
    focal: float
    width: int = 640
    height: int = 360
    _axes: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ahead = np.subtract(self.target, self.eye).astype(np.float32)
        ahead /= np.linalg.norm(ahead)
        right = np.cross(np.array([0, 1, 0], np.float32), ahead)
        right /= np.linalg.norm(right)
        object.__setattr__(self, "_axes", np.stack([right, np.cross(ahead, right), ahead]).astype(np.float32))

    def rays(self, region: Region, sub: int = _SUB) -> Array:
        """Unit directions, (height·sub, width·sub, 3), of the rays of a region; `sub` along each side of a pixel."""
        x, y, w, h = region
        px = x + (np.arange(w * sub, dtype=np.float32) + 0.5) / sub - self.width / 2
        py = y + (np.arange(h * sub, dtype=np.float32) + 0.5) / sub - self.height / 2
        flat = np.stack(np.broadcast_arrays(px[None, :], -py[:, None], np.float32(self.focal)), -1)
        along = flat @ self._axes
        return np.asarray(along / np.linalg.norm(along, axis=-1, keepdims=True), np.float32)

    def depth(self, point: Sequence[float]) -> float:
        """Metres ahead of the camera; negative behind it."""
        return float(self._axes[2] @ np.subtract(point, self.eye))

    def project(self, point: Sequence[float]) -> tuple[float, float]:
        """Pixel of a point in the room."""
        x, y, z = self._axes @ np.subtract(point, self.eye)
        z = max(float(z), 0.05)
        return float(self.width / 2 + self.focal * x / z), float(self.height / 2 - self.focal * y / z)

    def flatten(self, points: Array) -> Array:
        """Pixels and depth (x, y, metres ahead), n×3, of points in the room, n×3."""
        seen = (points - np.asarray(self.eye, np.float32)) @ self._axes.T
        z = np.maximum(seen[:, 2], np.float32(0.05))
        x = self.width / 2 + self.focal * seen[:, 0] / z
        y = self.height / 2 - self.focal * seen[:, 1] / z
        return np.stack([x, y, seen[:, 2]], 1).astype(np.float32)


def render(solids: Sequence[Solid], camera: Camera, region: Region, seed: int = 0) -> tuple[Array, Any]:
    """Picture of a region, (height, width, 3) float32 0 to 1 in sRGB, and the share of each thing in each pixel.

    The shares are a mapping from a thing's name to an array (height, width), 0 to 1.
    """
    _, _, w, h = region
    rng = np.random.default_rng(seed)
    ways = camera.rays(region).reshape(-1, 3)
    eye = np.broadcast_to(np.asarray(camera.eye, np.float32), ways.shape)
    lit = np.zeros((h, _SUB, w, _SUB), bool)
    lit[:, 0, :, 0] = True
    empty = [np.zeros_like(ways) for _ in range(3)]
    found = _Surfaces(empty[0], empty[1], empty[2], np.zeros(len(ways), np.int16), lit.reshape(-1))
    for begin in range(0, len(ways), 1 << 15):
        part = slice(begin, begin + (1 << 15))
        _shade(solids, eye[part], ways[part], rng, found, part)
    light = _smooth(found, (h * _SUB, w * _SUB))
    warm = light[:, :1] * np.array([1.0, 0.95, 0.86], np.float32) + light[:, 1:2] * _AMBIENT
    colours, hits = found.albedo * warm + light[:, 2:], found.hit
    small = colours.reshape(h, _SUB, w, _SUB, 3).mean((1, 3))
    blocks = hits.reshape(h, _SUB, w, _SUB)
    shares = {
        name: np.isin(blocks, [i for i, s in enumerate(solids) if s.thing == name]).mean((1, 3), dtype=np.float32)
        for name in {solid.thing for solid in solids} - {""}
    }
    return np.clip(small, 0, 1) ** np.float32(1 / 2.2), shares


@dataclass(frozen=True)
class _Surfaces:
    """What the rays of a region met: a row for each ray; `light` is (lamp, openness, shine) where `lit`, else 0."""

    albedo: Array
    normals: Array
    light: Array
    hit: NDArray[np.int16]
    lit: NDArray[np.bool_]


def _shade(
    solids: Sequence[Solid], eye: Array, ways: Array, rng: np.random.Generator, out: _Surfaces, part: slice
) -> None:
    depth, hit = np.full(len(ways), FAR, np.float32), np.zeros(len(ways), np.int16)
    for index, solid in enumerate(solids):
        t = meet(solid, eye, ways)
        nearer = t < depth
        depth[nearer], hit[nearer] = t[nearer], index
    points = eye + ways * depth[:, None]
    normals, albedo = np.zeros_like(points), np.zeros_like(points)
    gloss = np.zeros(len(points), np.float32)
    for index, solid in enumerate(solids):
        mine = hit == index
        if mine.any():
            local, normal = surface(solid, points[mine])
            normals[mine], albedo[mine] = out_of(solid, normal), solid.paint(local, normal)
            gloss[mine] = solid.gloss
    out.albedo[part], out.normals[part], out.hit[part] = albedo, normals, hit
    some = np.flatnonzero(out.lit[part])
    normals = normals[some]
    start = points[some] + normals * np.float32(2e-3)
    lamp, shine = _direct(solids, start, normals, ways[some], rng)
    out.light[part][some] = np.stack([lamp, _open(solids, start, normals, rng), gloss[some] * shine], 1)


def _smooth(found: _Surfaces, shape: tuple[int, int], reach: int = 4) -> Array:
    """Light averaged over neighbouring lit rays that met the same solid at a like angle: fills in, removes noise."""
    rows, columns = shape
    light, normals = found.light.reshape(rows, columns, 3), found.normals.reshape(rows, columns, 3)
    hit, lit = found.hit.reshape(rows, columns), found.lit.reshape(rows, columns)
    corner = light[::_SUB, ::_SUB].repeat(_SUB, 0).repeat(_SUB, 1)
    total, weight = corner * np.float32(0.02), np.full((rows, columns), 0.02, np.float32)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            here = (slice(max(0, -dy), rows - max(0, dy)), slice(max(0, -dx), columns - max(0, dx)))
            there = (slice(max(0, dy), rows + min(0, dy)), slice(max(0, dx), columns + min(0, dx)))
            alike = (hit[here] == hit[there]) & lit[there]
            alike &= np.einsum("ijk,ijk->ij", normals[here], normals[there]) > 0.9
            total[here] += light[there] * alike[..., None]
            weight[here] += alike
    return np.asarray((total / weight[..., None]).reshape(-1, 3))


def _direct(
    solids: Sequence[Solid], start: Array, normals: Array, ways: Array, rng: np.random.Generator, samples: int = 3
) -> tuple[Array, Array]:
    total, shine = np.zeros(len(start), np.float32), np.zeros(len(start), np.float32)
    for _ in range(samples):
        lamp = _LIGHT + (rng.random((len(start), 3), dtype=np.float32) - np.float32(0.5)) * _LIGHT_SIZE
        to = lamp - start
        distance = np.linalg.norm(to, axis=1)
        to /= distance[:, None]
        facing = np.clip((normals * to).sum(1), 0, None)
        seen = ~_blocked(solids, start, to, distance) & (facing > 0)
        half = to - ways
        half /= np.linalg.norm(half, axis=1, keepdims=True)
        power = np.float32(_LIGHT_POWER) / (1 + distance**2) * seen
        total += power * facing
        shine += power * np.clip((normals * half).sum(1), 0, 1) ** 60
    return total / samples, shine / samples


def _open(solids: Sequence[Solid], start: Array, normals: Array, rng: np.random.Generator, samples: int = 3) -> Array:
    free = np.zeros(len(start), np.float32)
    for _ in range(samples):
        way = rng.normal(size=start.shape).astype(np.float32)
        way = normals + way / np.linalg.norm(way, axis=1, keepdims=True)
        way /= np.linalg.norm(way, axis=1, keepdims=True) + np.float32(1e-6)
        free += ~_blocked(solids, start, way, np.full(len(start), 0.5, np.float32))
    return free / samples


def _blocked(solids: Sequence[Solid], start: Array, ways: Array, within: Array) -> NDArray[np.bool_]:
    blocked = np.zeros(len(start), bool)
    for solid in solids:
        blocked |= meet(solid, start, ways) < within
    return blocked
