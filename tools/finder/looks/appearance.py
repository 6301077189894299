"""Opens the vision backend that the settings name, as a leased worker. Owns no models (see the `_backend` modules).

`finder.backend`: `starter` and `full` name one; `auto` is the full one where both its models are installed whole.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runtime.house import House
from runtime.residency import Priority
from runtime.worker import Worker, WorkerSpec
from tools.finder.looks.appearance_types import Description, Proposal, TextLooks, Verified
from tools.finder.looks.full_models import device_of, full_installed, full_models, gpu_problem
from tools.finder.records import Box

log = logging.getLogger(__name__)

Backend = Literal["starter", "full"]

DETECTOR = "ssd-mobilenet-v2-coco"
CLASSIFIER = "efficientnet-lite0"
STARTER_VERSION = "starter-2 efficientnet-lite0 ssd-mobilenet-v2"
"""Version of the starter's vectors: change it whenever the same crop gives another vector."""


FURNITURE = (
    "chair", "couch", "bed", "dining table", "desk", "shelf", "cupboard", "refrigerator", "tv", "microwave", "oven",
    "sink", "toilet", "bench", "potted plant", "lamp", "door", "window", "curtain", "carpet",
)  # fmt: skip
"""What the full backend names besides the kinds of things that are searched for."""


def chosen_backend(house: House) -> Backend:
    """The backend that the settings ask for, or that is installed where they leave it open."""
    wanted = house.settings.finder.backend
    if wanted == "auto":
        return "full" if full_installed(house) else "starter"
    return wanted


def current_version(house: House) -> str:
    """The version of the vectors that the chosen backend makes, without starting it.

    Raises `ModelMissingError` or `ModelCorruptError` where the full one is asked for and not there.
    """
    return full_models(house).version if chosen_backend(house) == "full" else STARTER_VERSION


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

    def labels(self) -> tuple[list[str], NDArray[np.float32]]:
        """See `Appearance.labels`."""
        found: tuple[list[str], NDArray[np.float32]] = self._worker.call("labels")
        return found

    def propose(self, still_jpeg: bytes) -> list[Proposal]:
        """See `Appearance.propose`."""
        found: list[Proposal] = self._worker.call("propose", still_jpeg)
        return found

    def words(self, texts: Sequence[str]) -> TextLooks:
        """See `WordsAndBoxes.words`; of the full backend only."""
        found: TextLooks = self._worker.call("words", list(texts))
        return found

    def verify(self, still_jpeg: bytes, boxes: Sequence[Box], text: str | None, photo: bytes | None) -> list[Verified]:
        """See `WordsAndBoxes.verify`; of the full backend only."""
        found: list[Verified] = self._worker.call("verify", still_jpeg, list(boxes), text, photo)
        return found


def appearance_spec(house: House) -> WorkerSpec:
    """The worker of the backend that settings ask for. Raises `ModelMissingError` naming what to pull."""
    if chosen_backend(house) == "full":
        return _full_spec(house)
    kwargs = {
        "detector": str(house.catalogue.require(DETECTOR)),
        "classifier": str(house.catalogue.require(CLASSIFIER)),
    }
    target = "tools.finder.looks.starter_backend:StarterVision"
    return WorkerSpec("vision", target, kwargs, cpu_bytes=450_000_000, priority=Priority.VISION)


def _full_spec(house: House) -> WorkerSpec:
    from tools.finder.answering.kinds import kinds

    models, device = full_models(house), device_of(house)
    if device == "cpu":
        log.warning("The full vision backend runs on the CPU, which is slow: %s.", gpu_problem() or "finder.device")
    kwargs = {
        "embedder": str(models.embedder.path),
        "detector": str(models.detector.path),
        "names": tuple(dict.fromkeys([*(kind.name for kind in kinds()), *FURNITURE])),
        "version": models.version,
        "device": device,
    }
    cpu, gpu = models.bytes_on(device)
    target = "tools.finder.looks.full_backend:FullVision"
    return WorkerSpec("vision (full)", target, kwargs, cpu_bytes=cpu, gpu_bytes=gpu, priority=Priority.VISION)


@contextmanager
def open_appearance(house: House) -> Iterator[LeasedAppearance]:
    """Lease the vision worker. Raises `ModelMissingError`, `BudgetError` or `WorkerError`."""
    with house.residency.lease(appearance_spec(house)) as worker:
        yield LeasedAppearance(worker)
