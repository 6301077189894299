"""When a recording began: from the owner, its name, its container, or its file time. Owns no decoding.

Names without a zone are local times of the camera's zone. A local time that the end of daylight saving time makes
ambiguous is taken as the one of the two (PEP 495, fold) that the container's or the file's time agrees with, as the
first where neither does; one that the beginning skips is moved forward by the skipped hour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from runtime.errors import SettingsError, UsageError
from tools.finder.sources.name_patterns import NamePattern, named_time

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".flv", ".3gp"}
    | {".wmv", ".h264", ".264", ".h265", ".hevc", ".dav"}
)

AGREES_S = 900.0
"""How far the end of a recording and its file time may lie apart and still tell which of two hours is meant."""

StartSource = Literal["given", "name", "container", "file"]


@dataclass(frozen=True)
class Start:
    """When a recording began, Unix seconds, and how that is known."""

    time: float
    source: StartSource


def camera_zone(name: str | None) -> tzinfo | None:
    """The zone of camera times; None is the machine's own. Raises `SettingsError` for an unknown name."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as problem:
        raise SettingsError(
            f"The time zone finder.timezone={name!r} is not known.", remedy="Use an IANA name such as Europe/Berlin."
        ) from problem


def to_unix(local: datetime, zone: tzinfo | None) -> float:
    """Unix seconds of a time that, where it has no zone of its own, is in `zone`."""
    if local.tzinfo is None and zone is not None:
        local = local.replace(tzinfo=zone)
    return local.timestamp()


def start_from_name(path: str | Path, zone: tzinfo | None = None, pattern: NamePattern | None = None) -> float | None:
    """The start that a file's name tells, or None: by the owner's `pattern`, else by a common way of naming.

    See `tools.finder.sources.name_patterns.named_time` for those.
    """
    moment = _named(path, pattern)
    return None if moment is None else to_unix(moment, zone)


def _named(path: str | Path, pattern: NamePattern | None) -> datetime | None:
    return named_time(path) if pattern is None else pattern.read(path)


def _both(moment: datetime, zone: tzinfo | None) -> tuple[float, float]:
    """The two times that a local time may mean; the same but where clocks were put back."""
    return to_unix(moment.replace(fold=0), zone), to_unix(moment.replace(fold=1), zone)


def recording_start(
    path: Path,
    *,
    given: float | None = None,
    creation: float | None = None,
    mtime: float,
    duration_s: float,
    zone: tzinfo | None = None,
    pattern: NamePattern | None = None,
) -> Start:
    """When the recording `path` began:

    `given`, else its name, else its container's `creation`, else its file time.

    A container's time before 2001 is a clock that was never set and is passed over.
    """
    if given is not None:
        return Start(given, "given")
    moment = _named(path, pattern)
    if moment is not None:
        first, second = _both(moment, zone)
        if second <= first:  # unambiguous, or skipped
            return Start(first, "name")
        signs = [time for time in (creation, mtime - duration_s) if time is not None]
        later = any(abs(sign - second) < AGREES_S for sign in signs)
        return Start(second if later else first, "name")
    if creation is not None and creation > 978_307_200:
        return Start(creation, "container")
    return Start(mtime - duration_s, "file")


def parse_start(text: str, zone: tzinfo | None = None) -> float:
    """Unix seconds of an owner's `--start`, ISO 8601. Raises `UsageError`."""
    try:
        return to_unix(datetime.fromisoformat(text.strip()), zone)
    except (ValueError, OverflowError) as problem:
        raise UsageError(
            f"The start {text!r} is not a time.", remedy="Write it as 2026-03-02T08:37:00, with an offset if you like."
        ) from problem


def find_recordings(source: Path) -> list[Path]:
    """The recordings of a camera: the file itself, or every file below a folder that is a video by name.

    Hidden files and files beside which a writer keeps a `.part` are left out. Sorted by path.
    """
    if source.is_file():
        return [source]
    return sorted(Path(path) for path in recordings_below(source))


def recordings_below(folder: Path) -> Iterator[str]:
    """The paths of every file below a folder that is a video by name, in no order: there may be tens of thousands."""
    return (path for path in _walk(folder) if os.path.splitext(path)[1].lower() in VIDEO_SUFFIXES)  # noqa: PTH122


def find_no_files(source: Path) -> list[tuple[Path, str]]:
    """What below a folder is a video by its name alone, with what it is instead, in words; sorted by path."""
    found: list[tuple[Path, str]] = []
    for here, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*folders, *files]:
            path = Path(here, name)
            if path.suffix.lower() in VIDEO_SUFFIXES and not name.startswith("."):
                what = _instead_of_a_file(path)
                if what is not None:
                    found.append((path, what))
    return sorted(found)


def _instead_of_a_file(path: Path) -> str | None:
    """None for a file, and for a folder in which there are recordings."""
    if path.is_file():
        return None
    if path.is_symlink():
        return "it is a link to a folder" if path.is_dir() else "it is a link to a file that is not there"
    if path.is_dir():
        return None if find_recordings(path) else "it is a folder and no video"
    return "it is no file"


def _walk(folder: Path) -> Iterator[str]:
    """Every file below a folder that is not hidden; folders below that may not be read are passed over."""
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except PermissionError:
            if here == str(folder):
                raise
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.is_file():
                yield entry.path
