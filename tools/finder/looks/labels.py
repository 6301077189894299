"""The directions in which an appearance vector's features speak for a label, kept beside the vectors.

A search by words needs them and no picture, so they are asked of the vision worker once for each model version and then
read from disk. Owns no models and no vectors of sightings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.errors import storage_errors
from runtime.paths import ensure, replacing
from tools.finder.looks.appearance_types import Appearance

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LabelDirections:
    """`names` of the labels, in small letters, and their unit `directions` [n, d], of single or half precision."""

    names: tuple[str, ...]
    directions: NDArray[Any]

    def of(self, labels: Iterable[str]) -> Floats:
        """The directions [m, d] of those of `labels` that are known."""
        wanted = {label.casefold() for label in labels}
        places = [place for place, name in enumerate(self.names) if name in wanted]
        return np.asarray(self.directions[places], np.float32)


def label_directions(folder: Path, appearance: Callable[[], Appearance]) -> LabelDirections:
    """The labels of the model version whose vectors lie in `folder`. Raises `StorageError`."""
    file = folder / "labels.npz"
    with storage_errors(folder):
        if not file.exists():
            names, directions = appearance().labels()
            with replacing(ensure(folder) / file.name) as beside, beside.open("wb") as out:
                np.savez(out, names=np.array(json.dumps(names)), directions=directions.astype(np.float16))
        with np.load(file, allow_pickle=False) as held:
            names = [name.casefold() for name in json.loads(str(held["names"]))]
            return LabelDirections(tuple(names), held["directions"])
