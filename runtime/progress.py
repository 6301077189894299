"""How far a pull is: bytes, rate, time left. Owns no output; see the command line."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 8.0


@dataclass(frozen=True)
class PullProgress:
    """One moment of a pull.

    `state`: "waiting" (another pull runs), "fetching", "verifying", "installed" (the model `model` is ready).
    `done` and `total` are bytes of all files of this pull; `file_done` and `file_total` of the file `file`.
    `rate` is bytes per second over the last seconds, 0 while unknown; `remaining_s` is None while unknown.
    `source` says where the file comes from; `note` what a source that failed said, once.
    """

    state: str
    model: str
    file: str
    done: int
    total: int
    file_done: int
    file_total: int
    rate: float
    remaining_s: float | None
    source: str = ""
    note: str = ""


class Meter:
    """Counts bytes and tells a listener, at most every `every_s` seconds and at every change of state.
    Thread-safe.
    """

    def __init__(
        self,
        listener: Callable[[PullProgress], None] | None,
        total: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        every_s: float = 0.1,
    ) -> None:
        self._listener, self._clock, self._every_s = listener, clock, every_s
        self._lock = threading.RLock()
        self._total, self._done = total, 0.0
        self._state = self._model = self._file = self._source = ""
        self._file_done, self._file_total = 0.0, 0
        self._told = float("-inf")
        self._recent: deque[tuple[float, float]] = deque()

    def begin(self, model: str, file: str, total: int) -> None:
        """A new file; its bytes count from zero."""
        with self._lock:
            self._model, self._file, self._file_total, self._file_done = model, file, total, 0.0

    def state(self, state: str, *, source: str = "", note: str = "", model: str = "") -> None:
        """Tell a change of state at once."""
        with self._lock:
            self._state, self._source = state, source or self._source
            self._model = model or self._model
            self._tell(note)

    def add(self, count: float) -> None:
        """So many more bytes of the current file are here; negative when bytes had to be given up."""
        with self._lock:
            self._done += count
            self._file_done += count
            now = self._clock()
            self._recent.append((now, self._done))
            while len(self._recent) > 2 and now - self._recent[0][0] > WINDOW_S:
                self._recent.popleft()
            if now - self._told >= self._every_s:
                self._tell("")

    def settle(self, count: int) -> None:
        """The current file has exactly `count` bytes now, whatever was counted so far."""
        with self._lock:
            self.restart_rate()
            self._done += count - self._file_done
            self._file_done = float(count)

    def restart_rate(self) -> None:
        """Forget the rate: what follows did not come over the network."""
        with self._lock:
            self._recent.clear()

    def resize(self, more: int) -> None:
        """The pull has `more` bytes than was thought (a hub snapshot told its sizes)."""
        with self._lock:
            self._total += more

    def _tell(self, note: str) -> None:
        self._told = self._clock()
        if self._listener is None:
            return
        rate = self._rate()
        left = max(0.0, self._total - self._done)
        self._listener(
            PullProgress(
                self._state,
                self._model,
                self._file,
                round(self._done),
                self._total,
                round(self._file_done),
                self._file_total,
                rate,
                left / rate if rate > 0 else None,
                self._source,
                note,
            )
        )

    def _rate(self) -> float:
        if len(self._recent) < 2:
            return 0.0
        (start, before), (end, now) = self._recent[0], self._recent[-1]
        return max(0.0, (now - before) / (end - start)) if end > start else 0.0
