"""A flag that a caller raises and that work in any thread looks at. Owns no work."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runtime.errors import CallCancelled


class Cancellation:
    """A flag that a caller raises and that work in any thread looks at. Thread-safe."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._listeners: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._count = 0

    def cancel(self) -> None:
        """Raise the flag; listeners are called once."""
        with self._lock:
            self._event.set()
            listeners, self._listeners = list(self._listeners.values()), {}
        for listener in listeners:
            listener()

    @property
    def cancelled(self) -> bool:
        """Whether the flag is up."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `CallCancelled` when the flag is up."""
        if self.cancelled:
            raise CallCancelled("The work was cancelled.")

    def wait(self, seconds: float) -> bool:
        """Wait until the flag is up, at most `seconds`; tells whether it is."""
        return self._event.wait(seconds)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the flag goes up; at once when it is up already. Returns what ends the listening."""
        with self._lock:
            if not self._event.is_set():
                self._count += 1
                number = self._count
                self._listeners[number] = listener
                return lambda: self._forget(number)
        listener()
        return lambda: None

    def _forget(self, number: int) -> None:
        with self._lock:
            self._listeners.pop(number, None)
