"""What there is in the made-up house: things that lie about and are moved, and parts of rooms. Owns no rows.

Each thing has a kind, a colour, a size and a look of its own. Every few hours it lies somewhere else, or nowhere in
view; in between, each recording of its camera sees it again, nearly the same. Most of what is seen are parts of the
rooms, the same ones in every recording. Features follow the statistics of a network's: a large common part, directions
of falling weight (64 of them hold about 70 % of what varies), a little of the label's own direction, some change with
each place and less with each sighting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.kinds import kinds_named
from tools.finder.looks.colours import look
from tools.finder.looks.labels import LabelDirections
from tools.finder.looks.layout import join

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
COLOURS = {"red": (200, 30, 40), "blue": (40, 90, 220), "green": (40, 150, 60), "black": (25, 25, 28),
           "brown": (120, 75, 40), "yellow": (235, 205, 40), "pink": (250, 150, 195), "grey": (120, 120, 122),
           "beige": (225, 205, 170), "purple": (110, 50, 160)}  # fmt: skip
KINDS = ("mug", "wallet", "book", "keys", "bottle", "phone", "glasses case", "scissors", "remote control", "box")
OTHERS = ("cup", "plate", "bowl", "plant", "lamp", "clock", "umbrella", "vase", "teapot", "cap")
GROUNDS = ((150, 150, 150), (130, 95, 60), (228, 220, 205))
THINGS, REGIONS, CAMERAS = 100, 60, 4
EPOCH = 48
"""Recordings of a camera between two moves of a thing: four hours."""
VARIANTS = 6
RANK, COMMON, LABEL, PLACE, SIGHT = 256, 0.64, 0.12, 0.35, 0.15
"""Of the features: dimensions that vary; the length of the common part; shares of the label's direction, and of what
changes with the place and with each sighting."""


@dataclass(frozen=True)
class Seen:
    """What a camera sees in one recording: its things [k], then parts of the room; boxes [n, 4], looks by number."""

    things: Ints
    parts: Ints
    boxes: Floats
    came: NDArray[np.bool_]
    left: NDArray[np.bool_]


class World:
    """The house of one seed."""

    def __init__(self, seed: int, labels: LabelDirections) -> None:
        rng = np.random.default_rng(seed)
        width = labels.directions.shape[1]
        self._basis = np.linalg.qr(rng.standard_normal((width, RANK)))[0].T.astype(np.float32)
        self._spread = (1 / np.sqrt(np.arange(RANK) + 4)).astype(np.float32)
        self._spread /= np.linalg.norm(self._spread)
        self._common = np.abs(rng.standard_normal(width)).astype(np.float32)
        self._common *= COMMON / np.linalg.norm(self._common)
        shades = list(COLOURS)
        self.kinds = [(KINDS if n < THINGS // 2 else OTHERS)[n % 10] for n in range(THINGS)]
        self.colours = [shades[(n // 10 + n) % 10] for n in range(THINGS)]
        usual = ("grey", "beige", "brown", "brown", "grey", "black")
        self.colours += [usual[n % 6] for n in range(CAMERAS * REGIONS)]
        self._labels = np.stack([labels.of(kinds_named(kind)[0].labels).mean(0) for kind in self.kinds])
        self._own = (rng.standard_normal((len(self.colours), RANK)) * self._spread).astype(np.float32)
        self._colours = np.stack([self._shades(rng, name) for name in self.colours])
        self._size_cm = np.array([kinds_named(kind)[0].size_cm for kind in self.kinds])
        self._seed = seed
        y = rng.uniform(0, 480, (CAMERAS, REGIONS))
        sides = np.exp(rng.normal(3.6, 0.5, (2, CAMERAS, REGIONS)))
        self._regions = np.stack([rng.uniform(0, 880, y.shape), y, *sides], -1)

    def _shades(self, rng: np.random.Generator, name: str) -> Floats:
        """Palettes and shades, [VARIANTS, 1 + 216 + 15], on several grounds in several lights."""
        rows = []
        for variant in range(VARIANTS):
            ground = np.full((32, 32, 3), GROUNDS[variant % 3], np.float64)
            ground[6:26, 6:26] = COLOURS[name]
            light = rng.uniform(0.75, 1.1)
            noisy = ground * light + rng.normal(0, 6, ground.shape)
            rows.append(join(np.ones(1, np.float32), look(np.clip(noisy, 0, 255).astype(np.uint8))))
        return np.array(rows, np.float32)

    def _lies(self, epoch: int) -> tuple[Ints, Floats]:
        """The camera of each thing (`CAMERAS`: none) and its box, for some hours."""
        rng = np.random.default_rng((self._seed, max(0, epoch)))
        camera = rng.integers(0, CAMERAS + 1, THINGS)
        y = rng.uniform(210, 470, THINGS)
        long = self._size_cm * (1.6 + y / 300)
        box = np.stack([rng.uniform(0, 880, THINGS), y, long, long * rng.uniform(0.5, 1, THINGS)], 1)
        return camera, box.astype(np.float32)

    def seen(self, camera: int, recording: int, count: int, rng: np.random.Generator) -> Seen:
        """What the `recording`th of a camera shows, `count` sightings."""
        epoch, first, last = recording // EPOCH, recording % EPOCH == 0, recording % EPOCH == EPOCH - 1
        where, boxes = self._lies(epoch)
        things = np.flatnonzero(where == camera)[:count]
        parts = rng.permutation(REGIONS)[: max(0, count - len(things))]
        every = np.concatenate([boxes[things], self._regions[camera][parts]])
        every = every + rng.normal(0, 0.7, every.shape)
        every[:, :2] = np.maximum(every[:, :2], 0)
        moved = np.arange(len(every)) < len(things)
        return Seen(things, THINGS + camera * REGIONS + parts, every.astype(np.float32), moved & first, moved & last)

    def vectors(self, things: Ints, epochs: Ints, rng: np.random.Generator) -> Floats:
        """Vectors [n, d] of sightings of things or parts (by number) in these hours."""
        keys, back = np.unique(np.stack([things, epochs]), axis=1, return_inverse=True)
        placed = np.stack(
            [np.random.default_rng((self._seed, 1, *key)).standard_normal(RANK) for key in keys.T.tolist()]
        )
        change = PLACE * placed[back.reshape(-1)] + SIGHT * rng.standard_normal((len(things), RANK))
        own = (self._own[things] + change.astype(np.float32) * self._spread) @ self._basis
        named = things < THINGS
        own[named] += LABEL * self._labels[things[named]]
        own *= np.sqrt(1 - COMMON**2) / np.linalg.norm(own, axis=1, keepdims=True)
        features = self._common + own
        features *= 0.75 / np.linalg.norm(features, axis=1, keepdims=True)
        shades = self._colours[things, (epochs + rng.integers(0, 2, len(things))) % VARIANTS][:, 1:]
        return np.concatenate([features, shades], 1)
