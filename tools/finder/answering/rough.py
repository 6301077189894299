"""What small columns say of each of a million sightings, in some tens of milliseconds. Owns no order and no looks.

The weights of `tools.finder.answering.prior` and the evidence of `tools.finder.answering.evidence` are functions of a
few columns of one byte or two. Here those very functions are asked once for each value that a column can have, and
each sighting's answers are looked up. Sizes are known to a sixteenth of a logarithm, zones to some pixels (in doubt a
box stands in one); what the network saw and a photo's palette are not weighed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.evidence import by_colours, by_label, by_shape, by_size, colour_ratios, reliable
from tools.finder.answering.facts import CELL_PX, DETECTOR, STEPS, Table, code
from tools.finder.answering.prior import NO_ZONE, PART, handled, standing
from tools.finder.answering.query import Wanted
from tools.finder.answering.scale import Scale
from tools.finder.answering.within import FURNITURE
from tools.finder.looks.blocks import side_by_side
from tools.finder.looks.colours import NAMES
from tools.finder.looks.layout import Parts
from tools.finder.records import Camera

Floats = NDArray[np.float32]
Scan = Mapping[str, NDArray[Any]]
CHUNK = 1 << 15
LENGTHS, ASPECTS = 144, 64
"""Steps of length and aspect that a picture can have."""
CELLS = 1 << 16
ABSENT = -100.0
_NO_SHARES = np.zeros((0, 16), np.uint8)


@dataclass(frozen=True)
class Background:
    """What a question is weighed against: sightings that tell what is usual, and how much each counts for that."""

    cameras: Mapping[int, Camera]
    scales: Mapping[int, Scale]
    seen: Table
    share: NDArray[np.float64]

    @property
    def last(self) -> int:
        """The highest id of a camera."""
        return max([*self.cameras, *self.scales], default=0)


def rough(
    scan: Scan,
    shares: NDArray[np.uint8],
    wanted: Wanted | None,
    photo: Parts | None,
    usual: Background,
    *,
    labelled: bool = True,
) -> Floats:
    """Logarithms [n] of weight and evidence, without what a network saw; the columns are those of `facts.SCANNED`.

    `photo`: where no words are given, its shades stand for its palette. `labelled`: whether labels are evidence.
    """
    tables = _Tables(
        _by_shape(wanted, usual), _by_flags(), _by_cell(usual), *_by_label(wanted if labelled else None),
        np.array([code(name) for name in FURNITURE], np.uint32),
    )  # fmt: skip
    coloured = wanted is not None and bool(wanted.colours or wanted.parts or wanted.tone)
    ratios = colour_ratios(wanted, usual.seen, usual.share) if wanted is not None and coloured else {}
    score = np.empty(len(shares), np.float32)

    def weigh(start: int) -> None:
        part = slice(start, start + CHUNK)
        columns = {name: values[part] for name, values in scan.items()}
        score[part] = tables.weigh(columns)
        if coloured or (wanted is None and photo is not None):
            score[part] += _by_shades(Table(columns, shares[part]), wanted, photo, ratios)
        score[part][shares[part, -1] == 0] = ABSENT

    side_by_side(weigh, range(0, len(score), CHUNK))
    return score


def seen_by_length() -> Floats:
    """`evidence.reliable` by the step of length, [256]."""
    return reliable(_grid(np.arange(256), np.zeros(256, int)))


@dataclass(frozen=True)
class _Tables:
    """What each value of a column is worth, logarithms."""

    shape: Floats
    """By camera (its id), length and aspect, in one row."""
    flags: Floats
    cell: Floats
    """By camera (its id) and square of the picture, in one row."""
    codes: NDArray[np.uint32]
    label: Floats
    """By detector or not, right or not, and score: [2, 2, 256]; empty where no label is asked for."""
    furniture: NDArray[np.uint32]

    def weigh(self, columns: Scan) -> Floats:
        """The sum for each sighting."""
        score = np.take(self.flags, columns["flags"])
        score += np.float32(math.log(PART)) * columns["within"]
        length, aspect = (np.minimum(columns[n], m - 1) for n, m in (("length", LENGTHS), ("aspect", ASPECTS)))
        camera = columns["camera"].astype(np.intp)
        score += np.take(self.shape, (camera * LENGTHS + length) * ASPECTS + aspect)
        score += np.take(self.cell, camera * CELLS + columns["cell"])
        named = np.flatnonzero(columns["label"])
        if len(named):
            score[named] += self._labels({name: columns[name][named] for name in ("label", "flags", "sure")})
        return score

    def _labels(self, columns: Scan) -> Floats:
        detector = (columns["flags"] & DETECTOR) != 0
        score = np.float32(math.log(0.2)) * (detector & np.isin(columns["label"], self.furniture))
        if len(self.label):
            score = score + self.label[detector * 1, np.isin(columns["label"], self.codes) * 1, columns["sure"]]
        return np.asarray(score, np.float32)


def _grid(lengths: NDArray[Any], aspects: NDArray[Any]) -> Table:
    """Boxes that have these steps of length and aspect, away from the picture's edges."""
    long = np.exp(lengths / STEPS)
    box = np.stack([np.full(len(long), 9.0), np.full(len(long), 9.0), long, long / np.exp(aspects / STEPS)], 1)
    rows = {"box": box.astype(np.float32), "camera": np.zeros(len(long), int)}
    zero = np.zeros(len(long), np.uint8)
    return Table(rows | {"id": zero, "flags": zero, "label": zero, "score": zero, "within": zero}, zero[:, None])


