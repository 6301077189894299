"""What waits until nobody types: laying out streamed text, and Python's large garbage collections. Owns no content."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

TYPING_S = 0.25
"""So long after a key the reader counts as typing."""
PAUSE_S, TYPING_PAUSE_S, LONGEST_PAUSE_S = 0.08, 0.25, 0.5
"""Seconds between two layouts of a reply that streams: at rest, while the reader types, and at most."""
SHARE = 5.0
"""A layout that took t seconds is followed by a pause of at least SHARE × t, so that keys find the loop free."""
THRESHOLDS = (2000, 8, 1_000_000)
"""For `gc.set_threshold`: the oldest generation, whose collection stops everything for tens of milliseconds, is left
to `tidy`."""


class Rest:
    """When the reader last typed. `clock`: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._typed = -1e9

    def begin(self) -> None:
        """What was made so far stays for good; from now on large collections wait for `tidy`."""
        gc.enable()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)

    def settle(self) -> None:
        """What was imported for later screens stays for good too: no collection has to look at it."""
        gc.freeze()

    def typed(self) -> None:
        """A key was pressed."""
        self._typed = self._clock()

    @property
    def typing(self) -> bool:
        """Whether a key was pressed just now."""
        return self._clock() - self._typed < TYPING_S

    def pause_after(self, seconds: float) -> float:
        """How long to wait after a layout that took `seconds`."""
        return min(LONGEST_PAUSE_S, max(TYPING_PAUSE_S if self.typing else PAUSE_S, SHARE * seconds))

    def tidy(self) -> bool:
        """Collect what is garbage, unless the reader types: then False, to be tried again."""
        if self.typing:
            return False
        gc.collect()
        return True
