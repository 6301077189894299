"""The one error tree of the program.

    HausgeistError                exit 1
    ├── UsageError                exit 2   the request itself is wrong
    │   ├── SettingsError                  a settings file, variable or option
    │   ├── UnknownNameError               no camera, tool, model or session of that name
    │   ├── ScriptError                    a script file: names the file and the line
    │   └── ArgumentError                  a tool argument of the wrong type or range
    ├── ApprovalError             exit 3   refused, or could not be asked for
    ├── ModelError                exit 1
    │   ├── ModelMissingError              not installed
    │   ├── ModelCorruptError              bytes differ from the catalogue's hash
    │   └── DownloadError                  no source could deliver it
    ├── WorkerError               exit 1
    │   ├── WorkerDiedError                the process ended during a call
    │   ├── WorkerTimeoutError
    │   └── CallCancelled                  the caller cancelled the work
    ├── BudgetError               exit 1   a model does not fit the memory budget
    ├── ToolError                 exit 1   a tool did not do what was asked
    │   └── ToolUnavailableError           it cannot be loaded here
    ├── MediaError                exit 1   a picture, sound or video file cannot be used
    └── StorageError              exit 1   a disk is full or read-only
        └── DamagedError                   a database or a file of the program is damaged

Every error names what was wrong, whose it is, and the remedy. Errors of libraries are turned into these
at one seam (`raise … from`), nearest to the library.
"""

from __future__ import annotations

import difflib
import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class HausgeistError(Exception):
    """Base of all expected errors.

    `message` says what was wrong and names the thing; `remedy` says what to do, in one sentence.
    `exit_status` is the command line's exit status for it.
    """

    exit_status = 1

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}" if self.remedy else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.remedy))


def _rebuild(kind: type[HausgeistError], message: str, remedy: str | None) -> HausgeistError:
    error = kind.__new__(kind)
    HausgeistError.__init__(error, message, remedy=remedy)
    return error


class UsageError(HausgeistError):
    """The request is wrong: nothing was done."""

    exit_status = 2


class SettingsError(UsageError):
    """A settings file, environment variable or option is wrong."""


class ArgumentError(UsageError):
    """A tool argument has the wrong type or is out of range."""


class UnknownNameError(UsageError):
    """No thing of that name; the message offers the nearest known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, remedy: str | None = None) -> None:
        known = sorted(known)
        near = nearest(name, known)
        if near:
            hint = f"Did you mean {near!r}?"
        elif known:
            hint = f"Known: {', '.join(known)}."
        else:
            hint = f"There is no {kind} yet."
        super().__init__(f"No {kind} is named {name!r}.", remedy=f"{hint} {remedy}" if remedy else hint)


class ScriptError(UsageError):
    """A script is malformed; the message names its file and line."""


class ApprovalError(HausgeistError):
    """An action needed an approval that was refused or could not be asked for."""

    exit_status = 3


class ModelError(HausgeistError):
    """A model cannot be used."""


class ModelMissingError(ModelError):
    """A model is not installed."""


class ModelCorruptError(ModelError):
    """A model file's bytes differ from the catalogue's SHA-256."""


class DownloadError(ModelError):
    """No source could deliver a file."""


class WorkerError(HausgeistError):
    """A worker process failed."""


class WorkerDiedError(WorkerError):
    """A worker process ended during a call."""


class WorkerTimeoutError(WorkerError):
    """A worker did not answer in time."""


class CallCancelled(WorkerError):
    """The caller cancelled the work."""


class BudgetError(HausgeistError):
    """A model does not fit the memory budget."""


class ToolError(HausgeistError):
    """A tool did not do what was asked."""


class ToolUnavailableError(ToolError):
    """A tool cannot be loaded on this machine."""


class MediaError(HausgeistError):
    """A picture, sound or video file cannot be used."""


class StorageError(HausgeistError):
    """A disk is full or read-only, or what lies on it cannot be used."""


class DamagedError(StorageError):
    """A database or a file of the program is damaged: `hausgeist doctor --repair` saves what can be read."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when none is near."""
    folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


_DISK_REMEDIES = {
    errno.ENOSPC: ("The disk is full", "Free some space, or move the data with HAUSGEIST_HOME."),
    errno.EDQUOT: ("The disk quota is used up", "Free some space, or move the data with HAUSGEIST_HOME."),
    errno.EROFS: ("The disk is read-only", "Make it writable, or move the data with HAUSGEIST_HOME."),
    errno.EACCES: ("No permission", "Give your user write access, or move the data with HAUSGEIST_HOME."),
    errno.EPERM: ("No permission", "Give your user write access, or move the data with HAUSGEIST_HOME."),
}


def _read_only(place: Path) -> bool:
    """Whether the disk on which `place` lies, or would lie, is mounted read-only: SQLite does not tell."""
    for folder in (place, *place.absolute().parents):
        try:
            return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        except OSError:
            continue
    return False


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn errors of the disk or of SQLite under `place` into `StorageError`."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in _DISK_REMEDIES:
            raise
        what, remedy = _DISK_REMEDIES[problem.errno]
        raise StorageError(f"{what}: {problem.filename or place}.", remedy=remedy) from problem
    except sqlite3.OperationalError as problem:
        text = str(problem)
        if not any(sign in text for sign in ("full", "readonly", "read-only", "unable to open", "disk I/O")):
            raise
        if _read_only(place):
            what, remedy = _DISK_REMEDIES[errno.EROFS]
            raise StorageError(f"{what}: {place} ({text}).", remedy=remedy) from problem
        remedy = "Check free space and write permission, or move the data with HAUSGEIST_HOME."
        raise StorageError(f"The database under {place} cannot be used: {text}.", remedy=remedy) from problem
    except sqlite3.DatabaseError as problem:
        if isinstance(problem, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
            raise
        remedy = "Run `hausgeist doctor --repair`: it saves what can be read and makes the rest again."
        raise DamagedError(f"The database under {place} is damaged: {problem}.", remedy=remedy) from problem
