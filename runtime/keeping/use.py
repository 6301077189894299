"""Which other processes hold files of the house open. Owns no locks."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from runtime.errors import UsageError
from runtime.paths import Paths


def users(folder: Path) -> list[psutil.Process]:
    """Other processes, of those that this user may look at, that have a file under `folder` open."""
    inside = str(folder.resolve()) + os.sep
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if any(file.path.startswith(inside) for file in process.open_files()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def refuse_if_used(paths: Paths, what: str) -> None:
    """Raise `UsageError` naming the processes that use the house's data; `what` cannot be done beside them."""
    names = []
    for process in users(paths.data):
        try:
            words = " ".join(process.cmdline()[-3:]) or process.name()
        except psutil.Error:
            continue
        names.append(f"{process.pid} ({words[:60]})")
    if names:
        raise UsageError(
            f"{what} while other processes use the data: {', '.join(names)}.", remedy="End them, then try again."
        )
