"""What came of one injected fault, and how faults are put together. Owns no fault."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.paths import Paths


@dataclass
class Outcome:
    """Of some faults: how many were injected, in which lines what does not hold, and records that are gone.

    `told` are lines about what could not be prevented and was said by the program.
    """

    tried: int = 0
    wrong: list[str] = field(default_factory=list)
    lost: int = 0
    told: list[str] = field(default_factory=list)

    def check(self, holds: bool, what: str) -> None:
        """Note `what` where it does not hold."""
        if not holds:
            self.wrong.append(what)

    def add(self, other: Outcome) -> None:
        """Take in another outcome."""
        self.tried += other.tried
        self.wrong += other.wrong
        self.lost += other.lost
        self.told += other.told


class CannotTry(Exception):
    """A fault cannot be injected on this machine; the text says why."""


Fault = Callable[[Path, random.Random], Outcome]
"""Injects a fault in an empty folder. Raises `CannotTry`."""


def environment(folder: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a house of its own in `folder`, with this machine's models."""
    kept = {key: value for key, value in environ.items() if not key.startswith("HAUSGEIST_")}
    models = Paths.from_environment(environ).models
    root = Path(__file__).resolve().parents[3]
    home = {"HAUSGEIST_HOME": str(folder / "house"), "HAUSGEIST_MODELS": str(models)}
    return {**kept, **home, "PYTHONPATH": str(root), "TMPDIR": str(folder)}
