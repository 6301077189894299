"""Leases on worker processes within a memory budget. Owns which workers run; knows nothing of what they do.

First version: main memory by the declared size until a worker runs and by its resident size afterwards,
whichever is larger; GPU memory by the declared size. It frees the least recently used idle worker of the
lowest priority, only as much as needed, and never one in use.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from runtime.cancellation import Cancellation
from runtime.errors import BudgetError
from runtime.gpu import free_gpu_bytes
from runtime.settings import BudgetSettings
from runtime.worker import Worker, WorkerSpec

GIB = 1024**3
CPU_SHARE, GPU_SHARE = 0.7, 0.9


class Priority:
    """Who is kept longest when memory is short; larger stays."""

    BACKGROUND, IMAGE, VISION, CHAT, SPEECH = 0, 10, 15, 20, 30


@dataclass
class _Resident:
    worker: Worker
    users: int = 0
    last_used: float = 0.0

    @property
    def cpu_bytes(self) -> int:
        """What it takes or, in use but not yet grown, is expected to take; nothing once its process is
        gone.
        """
        if not self.worker.alive and self.users == 0:
            return 0
        return max(self.worker.resident_bytes, self.worker.spec.cpu_bytes)

    @property
    def gpu_bytes(self) -> int:
        """As `cpu_bytes`, by the declared size."""
        return self.worker.spec.gpu_bytes if self.worker.alive or self.users else 0


@dataclass(frozen=True)
class ResidentInfo:
    """What `hausgeist doctor` and the status bar show of one worker; bytes of main memory."""

    name: str
    pid: int | None
    cpu_bytes: int
    in_use: bool
    restarts: int


class Residency:
    """Gives out leases on workers and keeps them within `budget`. Thread-safe.

    `gpu_free` tells the free bytes of the GPU; it is asked once, when a worker that needs a GPU is first
    leased.
    """

    def __init__(
        self,
        budget: BudgetSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        gpu_free: Callable[[], int] = free_gpu_bytes,
    ) -> None:
        self._budget = budget or BudgetSettings()  # type: ignore[call-arg]
        cpu_gib = self._budget.cpu_gib
        self.cpu_budget = int(cpu_gib * GIB) if cpu_gib else int(psutil.virtual_memory().available * CPU_SHARE)
        self._gpu_budget = int(self._budget.gpu_gib * GIB) if self._budget.gpu_gib else None
        self._gpu_free = gpu_free
        self._clock = clock
        self._lock = threading.RLock()
        self._residents: dict[str, _Resident] = {}

    @contextmanager
    def lease(self, spec: WorkerSpec, cancellation: Cancellation | None = None) -> Iterator[Worker]:
        """Give the running worker for `spec`, starting it (and freeing idle ones) where needed.

        Raises `BudgetError` when it cannot fit, `CallCancelled`, and what starting it raises.
        """
        with self._lock:
            resident = self._residents.get(spec.key)
            if resident is None or not (resident.worker.alive or resident.users):
                self._make_room(spec)
            if resident is None:
                resident = self._residents[spec.key] = _Resident(Worker(spec))
            resident.users += 1
            self.release_idle()
        try:
            resident.worker.start(cancellation)
            yield resident.worker
        finally:
            with self._lock:
                resident.users -= 1
                resident.last_used = self._clock()

    def release_idle(self) -> None:
        """End the workers that nobody has used for `budget.idle_s` seconds."""
        with self._lock:
            latest = self._clock() - self._budget.idle_s
            for key, resident in list(self._residents.items()):
                if resident.users == 0 and resident.last_used < latest:
                    self._residents.pop(key).worker.close()

    def status(self) -> list[ResidentInfo]:
        """The workers that run now, by name."""
        with self._lock:
            running = [resident for resident in self._residents.values() if resident.worker.alive]
            found = [
                ResidentInfo(w.spec.name, w.pid, w.resident_bytes, resident.users > 0, w.restarts)
                for resident in running
                for w in [resident.worker]
            ]
        return sorted(found, key=lambda info: info.name)

    def close(self) -> None:
        """End every worker."""
        with self._lock:
            residents, self._residents = list(self._residents.values()), {}
        for resident in residents:
            resident.worker.close()

    def __enter__(self) -> Residency:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make_room(self, spec: WorkerSpec) -> None:
        self._make_room_of("main memory", "cpu", spec, spec.cpu_bytes, self.cpu_budget)
        if spec.gpu_bytes:
            if self._gpu_budget is None:
                self._gpu_budget = int(self._gpu_free() * GPU_SHARE)
            self._make_room_of("GPU memory", "gpu", spec, spec.gpu_bytes, self._gpu_budget)

    def _make_room_of(self, kind: str, unit: str, spec: WorkerSpec, needed: int, budget: int) -> None:
        """End idle workers until `needed` bytes fit; those that hold nothing of this kind stay."""

        def held(resident: _Resident) -> int:
            return resident.gpu_bytes if unit == "gpu" else resident.cpu_bytes

        while True:
            free = budget - sum(held(resident) for resident in self._residents.values())
            if needed <= free:
                return
            idle = [
                (resident.worker.spec.priority, resident.last_used, key)
                for key, resident in self._residents.items()
                if resident.users == 0 and held(resident) > 0
            ]
            if needed > budget or not idle:
                raise BudgetError(
                    f"The {spec.name} model needs {needed / GIB:.1f} GiB of {kind}; {max(free, 0) / GIB:.1f} GiB are"
                    f" free of a budget of {budget / GIB:.1f} GiB.",
                    remedy=f"Raise budget.{unit}_gib, choose a smaller model, or wait until the others are idle.",
                )
            self._residents.pop(min(idle)[2]).worker.close()
