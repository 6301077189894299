"""The index as one search sees it: cameras, columns, vectors, and the history around sightings. Owns no ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.house import House
from tools.finder.answering.facts import CROP, Facts, Table
from tools.finder.answering.history import History
from tools.finder.answering.prior import handled, standing
from tools.finder.answering.rough import Background
from tools.finder.answering.scale import Scale, scales
from tools.finder.looks.appearance import current_version
from tools.finder.looks.appearance_types import Appearance
from tools.finder.looks.labels import LabelDirections, label_directions
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Camera
from tools.finder.store import FinderStore

PEOPLE = 50
"""As many of each camera's last people tell its scale."""
NEWEST = 300
"""As many of each camera's newest sightings tell its scale."""
SAMPLE = 1000
"""Sightings, spread over all, that tell what is usual in a house with many."""
DESCRIBED = 2000
"""Newest sightings without a vector that one search makes good for."""

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Index:
    """What a search of some cameras since some time looks through: `scan` has the columns of all its sightings.

    `version` is that of the vision models.
    """

    store: FinderStore
    version: str
    cameras: Mapping[int, Camera]
    facts: Facts
    vectors: Vectors
    scan: Mapping[str, NDArray[Any]]
    history: History
    scales: Mapping[int, Scale]

    @property
    def ids(self) -> Ids:
        """Of all sightings, ascending."""
        return np.asarray(self.scan["id"], np.int64)

    def table(self, ids: Ids, shares: NDArray[np.uint8] | None = None) -> Table:
        """All columns of these sightings; `ids` ascend. `shares`: their shades, where they were read already."""
        return Table(self.facts.rows(ids), self.vectors.shares(ids) if shares is None else shares)

    def weights(self, table: Table) -> NDArray[np.float64]:
        """How likely each of these sightings is a thing that somebody asks for, before its looks are known."""
        return handled(table) * standing(table, self.cameras, self.history.sizes)

    def background(self, shares: NDArray[np.uint8] | None = None) -> Background:
        """What a question is weighed against, where there are many sightings: some that stand for all. `shares`: the
        shades of all, where they were read already."""
        some = slice(None, None, 1 + len(self.ids) // SAMPLE)
        seen = self.table(self.ids[some], None if shares is None else shares[some])
        return Background(self.cameras, self.scales, seen, handled(seen))

    def shares(self, appearance: Callable[[], Appearance]) -> NDArray[np.uint8]:
        """The shades of all sightings, [n, 16]; the newest that have a crop and no vector get theirs first."""
        shares = self._shares()
        if np.count_nonzero(shares[:, -1]) == len(shares):
            return shares
        bare = np.flatnonzero(shares[:, -1] == 0)
        bare = bare[(self.scan["flags"][bare] & CROP) != 0]
        if not len(bare):
            return shares
        wanted = [int(i) for i in self.ids[bare][-DESCRIBED:]]
        self.vectors.of(list(self.store.sightings_by_id(wanted).values()), appearance)
        return self._shares()

    def _shares(self) -> NDArray[np.uint8]:
        ids = self.ids
        if len(ids) and int(ids[-1] - ids[0]) == len(ids) - 1:  # no gaps
            return self.vectors.shares_from(int(ids[0]), len(ids))
        return self.vectors.shares(ids)

    def labels(self, appearance: Callable[[], Appearance]) -> LabelDirections:
        """What features speak for which label."""
        return label_directions(self.vectors.folder, appearance)


def open_index(house: House, store: FinderStore, camera: str | None, since: float | None) -> Index:
    """The index brought into line with the truth. Raises `UnknownNameError` for a camera, `StorageError`."""
    cameras = {c.id: c for c in store.cameras()}
    wanted = [store.camera(camera)] if camera else list(cameras.values())
    version = current_version(house)
    vectors = Vectors(house, version)
    facts = Facts(house.paths.finder / "facts")
    facts.catch_up(store, [vectors])
    scan = facts.scan(wanted[0].id if camera else None, since)
    coverage = [store.coverage(one.name, since) for one in wanted]
    measured = scales(_newest(facts, scan, list(cameras)), store.newest_people(PEOPLE))
    history = History(store, list(cameras.values()), coverage, store.sizes(), measured)
    return Index(store, version, cameras, facts, vectors, scan, history, measured)


def _newest(facts: Facts, scan: Mapping[str, NDArray[Any]], known: Sequence[int]) -> Table:
    """The newest sightings of each of the `known` cameras (by id)."""
    cameras, found = scan["camera"], list[NDArray[np.intp]]()
    left = np.array(known, np.intp)
    depth = NEWEST * 16
    while len(left):  # the newest of most cameras lie near the end: the rest is looked at for rare ones only
        start = max(0, len(cameras) - depth)
        places = [start + np.flatnonzero(cameras[start:] == camera)[-NEWEST:] for camera in left]
        done = np.array([start == 0 or len(mine) == NEWEST for mine in places])
        found += [mine for mine, whole in zip(places, done.tolist(), strict=True) if whole]
        left, depth = left[~done], depth * 16
    ids = scan["id"][np.sort(np.concatenate(found))] if found else scan["id"]
    return Table(facts.rows(ids), np.zeros((len(ids), 1), np.uint8))
