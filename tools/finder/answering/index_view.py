"""The index as one search sees it: cameras, columns, vectors, and the history around sightings. Owns no ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from runtime.house import House
from tools.finder.answering.facts import CROP, Facts, Table
from tools.finder.answering.history import History
from tools.finder.answering.scale import Scale, scales
from tools.finder.looks.appearance import current_version
from tools.finder.looks.appearance_types import Appearance
from tools.finder.looks.labels import LabelDirections, label_directions
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Camera
from tools.finder.store import FinderStore

PEOPLE = 50
"""As many of each camera's last people tell its scale."""
DESCRIBED = 2000
"""Newest sightings without a vector that one search makes good for."""


@dataclass(frozen=True)
class Index:
    """What a search of some cameras since some time looks through."""

    store: FinderStore
    cameras: Mapping[int, Camera]
    table: Table
    vectors: Vectors
    history: History
    scales: Mapping[int, Scale]

    def described(self, appearance: Callable[[], Appearance]) -> Table:
        """The table, with vectors made for the newest sightings that have a crop and none."""
        bare = np.flatnonzero(~self.table.shares.any(1) & self.table.flag(CROP))
        if not len(bare):
            return self.table
        ids = [int(i) for i in self.table.rows["id"][bare][-DESCRIBED:]]
        self.vectors.of(list(self.store.sightings_by_id(ids).values()), appearance)
        return Table(self.table.rows, self.vectors.shares(self.table.rows["id"]))

    def labels(self, appearance: Callable[[], Appearance]) -> LabelDirections:
        """What features speak for which label."""
        return label_directions(self.vectors.folder, appearance)


def open_index(house: House, store: FinderStore, camera: str | None, since: float | None) -> Index:
    """The index brought into line with the truth. Raises `UnknownNameError` for a camera, `StorageError`."""
    cameras = {c.id: c for c in store.cameras()}
    wanted = [store.camera(camera)] if camera else list(cameras.values())
    vectors = Vectors(house, current_version(house))
    facts = Facts(house.paths.finder / "facts")
    facts.catch_up(store, [vectors])
    rows = facts.rows(wanted[0].id if camera else None, since)
    table = Table(rows, vectors.shares(rows["id"]))
    known = np.isin(rows["camera"], list(cameras))
    table = table if known.all() else table.take(known)
    coverage = [store.coverage(one.name, since) for one in wanted]
    measured = scales(table, store.newest_people(PEOPLE))
    history = History(store, table, list(cameras.values()), coverage, store.sizes(), measured)
    return Index(store, cameras, table, vectors, history, measured)
