"""Describes kept crops anew when another vision backend is chosen, without looking at a recording again.

A marker beside the vectors names the version that all crops have vectors of. Names and colour words in the truth stay
those of the backend that indexed. Owns no vectors (see `vectors`) and no models.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from runtime.cancellation import Cancellation
from runtime.errors import ModelMissingError
from runtime.house import House
from runtime.paths import ensure, replacing
from tools.finder.looks.appearance import current_version, open_appearance
from tools.finder.looks.vectors import Vectors
from tools.finder.store import FinderStore
from tools.output import Progress

BATCH = 64
MARKER = "described"


def redescribe(
    house: House, store: FinderStore, progress: Callable[[Progress], None], cancellation: Cancellation
) -> int:
    """Make the vectors of the chosen backend for all crops that have none; how many were made.

    Nothing happens where the backend is the one of last time, or not installed. Raises `CallCancelled` (what was made
    stays), and what leasing the vision models raises.
    """
    try:
        version = current_version(house)
    except ModelMissingError:
        return 0
    folder = ensure(house.paths.finder / "vectors")
    marker = folder / MARKER
    if marker.is_file() and marker.read_text(encoding="utf-8") == version:
        return 0
    made = _describe(house, store, version, progress, cancellation)
    with replacing(marker) as beside:
        beside.write_text(version, encoding="utf-8")
    return made


def _describe(
    house: House, store: FinderStore, version: str, progress: Callable[[Progress], None], cancellation: Cancellation
) -> int:
    vectors, ids = Vectors(house, version), store.crop_ids()
    bare = np.flatnonzero(~vectors.shares(np.array(ids, np.int64)).any(1))
    missing = [ids[int(place)] for place in bare]
    if not missing:
        return 0
    try:
        with open_appearance(house) as appearance:
            for start in range(0, len(missing), BATCH):
                cancellation.check()
                part = list(store.sightings_by_id(missing[start : start + BATCH]).values())
                vectors.of(part, lambda: appearance)
                progress(Progress("describing kept crops", start + len(part), len(missing), "crops"))
    except ModelMissingError:
        return 0
    return len(missing)
