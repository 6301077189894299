"""Keeps conversations and what tools made within the owner's limits of age (`privacy.history_days`, `outputs_days`).

The finder has limits of its own (`tools.finder.retention`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from memory.memory import Memory
from runtime.errors import storage_errors
from runtime.house import House


@dataclass(frozen=True)
class Aged:
    """How many turns and files were given up."""

    turns: int = 0
    files: int = 0


def tidy(house: House, memory: Memory) -> Aged:
    """Delete what is older than the limits; nothing where none is set. Raises `StorageError`."""
    limits, turns, files = house.settings.privacy, 0, 0
    if limits.history_days is not None:
        old = memory.turns(until=house.now() - timedelta(days=limits.history_days))
        if old:
            memory.erase([], [turn.id for turn in old])
        turns = len(old)
    outputs = house.paths.outputs
    if limits.outputs_days is not None and outputs.is_dir():
        before = house.now().timestamp() - limits.outputs_days * 86400
        for path in sorted(outputs.rglob("*")):
            with storage_errors(outputs):
                if path.is_file() and not path.is_symlink() and path.stat().st_mtime < before:
                    path.unlink(missing_ok=True)
                    files += 1
    return Aged(turns, files)