def _by_shape(wanted: Wanted | None, usual: Background) -> Floats:
    lengths, aspects = (grid.reshape(-1) for grid in np.indices((LENGTHS, ASPECTS)))
    table = _grid(lengths, aspects)
    worth = handled(table) / handled(_grid(np.array([80]), np.array([0])))
    if wanted is not None and wanted.kinds:
        worth = worth * by_shape(table, wanted)
    found = np.zeros((usual.last + 1, len(lengths)), np.float32)
    for camera, scale in usual.scales.items():
        found[camera] = np.log(worth * by_size(table, wanted, {0: scale}))
    return found.reshape(-1)


def _by_flags() -> Floats:
    table = _grid(np.full(256, 80), np.zeros(256, int))
    rows = {**table.rows, "flags": np.arange(256, dtype=np.uint8)}
    return np.asarray(np.log(handled(Table(rows, table.shares))), np.float32)


def _by_cell(usual: Background) -> Floats:
    """What standing in a square of a camera's picture, or in one beside it, is worth by its zones."""
    found = np.zeros((usual.last + 1, CELLS), np.float32)
    for number, camera in usual.cameras.items():
        if camera.zones:
            corners = np.array([corner for zone in camera.zones for corner in zone.polygon])
            wide, high = (min(256, max(1, int(most / CELL_PX) + 2)) for most in corners.max(0))
            down, right = (grid.reshape(-1) for grid in np.indices((high, wide)))
            box = np.stack([(right + 0.5) * CELL_PX, (down + 0.5) * CELL_PX, right * 0, down * 0], 1)
            rows = {"id": right, "box": box, "camera": np.full(len(box), number), "within": right * 0}
            table = Table(rows, _NO_SHARES)
            worth = np.pad(standing(table, {number: camera}, {}).reshape(high, wide), 1, constant_values=NO_ZONE)
            near = np.max([worth[y : y + high, x : x + wide] for y in range(3) for x in range(3)], 0)
            every = np.full((256, 256), NO_ZONE)
            every[:high, :wide] = near
            found[number] = np.log(every).reshape(-1)
    return found.reshape(-1)


def _by_label(wanted: Wanted | None) -> tuple[NDArray[np.uint32], Floats]:
    if wanted is None or not wanted.labels:
        return np.zeros(0, np.uint32), np.zeros((0,), np.float32)
    codes = np.array([code(label) for label in wanted.labels], np.uint32)
    detector, right, sure = (grid.reshape(-1) for grid in np.indices((2, 2, 256)))
    rows = {"flags": (detector * DETECTOR).astype(np.uint8), "score": sure / 255}
    table = Table(rows | {"label": np.where(right, codes[0], 1), "id": sure}, _NO_SHARES)
    return codes, np.log(by_label(table, wanted)).reshape(2, 2, 256).astype(np.float32)


def _by_shades(part: Table, wanted: Wanted | None, photo: Parts | None, ratios: Mapping[str, Floats]) -> Floats:
    """What the shares of shades say for the wanted colours; or how like they are to the photo's."""
    if wanted is not None:
        return np.asarray(np.sum(list(by_colours(part, wanted, ratios).values()), 0), np.float32)
    assert photo is not None
    roots = np.sqrt(part.shares[:, : len(NAMES)].astype(np.float32) / np.float32(255))
    return np.asarray(8 * (roots @ np.sqrt(photo.shares).mean(0)), np.float32)
