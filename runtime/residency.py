"""Leases on worker processes within a memory budget. Owns which workers run; knows nothing of what they do.

A worker counts with what was measured at its earlier loads (`footprints.py`), else with what its spec declares, and
never with less than it has now. Idle workers are ended only when another needs their memory, the lowest priority and
the least recently used first (`residency_room.py` decides), or after `budget.idle_s`; one that is in use or pinned
never. A new process is started only after those that make room for it have ended. Where all that does not suffice, a
lease waits for others to end theirs, at most `budget.wait_s`; the higher priority comes first, but who holds a lease
already is not kept waiting behind others. What cannot fit is refused with the numbers; `listen` tells what happens.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil

from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, WorkerDiedError
from runtime.footprints import Footprint, Measured, SizeBook
from runtime.gpu import free_gpu_bytes
from runtime.residency_events import EventKind, Observer, Observers, ResidencyEvent
from runtime.residency_resident import Later, Resident, ResidentInfo, is_pinned
from runtime.residency_room import GIB, Holding, Wish, hopeless, relieving, timed_out, victims
from runtime.settings import BudgetSettings
from runtime.worker import Worker, WorkerSpec

log = logging.getLogger(__name__)
CPU_SHARE, GPU_SHARE = 0.7, 0.9
_LOOK_S = 0.1
"""How often a waiting lease looks whether it was cancelled, seconds."""


class Priority:
    """Who is kept longest when memory is short; larger stays."""

    BACKGROUND, IMAGE, VISION, CHAT, SPEECH = 0, 10, 15, 20, 30


class Residency:
    """Gives out leases on workers and keeps them within `budget`. Thread-safe.

    `gpu_free` tells the free bytes of the GPU; it is asked once, when a worker that needs a GPU is first leased.
    `sizes` keeps what workers were measured to take; without it, what their specs declare counts.
    """

    def __init__(
        self,
        budget: BudgetSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        gpu_free: Callable[[], int] = free_gpu_bytes,
        sizes: SizeBook | None = None,
    ) -> None:
        self._budget = budget or BudgetSettings()  # type: ignore[call-arg]
        cpu_gib = self._budget.cpu_gib
        self.cpu_budget = int(cpu_gib * GIB) if cpu_gib else int(psutil.virtual_memory().available * CPU_SHARE)
        self._gpu_budget = int(self._budget.gpu_gib * GIB) if self._budget.gpu_gib else None
        self._gpu_free, self._clock, self._sizes = gpu_free, clock, sizes
        self._changed = threading.Condition(threading.RLock())
        self._residents: dict[str, Resident] = {}
        self._leaving: list[Resident] = []
        self._waiting: dict[int, tuple[int, float]] = {}
        self._observers = Observers()
        self._later = Later(self._budget.idle_s + 1.0, self._wake)

    @contextmanager
    def lease(self, spec: WorkerSpec, cancellation: Cancellation | None = None) -> Iterator[Worker]:
        """Give the running worker for `spec`, starting it (and ending idle ones) where needed.

        Raises `BudgetError` when it cannot fit, `CallCancelled`, and what starting it raises.
        """
        thread = threading.get_ident()
        resident = self._acquire(spec, thread, cancellation)
        try:
            self._start(resident, cancellation)
            yield resident.worker
        finally:
            self._release(resident, thread)

    def listen(self, observer: Observer) -> Callable[[], None]:
        """Tell `observer` every `ResidencyEvent` from now on; gives what ends that."""
        return self._observers.add(observer)

    @property
    def gpu_budget(self) -> int:
        """Bytes of GPU memory that all workers together may take; asks for the free ones at the first time."""
        with self._changed:
            if self._gpu_budget is None:
                self._gpu_budget = int(self._gpu_free() * GPU_SHARE)
            return self._gpu_budget

    def used(self) -> Footprint:
        """What all workers take now, as it is counted against the budgets; without those that wait for room."""
        with self._changed:
            there = [one for one in self._residents.values() if one.may_start.is_set()]
            sizes = [resident.holding().size for resident in (*there, *self._leaving)]
        return Footprint(sum(size.cpu_bytes for size in sizes), sum(size.gpu_bytes for size in sizes))

    def needs(self, spec: WorkerSpec) -> Footprint:
        """What a worker is planned with: as measured at earlier loads, else as declared."""
        known = self._sizes.get(spec.key) if self._sizes else None
        if known is None:
            return Footprint(spec.cpu_bytes, spec.gpu_bytes)
        return known if known.gpu_bytes else replace(known, gpu_bytes=spec.gpu_bytes)

    def measured(self) -> list[Measured]:
        """What was measured of every worker so far, also by earlier programs."""
        return self._sizes.all() if self._sizes else []

    def release_idle(self) -> None:
        """End the workers that nobody has used for `budget.idle_s` seconds; those that are pinned stay."""
        latest = self._clock() - self._budget.idle_s
        with self._changed:
            free = [resident for resident in self._residents.values() if not (resident.used or resident.pinned)]
            old = [resident for resident in free if resident.last_used < latest]
            self._send_off(old)
        self._end(old, "timed out")

    def status(self) -> list[ResidentInfo]:
        """The workers that run now, by name."""
        with self._changed:
            now = self._clock()
            found = [resident.info(now) for resident in self._residents.values() if resident.worker.alive]
        return sorted(found, key=lambda info: info.name)

    def close(self) -> None:
        """End every worker, also those in use: their calls end with `WorkerDiedError`."""
        with self._changed:
            everyone = list(self._residents.values())
            self._send_off(everyone)
        self._later.cancel()
        self._end(everyone, None)

    def __enter__(self) -> Residency:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Getting a lease --------------------------------------------------------------------------------------------

    def _acquire(self, spec: WorkerSpec, thread: int, cancellation: Cancellation | None) -> Resident:
        """Have a place for `spec` in the budget, waiting for it where that can help."""
        wish = Wish(spec.name, self.needs(spec), thread)
        deadline = time.monotonic() + self._budget.wait_s
        self.release_idle()
        while (resident := self._attempt(spec, wish, deadline)) is None:
            if cancellation is not None and cancellation.cancelled:
                with self._changed:
                    self._waiting.pop(thread, None)
                    self._changed.notify_all()
                cancellation.check()
        return resident

    def _attempt(self, spec: WorkerSpec, wish: Wish, deadline: float) -> Resident | None:
        """A place if there is one now; None after having waited a moment. Raises `BudgetError`."""
        budget = {"cpu": self.cpu_budget, "gpu": self.gpu_budget if wish.size.gpu_bytes else 0}
        with self._changed:
            taken = self._take(spec, wish, budget)
            error = None if taken else hopeless(wish, self._holdings(), budget, self._waiting)
            if not taken and not error and time.monotonic() >= deadline:
                error = timed_out(wish, self._holdings(), budget, self._budget.wait_s)
            if not taken and not error and wish.thread in self._waiting:
                self._changed.wait(_LOOK_S)
                return None
            if taken or error:
                self._waiting.pop(wish.thread, None)
                self._changed.notify_all()
            else:
                self._waiting[wish.thread] = (-spec.priority, time.monotonic())
        if error:
            self._tell("refused", spec, wish.size, note=error.message)
            raise error
        if not taken:
            self._tell("waiting", spec, wish.size)
            return None
        resident, going, first = taken
        self._end(going, "evicted")
        if first:
            resident.may_start.set()
        return resident

    def _take(
        self, spec: WorkerSpec, wish: Wish, budget: dict[str, int]
    ) -> tuple[Resident, list[Resident], bool] | None:
        """Under the lock: count a lease in if it fits now. Gives those that must end first, and whether this lease
        sees to the start.
        """
        resident = self._residents.get(spec.key)
        if resident is not None and (resident.used or resident.worker.alive):
            resident.enter(wish.thread)
            return resident, [], False
        holdings = self._holdings()
        again = any(held.key == spec.key and held.leaving for held in holdings)  # its last process still ends
        others = [held for held in holdings if held.key != spec.key]
        chosen = None if again or self._behind(spec, wish.thread) else victims(wish, others, budget)
        if chosen is None:
            return None
        going = [self._residents[held.key] for held in chosen]
        self._send_off(going)
        if resident is None:
            pinned = is_pinned(spec.name, self._budget.pinned)
            resident = self._residents[spec.key] = Resident(Worker(spec), wish.size, pinned, self._clock())
        resident.planned = wish.size
        resident.may_start.clear()
        resident.enter(wish.thread)
        return resident, going, True

    def _behind(self, spec: WorkerSpec, thread: int) -> bool:
        """Whether a waiting lease goes first: a higher priority, or an earlier one of the same."""
        if any(resident.threads[thread] for resident in self._residents.values()):
            return False
        mine = self._waiting.get(thread, (-spec.priority, float("inf")))
        return any(other < mine for waiter, other in self._waiting.items() if waiter != thread)

    def _start(self, resident: Resident, cancellation: Cancellation | None) -> None:
        """Have the process run and its model loaded; measure it when it is new."""
        while not resident.may_start.wait(_LOOK_S):
            if cancellation is not None:
                cancellation.check()
        worker = resident.worker
        if not worker.alive:
            self._tell("starting", worker.spec, resident.planned)
        try:
            worker.start(cancellation)
        except CallCancelled:
            raise
        except Exception as problem:
            self._tell("failed", worker.spec, resident.planned, note=str(problem))
            raise
        with self._changed:
            retired, new = resident.leaving, worker.pid != resident.known_pid
            resident.known_pid = worker.pid
        if retired:  # everything was closed while it started
            worker.close()
            raise WorkerDiedError(f"The {worker.spec.name} worker was closed during the work.")
        if new:
            self._measure(resident)
        self._tell("ready" if new else "leased", worker.spec, resident.planned, worker.pid)

    def _release(self, resident: Resident, thread: int) -> None:
        with self._changed:
            resident.leave(thread)
            resident.last_used = self._clock()
            done = not resident.used and not resident.leaving
            pid = resident.worker.pid
            died = done and pid is None and resident.known_pid is not None
            if died:
                resident.known_pid = None
            self._changed.notify_all()
        if died:
            self._tell("died", resident.worker.spec, Footprint(0))
        elif done and pid is not None:
            self._measure(resident)
            self._tell("idle", resident.worker.spec, resident.planned, pid)
            self._later.arm()

    # Memory and ends --------------------------------------------------------------------------------------------

    def _measure(self, resident: Resident) -> None:
        """Note what the worker takes, and end idle ones where it has outgrown its plan and the budget."""
        peak = resident.measured(self._sizes)
        if peak is None:
            return
        with self._changed:
            resident.planned = peak
            holdings = self._holdings()
            over = sum(held.size.cpu_bytes for held in holdings) - self.cpu_budget
            others = [held for held in holdings if held.key != resident.worker.spec.key]
            going = [self._residents[held.key] for held in relieving(over, others)]
            self._send_off(going)
        self._end(going, "evicted")

    def _holdings(self) -> list[Holding]:
        """Under the lock: what every worker takes, also those that are about to end."""
        return [resident.holding() for resident in (*self._residents.values(), *self._leaving)]

    def _send_off(self, going: list[Resident]) -> None:
        """Under the lock: nobody can lease these any more; their memory counts until `_end`."""
        for resident in going:
            resident.leaving = True
            del self._residents[resident.worker.spec.key]
            self._leaving.append(resident)

    def _end(self, going: list[Resident], kind: EventKind | None) -> None:
        """Not under the lock: end the processes of those that were sent off."""
        for resident in going:
            pid = resident.worker.pid
            try:
                resident.worker.close()
            except Exception:
                log.exception("The %s worker did not end well.", resident.worker.spec.name)
            with self._changed:
                self._leaving.remove(resident)
                self._changed.notify_all()
            if kind is not None and pid is not None:
                self._tell(kind, resident.worker.spec, resident.planned, pid)

    def _wake(self) -> None:
        """Give back what is idle for too long though no other lease comes."""
        self.release_idle()
        with self._changed:
            idle = any(not (resident.used or resident.pinned) for resident in self._residents.values())
        if idle:
            self._later.arm()

    def _tell(self, kind: EventKind, spec: WorkerSpec, size: Footprint, pid: int | None = None, note: str = "") -> None:
        if self._observers:
            used = self.used().cpu_bytes
            sizes = (size.cpu_bytes, size.gpu_bytes, used, self.cpu_budget)
            self._observers.tell(ResidencyEvent(kind, spec.name, pid, *sizes, note))


__all__ = ["GIB", "Priority", "Residency", "ResidentInfo"]
