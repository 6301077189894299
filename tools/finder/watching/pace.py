"""Keeps work within a share of the processor by pausing it. Owns no work.

Since the last `begin`, processor time is held to at most `share` × cores × wall-clock time: what was used too early is
paid back by sleeping.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import psutil

NAP_S = 0.2
"""A pause is slept in pieces of at most this length, seconds, so that it can be cancelled."""


class Pacer:
    """`share` is of all cores, 0 to 1. `spent` gives processor seconds, `clock` and `sleep` are seconds too."""

    def __init__(
        self,
        share: float,
        *,
        cores: int | None = None,
        spent: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.cores = cores or len(os.sched_getaffinity(0))
        self._rate = share * self.cores
        self._spent, self._clock, self._sleep = spent, clock, sleep
        self.begin()

    def begin(self) -> None:
        """Count from here on: idle time before does not count as saved."""
        self._from_spent, self._from_clock = self._spent(), self._clock()

    @property
    def owed_s(self) -> float:
        """Seconds to pause now."""
        used = self._spent() - self._from_spent
        return max(0.0, used / self._rate - (self._clock() - self._from_clock))

    def pause(self, check: Callable[[], None] = lambda: None) -> None:
        """Sleep what is owed; `check` may raise to end it early."""
        due = self._clock() + self.owed_s
        check()
        while (left := due - self._clock()) > 0:
            self._sleep(min(left, NAP_S))
            check()


class TreeTime:
    """Processor seconds of this process and all its children, ended ones as far as they were seen."""

    def __init__(self) -> None:
        self._me = psutil.Process()
        self._seen: dict[tuple[int, float], float] = {}

    def __call__(self) -> float:
        """Seconds so far; never less than before."""
        for process in (self._me, *self._me.children(recursive=True)):
            try:
                times = process.cpu_times()
                self._seen[(process.pid, process.create_time())] = times.user + times.system
            except psutil.Error:
                continue
        return sum(self._seen.values())
