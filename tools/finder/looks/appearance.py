"""Opens the vision backend that the settings name, as a leased worker. Owns no models (see the `_backend` modules)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from runtime.errors import ModelMissingError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import Worker, WorkerSpec
from tools.finder.looks.appearance_types import Description, Proposal

DETECTOR = "ssd-mobilenet-v2-coco"
CLASSIFIER = "efficientnet-lite0"
STARTER_VERSION = "starter-1 efficientnet-lite0 ssd-mobilenet-v2"
"""Version of the starter's vectors: change it whenever the same crop gives another vector."""


def current_version(house: House) -> str:
    """The version of the vectors that the chosen backend makes, without starting it."""
    del house
    return STARTER_VERSION


class LeasedAppearance:
    """`Appearance` over a running worker; valid while its lease is."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._version: str | None = None

    @property
    def version(self) -> str:
        """See `Appearance.version`."""
        if self._version is None:
            self._version = str(self._worker.call("version"))
        return self._version

    def describe(self, crops: Sequence[bytes]) -> list[Description]:
        """See `Appearance.describe`."""
        found: list[Description] = self._worker.call("describe", list(crops)) if crops else []
        return found

    def vectors(self, crops: Sequence[bytes]) -> NDArray[np.float32]:
        """The vectors alone, [n, d], of crops whose names do not matter."""
        found: NDArray[np.float32] = self._worker.call("vectors", list(crops))
        return found

    def propose(self, still_jpeg: bytes) -> list[Proposal]:
        """See `Appearance.propose`."""
        found: list[Proposal] = self._worker.call("propose", still_jpeg)
        return found


def appearance_spec(house: House) -> WorkerSpec:
    """The worker of the backend that settings ask for. Raises `ModelMissingError` naming what to pull."""
    wanted = house.settings.finder.backend
    if wanted == "full":
        raise ModelMissingError("The full vision backend is not installed.", remedy="Set finder.backend to starter.")
    kwargs = {
        "detector": str(house.catalogue.require(DETECTOR)),
        "classifier": str(house.catalogue.require(CLASSIFIER)),
    }
    target = "tools.finder.looks.starter_backend:StarterVision"
    return WorkerSpec("vision", target, kwargs, cpu_bytes=700_000_000, priority=Priority.VISION)


@contextmanager
def open_appearance(house: House) -> Iterator[LeasedAppearance]:
    """Lease the vision worker. Raises `ModelMissingError`, `BudgetError` or `WorkerError`."""
    with house.residency.lease(appearance_spec(house)) as worker:
        yield LeasedAppearance(worker)
