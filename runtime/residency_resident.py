"""One worker as the budget sees it: who holds it, what it takes, whether it may go; and a timer. Owns no decision."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from runtime.footprints import Footprint, SizeBook, measure
from runtime.residency_room import Holding
from runtime.worker import Worker


class Later:
    """Calls `work` once, `seconds` after `arm`; armed again meanwhile it changes nothing. Thread-safe."""

    def __init__(self, seconds: float, work: Callable[[], None]) -> None:
        self._seconds, self._work = seconds, work
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def arm(self) -> None:
        """Start to wait, in a thread that does not keep the program alive."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(self._seconds, self._fire)
                self._timer.daemon = True
                self._timer.start()

    def cancel(self) -> None:
        """Call nothing any more, until armed again."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _fire(self) -> None:
        with self._lock:
            self._timer = None
        self._work()


@dataclass(frozen=True)
class ResidentInfo:
    """What `hausgeist doctor` and the status bar show of one worker; bytes of main memory it has now."""

    name: str
    pid: int | None
    cpu_bytes: int
    in_use: bool
    restarts: int
    gpu_bytes: int = 0
    """As planned, or measured at its load."""
    priority: int = 0
    pinned: bool = False
    idle_s: float = 0.0


@dataclass(eq=False)
class Resident:
    """A worker that runs, or is about to. All but `may_start` is read and changed under the residency's lock.

    `threads` counts the leases on it by thread. `may_start` is set once those that make room for it have ended;
    `leaving` says that it was told to end, and that nobody can lease it any more.
    """

    worker: Worker
    planned: Footprint
    pinned: bool
    last_used: float
    threads: Counter[int] = field(default_factory=Counter)
    may_start: threading.Event = field(default_factory=threading.Event)
    known_pid: int | None = None
    leaving: bool = False
    gpu_measurements: int = 0

    @property
    def used(self) -> bool:
        """Whether somebody holds a lease on it."""
        return bool(self.threads)

    def enter(self, thread: int) -> None:
        """One more lease of `thread`."""
        self.threads[thread] += 1

    def leave(self, thread: int) -> None:
        """One lease of `thread` less."""
        self.threads[thread] -= 1
        if not self.threads[thread]:
            del self.threads[thread]

    def holding(self) -> Holding:
        """What it takes; nothing once its process is gone and nobody holds it."""
        spec = self.worker.spec
        size = Footprint(0)
        if self.used or self.leaving or self.worker.alive:
            size = self.planned.with_peak(Footprint(self.worker.resident_bytes))
        threads = frozenset(self.threads)
        return Holding(spec.key, spec.name, size, spec.priority, self.last_used, threads, self.pinned, self.leaving)

    def info(self, now: float) -> ResidentInfo:
        """For people; `now` on the clock that `last_used` is of."""
        worker, idle_s = self.worker, 0.0 if self.used else max(0.0, now - self.last_used)
        return ResidentInfo(
            worker.spec.name,
            worker.pid,
            worker.resident_bytes,
            self.used,
            worker.restarts,
            self.planned.gpu_bytes,
            worker.spec.priority,
            self.pinned,
            idle_s,
        )

    def measured(self, book: SizeBook | None) -> Footprint | None:
        """The largest footprint seen so far, with the present one taken into `book`; None without a book or a process.

        The driver is asked at the load and after the first piece of work only, since asking takes a tenth of a second;
        it is asked of every worker, so that GPU memory counts that nobody declared (llama.cpp's layers).
        """
        pid, spec = self.worker.pid, self.worker.spec
        if book is None or pid is None:
            return None
        on_gpu = self.gpu_measurements < 2
        self.gpu_measurements += 1
        found = measure(pid, on_gpu=on_gpu)
        if found is None:
            return None
        peak = book.note(spec.key, spec.name, found)
        return peak if peak.gpu_bytes else replace(peak, gpu_bytes=spec.gpu_bytes)


def is_pinned(name: str, pins: Iterable[str]) -> bool:
    """Whether one of the setting's `pins` means the worker `name`: "chat", or "image" for every "image model …"."""
    return any(f"{name} ".casefold().startswith(f"{pin.strip()} ".casefold()) for pin in pins)
