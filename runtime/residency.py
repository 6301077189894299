"""Leases on worker processes within a memory budget. Owns which workers run; knows nothing of what they do.

First version: main memory only, by the declared size until a worker runs, by its resident size afterwards.
It frees the least recently used idle worker of the lowest priority, only as much as needed, and never one
in use.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from runtime.errors import BudgetError
from runtime.settings import BudgetSettings
from runtime.worker import Worker, WorkerSpec

GIB = 1024**3


class Priority:
    """Who is kept longest when memory is short; larger stays."""

    BACKGROUND, IMAGE, VISION, CHAT, SPEECH = 0, 10, 15, 20, 30


@dataclass
class _Resident:
    worker: Worker
    users: int = 0
    last_used: float = 0.0


@dataclass(frozen=True)
class ResidentInfo:
    """What `hausgeist doctor` and the status bar show of one worker; bytes of main memory."""

    name: str
    pid: int | None
    cpu_bytes: int
    in_use: bool
    restarts: int


class Residency:
    """Gives out leases on workers and keeps them within `budget`. Thread-safe."""

    def __init__(self, budget: BudgetSettings | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        budget = budget or BudgetSettings()  # type: ignore[call-arg]
        self._cpu_bytes = int(budget.cpu_gib * GIB) if budget.cpu_gib else int(psutil.virtual_memory().available * 0.7)
        self._clock = clock
        self._lock = threading.RLock()
        self._residents: dict[str, _Resident] = {}

    @contextmanager
    def lease(self, spec: WorkerSpec) -> Iterator[Worker]:
        """Give the running worker for `spec`, starting it (and freeing idle ones) where needed.

        Raises `BudgetError` when it cannot fit, and what starting it raises.
        """
        with self._lock:
            resident = self._residents.get(spec.key)
            if resident is None:
                self._make_room(spec)
                resident = self._residents[spec.key] = _Resident(Worker(spec))
            resident.users += 1
        try:
            resident.worker.start()
            yield resident.worker
        finally:
            with self._lock:
                resident.users -= 1
                resident.last_used = self._clock()

    def status(self) -> list[ResidentInfo]:
        """The workers that run now, by name."""
        with self._lock:
            return sorted(
                (
                    ResidentInfo(
                        r.worker.spec.name, r.worker.pid, r.worker.resident_bytes, r.users > 0, r.worker.restarts
                    )
                    for r in self._residents.values()
                    if r.worker.alive
                ),
                key=lambda info: info.name,
            )

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

    def _taken(self) -> int:
        return sum(max(r.worker.resident_bytes, r.worker.spec.cpu_bytes) for r in self._residents.values())

    def _make_room(self, spec: WorkerSpec) -> None:
        if spec.cpu_bytes > self._cpu_bytes:
            raise self._too_large(spec, self._cpu_bytes)
        while self._taken() + spec.cpu_bytes > self._cpu_bytes:
            idle = [(r.worker.spec.priority, r.last_used, key) for key, r in self._residents.items() if r.users == 0]
            if not idle:
                raise self._too_large(spec, self._cpu_bytes - self._taken())
            self._residents.pop(min(idle)[2]).worker.close()

    def _too_large(self, spec: WorkerSpec, free: int) -> BudgetError:
        return BudgetError(
            f"The {spec.name} model needs {spec.cpu_bytes / GIB:.1f} GiB and {max(free, 0) / GIB:.1f} GiB are free of a"
            f" budget of {self._cpu_bytes / GIB:.1f} GiB.",
            remedy="Raise budget.cpu_gib, choose a smaller model, or wait until the others are idle.",
        )
