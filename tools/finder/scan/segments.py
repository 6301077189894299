"""When a recording began: from the owner, its name, its container, or its file time. Owns no decoding.

Names without a zone are local times of the camera's zone. A local time that daylight saving time makes
ambiguous is taken as the first of the two (PEP 495, fold=0); one that it skips is moved forward by the
skipped hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from runtime.errors import SettingsError, UsageError

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".flv", ".3gp"}
    | {".wmv", ".h264", ".264", ".h265", ".hevc", ".dav"}
)

_DATE = r"(?P<year>20\d\d)[-_.]?(?P<month>0[1-9]|1[0-2])[-_.]?(?P<day>0[1-9]|[12]\d|3[01])"
_TIME = r"(?P<hour>[01]\d|2[0-3])[-_.:hH]?(?P<minute>[0-5]\d)(?:[-_.:mM]?(?P<second>[0-5]\d)(?:\.(?P<part>\d{1,6}))?)?"
_STAMP = re.compile(rf"(?<!\d){_DATE}[-_T .@]{{0,3}}{_TIME}[sS]?(?P<zone>Z|[+-]\d\d:?\d\d)?(?!\d)")
_FRIGATE = re.compile(
    r"(?P<year>20\d\d)-(?P<month>\d\d)[-/](?P<day>\d\d)/(?P<hour>\d\d)/[^/]+/(?P<minute>\d\d)\.(?P<second>\d\d)\.\w+$"
)
_EPOCH = re.compile(r"(?<!\d)(?P<seconds>1\d{9})(?:\.(?P<part>\d{1,6}))?(?!\d)")

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


def start_from_name(path: str | Path, zone: tzinfo | None = None) -> float | None:
    """The start that a file's name tells, or None.

    Known are dates and times such as `2026-03-02_08-37-00`, `20260302T083700`, `20260302T083700Z`, Frigate's
    folders (`2026-03-02/08/kitchen/37.00.mp4`, UTC), and Unix seconds (`1772440620.mp4`).
    """
    path = Path(path)
    frigate = _FRIGATE.search(path.as_posix())
    if frigate:
        return _moment(frigate, UTC)
    for match in _STAMP.finditer(path.stem):
        moment = _moment(match, zone)
        if moment is not None:
            return moment
    epoch = _EPOCH.search(path.stem)
    return float(f"{epoch['seconds']}.{epoch['part'] or 0}") if epoch else None


def _moment(match: re.Match[str], zone: tzinfo | None) -> float | None:
    parts = match.groupdict()
    try:
        year, month, day, hour, minute = (int(parts[name]) for name in ("year", "month", "day", "hour", "minute"))
        moment = datetime(year, month, day, hour, minute, int(parts["second"] or 0))
    except ValueError:
        return None
    fraction = float(f"0.{parts['part']}") if parts.get("part") else 0.0
    stated = parts.get("zone")
    if stated:
        text = "+00:00" if stated == "Z" else stated if ":" in stated else f"{stated[:3]}:{stated[3:]}"
        return datetime.fromisoformat(f"{moment.isoformat()}{text}").timestamp() + fraction
    return to_unix(moment, zone) + fraction


def recording_start(
    path: Path,
    *,
    given: float | None = None,
    creation: float | None = None,
    mtime: float,
    duration_s: float,
    zone: tzinfo | None = None,
) -> Start:
    """When the recording `path` began:

    `given`, else its name, else its container's `creation`, else its file time.

    A container's time before 2001 is a clock that was never set and is passed over.
    """
    if given is not None:
        return Start(given, "given")
    named = start_from_name(path, zone)
    if named is not None:
        return Start(named, "name")
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
    return sorted(file for file in _walk(source) if file.suffix.lower() in VIDEO_SUFFIXES)


def _walk(folder: Path) -> Iterable[Path]:
    for path in folder.rglob("*"):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if path.is_file():
            yield path
