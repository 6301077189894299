"""What happens to the workers, told to whoever wants to show it: the terminal's status bar, a log, a test."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger(__name__)

EventKind = Literal[
    "starting", "ready", "leased", "idle", "evicted", "timed out", "died", "failed", "waiting", "refused"
]


@dataclass(frozen=True)
class ResidencyEvent:
    """One change: of which worker, what it takes in bytes, and the state of the budgets after it.

    `kind`: "starting" and "ready" (its process was started, its model is loaded), "leased" (again, while it runs),
    "idle" (its last lease ended), "evicted" (to make room), "timed out" (idle for too long), "died", "failed" (it did
    not start), "waiting" (for memory that others use), "refused" (it does not fit; `note` says why).
    """

    kind: EventKind
    name: str
    pid: int | None
    cpu_bytes: int
    gpu_bytes: int
    cpu_used: int
    cpu_budget: int
    note: str = ""


Observer = Callable[[ResidencyEvent], None]


class Observers:
    """Those who listen. An observer is called in the thread that caused the event, holds no lock of ours, and must be
    quick; what it raises is logged and stops nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[int, Observer] = {}
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, observer: Observer) -> Callable[[], None]:
        """Tell `observer` every event from now on; gives what ends that."""
        with self._lock:
            self._count += 1
            number = self._count
            self._all[number] = observer

        def remove() -> None:
            with self._lock:
                self._all.pop(number, None)

        return remove

    def tell(self, event: ResidencyEvent) -> None:
        """Hand out one event."""
        with self._lock:
            observers = list(self._all.values())
        for observer in observers:
            try:
                observer(event)
            except Exception:
                log.exception("An observer of the workers failed.")
