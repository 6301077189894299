"""Puts restored folders in the place of the present ones, so that a kill at any moment leaves old or new, never half.

Each folder is exchanged with its successor by one call (`renameat2(2)` with RENAME_EXCHANGE, Linux 3.15); where a file
system has no such call, by two renames. A plan beside the data folder says what was meant; `finish` does what is left
of it, at the next start of the program. Owns no contents.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import storage_errors
from runtime.paths import Paths, ensure, replacing

_AT_FDCWD, _EXCHANGE = -100, 2
_PLAN = ".hausgeist-restore.json"
MARK = ".restored"
"""A file in a restored folder that tells it from the one whose place it takes."""


@dataclass(frozen=True)
class Move:
    """`fresh` takes the place of `target`; what was there is then `kept`."""

    fresh: Path
    target: Path
    kept: Path


def begin(paths: Paths, moves: list[Move]) -> None:
    """Write the plan down and do it. Raises `StorageError`; then `finish` goes on where it stopped."""
    for move in moves:
        (move.fresh / MARK).write_text("the folder of a backup\n", encoding="utf-8")
    table = [{"fresh": str(m.fresh), "target": str(m.target), "kept": str(m.kept)} for m in moves]
    with replacing(_plan(paths)) as beside:
        beside.write_text(json.dumps(table), encoding="utf-8")
    finish(paths)


def pending(paths: Paths) -> bool:
    """Whether a restoring was cut."""
    return _plan(paths).exists()


def finish(paths: Paths) -> bool:
    """Do what is left of the plan, if there is one; tells whether there was."""
    plan = _plan(paths)
    if not plan.exists():
        return False
    with storage_errors(plan.parent):
        for row in json.loads(plan.read_text(encoding="utf-8")):
            _do(Move(Path(row["fresh"]), Path(row["target"]), Path(row["kept"])))
        plan.unlink()
    return True


def _plan(paths: Paths) -> Path:
    return paths.data.parent / _PLAN


def _do(move: Move) -> None:
    if move.fresh.exists() and not (move.target / MARK).exists():
        ensure(move.target.parent)
        if not move.target.exists():
            move.fresh.rename(move.target)
        elif not _exchanged(move.fresh, move.target):
            move.target.rename(move.kept)
            move.fresh.rename(move.target)
    if move.fresh.exists():  # it is the old one now
        move.fresh.rename(move.kept)
    (move.target / MARK).unlink(missing_ok=True)
    for folder in (move.target, move.target.parent):
        _sync(folder)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where this machine cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Have every file under `folder` written to the disk itself."""
    with storage_errors(folder):
        for file in folder.rglob("*"):
            if file.is_file():
                _sync(file)


def discard(folder: Path) -> None:
    """Remove a folder that was being filled when the program was killed."""
    shutil.rmtree(folder, ignore_errors=True)
