"""What a request to the house gets: the house's things, a way to tell progress, and a flag that stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runtime.cancellation import Cancellation
from runtime.errors import ModelError
from runtime.house import House

if TYPE_CHECKING:
    from agent.session import Session
    from memory.memory import Memory


@dataclass
class Desk:
    """The open house of one process: opened at the first need, from any thread."""

    overrides: list[str]
    _house: House | None = None
    _session: Session | None = None
    _talks: Memory | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    listening: threading.Event | None = None
    """Set to end the listening that is under way; None where there is none."""

    @property
    def house(self) -> House:
        """The house. Raises `SettingsError`."""
        with self._lock:
            if self._house is None:
                self._house = House.open(overrides=self.overrides)
            return self._house

    @property
    def session(self) -> Session:
        """The conversation's machinery; other conversations share it under their own names.

        Raises `ModelMissingError` while the chat model is not installed; it is tried anew each time.
        """
        with self._lock:
            if self._session is None:
                from agent.session import Session

                self._session = Session.open(self.house)
            return self._session

    @property
    def talks(self) -> Memory:
        """The history of conversations, which is there before models and tools are."""
        with self._lock:
            if self._talks is None:
                from memory.memory import Memory

                self._talks = Memory(self.house)
            return self._talks

    @property
    def memory(self) -> Memory:
        """The owner's facts: one store and one index of vectors for the whole process."""
        try:
            return self.session.memory
        except ModelError:
            return self.talks

    def close(self) -> None:
        """End every worker."""
        with self._lock:
            if self._talks is not None:
                self._talks.close()
            if self._session is not None:
                self._session.close()
            if self._house is not None:
                self._house.close()
            self._session = self._house = self._talks = None


@dataclass
class Job:
    """One request while it runs, in a thread of its own."""

    desk: Desk
    progress: Callable[[dict[str, Any]], None] = lambda moment: None
    cancellation: Cancellation = field(default_factory=Cancellation)

    @property
    def house(self) -> House:
        """See `Desk.house`."""
        return self.desk.house
