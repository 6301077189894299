"""What small columns say of each of a million sightings, in some tens of milliseconds. Owns no order and no looks.

The weights of `tools.finder.answering.prior` and the evidence of `tools.finder.answering.evidence` are functions of a
few columns of one byte or two. Here those very functions are asked once for each value that a column can have, and
each sighting's answers are looked up. Sizes are known to a sixteenth of a logarithm, zones to some pixels (in doubt a
box stands in one); what the network saw and a photo's palette are not weighed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.colour_evidence import by_colours, colour_ratios, most_by_colours
from tools.finder.answering.evidence import by_label, by_shape, by_size, reliable
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
LENGTHS, ASPECTS = 144, 1 << 6
"""Steps of length and aspect that a picture can have."""
CELLS = 1 << 16
ABSENT = -100.0
SHADES = 8.0
"""What having just the shades of a photo is worth."""
ROUNDED, LITTLE = 1.02, 1e-3
"""Shares in bytes may sum to a little more than 1; sums may differ a little by their order."""
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


class Rough:
    """A question to the columns of `facts.SCANNED` and to shades: logarithms of weight and evidence, without what a
    network saw.

    `photo`: where no words are given, its shades stand for its palette. `labelled`: whether labels are evidence.
    """

    def __init__(self, wanted: Wanted | None, photo: Parts | None, usual: Background, *, labelled: bool = True) -> None:
        self._tables = _Tables(
            _by_shape(wanted, usual), _by_flags(), _by_cell(usual), *_by_label(wanted if labelled else None),
            np.array([code(name) for name in FURNITURE], np.uint32),
        )  # fmt: skip
        self._wanted, self._like = wanted, np.zeros(0, np.float32)
        self._ratios: Mapping[str, Floats] = {}
        if wanted is not None and (wanted.colours or wanted.parts or wanted.tone):
            self._ratios = colour_ratios(wanted, usual.seen, usual.share)
        elif wanted is None and photo is not None:
            self._like = np.asarray(SHADES * np.sqrt(photo.shares).mean(0), np.float32)
        self.by_shades = bool(self._ratios or len(self._like) or (wanted is not None and wanted.tone))
        """Whether shades say anything."""

    def by_columns(self, scan: Scan, more: Floats) -> Floats:
        """What the columns say, [n], and more by the step of length: `more` [256]."""
        score, tables = np.empty(len(scan["length"]), np.float32), self._tables.with_more(more)

        def weigh(start: int) -> None:
            columns = {name: values[start : start + CHUNK] for name, values in scan.items()}
            tables.weigh(columns, score[start : start + CHUNK])

        side_by_side(weigh, range(0, len(score), CHUNK))
        return score

    def shades(self, shares: NDArray[np.uint8], flags: NDArray[np.uint8]) -> Floats:
        """What the shades (bytes, [n, 16]) say; `ABSENT` where there is no vector."""
        found = np.zeros(len(shares), np.float32)
        if len(self._like):
            roots = shares.astype(np.float32)
            found = np.sqrt(roots, out=roots)[:, : len(NAMES)] @ (self._like / np.float32(255**0.5))
        elif self.by_shades and self._wanted is not None:
            for one in by_colours(Table({"flags": flags}, shares), self._wanted, self._ratios).values():
                found += one
        found[shares[:, -1] == 0] = ABSENT
        return found

    @property
    def most(self) -> float:
        """What shades can say at most: of roots, by the inequality of Cauchy and Schwarz."""
        if len(self._like):
            return LITTLE + ROUNDED * float(np.linalg.norm(self._like))
        return LITTLE + (most_by_colours(self._wanted, self._ratios) if self._wanted is not None else 0.0)


def seen_by_length() -> Floats:
    """`evidence.reliable` by the step of length, [256]."""
    return reliable(_grid(np.arange(256), np.zeros(256, int)))


@dataclass(frozen=True)
class _Tables:
    """What each value of a column is worth, logarithms."""

    shape: Floats
    """By camera (its id), length and aspect: [cameras * 256 * ASPECTS]."""
    flags: Floats
    """By flags, first of what is no part of anything: [2 * 256]."""
    cell: Floats
    """By camera (its id) and square of the picture, in one row."""
    codes: NDArray[np.uint32]
    label: Floats
    """By detector or not, right or not, and score: [2, 2, 256]; empty where no label is asked for."""
    furniture: NDArray[np.uint32]

    def with_more(self, more: Floats) -> _Tables:
        """With so much more by the step of length, [256]."""
        return replace(self, shape=(self.shape.reshape(-1, 256, ASPECTS) + more[:, None]).reshape(-1))

    def weigh(self, columns: Scan, score: Floats) -> None:
        """The sum for each sighting, into `score` [n]. Places in tables are put together in the smallest numbers that
        hold them: there may be a million."""
        flags = columns["within"].astype(np.uint16)
        flags <<= 8
        flags |= columns["flags"]
        camera = columns["camera"].astype(np.uint32)
        shape = columns["length"].astype(np.uint16)
        shape <<= 6
        shape |= np.minimum(columns["aspect"], ASPECTS - 1)
        score[:] = _pick(self.flags, flags.astype(np.intp))
        score += _pick(self.shape, (camera << 14 | shape).astype(np.intp))
        camera <<= 16
        camera |= columns["cell"]
        score += _pick(self.cell, camera.astype(np.intp))
        if columns["label"].any():
            named = np.flatnonzero(columns["label"])
            score[named] += self._labels({name: columns[name][named] for name in ("label", "flags", "sure")})

    def _labels(self, columns: Scan) -> Floats:
        detector = (columns["flags"] & DETECTOR) != 0
        score = np.float32(math.log(0.2)) * (detector & np.isin(columns["label"], self.furniture))
        if len(self.label):
            score = score + self.label[detector * 1, np.isin(columns["label"], self.codes) * 1, columns["sure"]]
        return np.asarray(score, np.float32)


def _pick(table: Floats, places: NDArray[np.intp]) -> Floats:
    """The values at these places, which lie within the table: clipping costs less than looking whether they do."""
    return np.asarray(np.take(table, places, mode="clip"), np.float32)


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
    found = np.zeros((usual.last + 1, 256, ASPECTS), np.float32)
    for camera, scale in usual.scales.items():
        found[camera, :LENGTHS] = np.log(worth * by_size(table, wanted, {0: scale})).reshape(LENGTHS, ASPECTS)
        found[camera, LENGTHS:] = found[camera, LENGTHS - 1]
    return found.reshape(-1)


def _by_flags() -> Floats:
    table = _grid(np.full(256, 80), np.zeros(256, int))
    rows = {**table.rows, "flags": np.arange(256, dtype=np.uint8)}
    whole = np.log(handled(Table(rows, table.shares)))
    return np.asarray(np.concatenate([whole, whole + math.log(PART)]), np.float32)


def _by_cell(usual: Background) -> Floats:
    """What standing in a square of a camera's picture is worth by its zones, or in one beside it, or two above it: the
    middle of a tall thing may stand in a zone over whose edge its foot hangs."""
    found = np.zeros((usual.last + 1, CELLS), np.float32)
    for number, camera in usual.cameras.items():
        if camera.zones:
            corners = np.array([corner for zone in camera.zones for corner in zone.polygon])
            wide, high = (min(256, max(1, int(most / CELL_PX) + 3)) for most in corners.max(0))
            down, right = (grid.reshape(-1) for grid in np.indices((high, wide)))
            box = np.stack([(right + 0.5) * CELL_PX, (down + 0.5) * CELL_PX, right * 0, down * 0], 1)
            rows = {"id": right, "box": box, "camera": np.full(len(box), number), "within": right * 0}
            table = Table(rows, _NO_SHARES)
            worth = np.pad(standing(table, {number: camera}, {}).reshape(high, wide), 2, constant_values=NO_ZONE)
            near = np.max([worth[y : y + high, x : x + wide] for y in range(4) for x in range(1, 4)], 0)
            every = np.full((256, 256), math.log(NO_ZONE), np.float32)
            every[:high, :wide] = np.log(near)
            found[number] = every.reshape(-1)
    return found.reshape(-1)


def _by_label(wanted: Wanted | None) -> tuple[NDArray[np.uint32], Floats]:
    if wanted is None or not wanted.labels:
        return np.zeros(0, np.uint32), np.zeros((0,), np.float32)
    codes = np.array([code(label) for label in wanted.labels], np.uint32)
    detector, right, sure = (grid.reshape(-1) for grid in np.indices((2, 2, 256)))
    rows = {"flags": (detector * DETECTOR).astype(np.uint8), "score": sure / 255}
    table = Table(rows | {"label": np.where(right, codes[0], 1), "id": sure}, _NO_SHARES)
    return codes, np.log(by_label(table, wanted)).reshape(2, 2, 256).astype(np.float32)
