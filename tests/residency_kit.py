"""Cheap real workers for tests of the budget: a service of this module starts in a blink and does as it is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from runtime.errors import ModelMissingError
from runtime.residency import GIB, Priority
from runtime.settings import BudgetSettings
from runtime.worker import WorkerSpec


class Idle:
    """A service that knows its name, takes memory, time and its own life; one named "refusing" does not start."""

    def __init__(self, name: str) -> None:
        if name == "refusing":
            raise ModelMissingError("The model is not installed.")
        self._name = name
        self._held = b""

    def name(self) -> str:
        """The name."""
        return self._name

    def take(self, size: int) -> int:
        """Hold so many bytes more, touched."""
        self._held = bytes(bytearray(os.urandom(1)) * size)
        return len(self._held)

    def work(self, seconds: float, *, emit: Any) -> None:
        """Work until the time is over or the call is cancelled."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            emit.check()
            time.sleep(0.002)

    def die(self) -> None:
        """End at once, without a word."""
        os._exit(9)


def spec(name: str, gib: float = 0.1, *, priority: int = Priority.IMAGE, gpu_gib: float = 0.0) -> WorkerSpec:
    """A worker that declares so much memory."""
    return WorkerSpec(
        name,
        f"{__name__}:Idle",
        {"name": name},
        cpu_bytes=int(gib * GIB),
        gpu_bytes=int(gpu_gib * GIB),
        priority=priority,
    )


def budget(**values: Any) -> BudgetSettings:
    """Budget settings with these values."""
    return BudgetSettings(**values)


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until a condition holds; fail after a generous while."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.005)
