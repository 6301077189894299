"""How often one token or address may ask: a bucket of requests that fills evenly. Owns no requests and no answers.

The token bucket of RFC 2697, section 1, in requests: a burst of a minute's worth passes at once, after that as many
as the minute gives. What is kept is bounded: the buckets used longest ago are dropped, and a dropped one is full.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 4096
"""Buckets kept."""


class Rate:
    """At most `per_minute` requests a minute for each key. For one event loop; `clock` gives seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._per_s, self._clock = float(per_minute), per_minute / 60, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Seconds until one more request is allowed; 0: it is now. Takes nothing."""
        left = self._left(key)
        return 0.0 if left >= 1 else (1 - left) / self._per_s

    def take(self, key: str) -> float:
        """As `wait_s`, and counts the request where it is allowed."""
        wait = self.wait_s(key)
        if wait == 0:
            self._held[key] = (self._left(key) - 1, self._clock())
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)
        return wait

    def _left(self, key: str) -> float:
        left, since = self._held.get(key, (self._most, self._clock()))
        return min(self._most, left + (self._clock() - since) * self._per_s)
