"""The time in a recording's name: common ways of naming, and one that the owner gives. Owns no time zones.

A name gives the parts of a wall-clock time; where it states a zone of its own, the time is aware, otherwise naive.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from runtime.errors import UsageError

_YEAR, _MONTH, _DAY = r"(?P<year>20\d\d)", r"(?P<month>0[1-9]|1[0-2])", r"(?P<day>0[1-9]|[12]\d|3[01])"
_HOUR, _MINUTE, _SECOND = r"(?P<hour>[01]\d|2[0-3])", r"(?P<minute>[0-5]\d)", r"(?P<second>[0-5]\d)"
_DATE = rf"{_YEAR}[-_.]?{_MONTH}[-_.]?{_DAY}"
_TIME = rf"{_HOUR}[-_.:hH]?{_MINUTE}(?:[-_.:mM]?{_SECOND}(?:\.(?P<part>\d{{1,6}})|-(?P<micro>\d{{6}}))?)?"
_STAMP = re.compile(rf"(?<!\d){_DATE}[-_T .@]{{0,3}}{_TIME}[sS]?(?P<zone>Z|[+-]\d\d:?\d\d)?(?!\d)")
_EPOCH = re.compile(r"(?<!\d)(?P<seconds>1\d{9})(?:\.(?P<part>\d{1,6})|(?P<milli>\d{3}))?(?!\d)")
_FRIGATE = re.compile(rf"(?:^|/){_YEAR}-{_MONTH}-{_DAY}/{_HOUR}/[^/]+/{_MINUTE}\.{_SECOND}$")
_FOLDERS = (
    # 2026Y03M02D08H/37M00S and 2026Y03M02D08H/E137M00S60: Yi, Xiaomi
    re.compile(rf"(?:^|/){_YEAR}Y{_MONTH}M{_DAY}D{_HOUR}H/(?:[A-Z]\d)?{_MINUTE}M{_SECOND}S\d*$"),
    # 20260302/08/37: Wyze; 2026/03/02/08/37.00
    re.compile(rf"(?:^|/){_YEAR}[-_/]?{_MONTH}[-_/]?{_DAY}/{_HOUR}/{_MINUTE}(?:[-_.]{_SECOND})?$"),
    # 2026-03-02/08-37-00, 2026/03/02/083700, 2026-03-02/001/dav/08/08.37.00-08.47.00[M][0@0][0]: Dahua
    re.compile(
        rf"(?:^|/){_YEAR}[-_/]?{_MONTH}[-_/]?{_DAY}(?:/[^/]+){{0,3}}?/(?:[^/]*?[^/\d])??"
        rf"{_HOUR}(?P<sep>[-_.:]?){_MINUTE}(?P=sep){_SECOND}(?!\d)[^/]*$"
    ),
)


def named_time(path: str | Path) -> datetime | None:
    """The time that one of the common ways of naming gives, or None.

    Known are dates with times such as `2026-03-02_08-37-00`, `20260302T083700Z` and `2026-03-02_08-37-00-250000`
    (with microseconds), Unix seconds and milliseconds, Frigate's folders (UTC), and a folder named by the day with
    files named by the time (Dahua, Yi, Wyze and others).
    """
    path = Path(path)
    if not path.name:
        return None
    whole = path.with_suffix("").as_posix()
    frigate = _FRIGATE.search(whole)
    if frigate:
        moment = _moment(frigate)
        return moment.replace(tzinfo=UTC) if moment else None
    stamps = (_moment(match) for match in _STAMP.finditer(path.stem))
    stamped = next((moment for moment in stamps if moment is not None), None)
    if stamped is not None:
        return stamped
    epoch = _EPOCH.search(path.stem)
    if epoch:
        part = epoch["part"] or epoch["milli"] or "0"
        return datetime.fromtimestamp(int(epoch["seconds"]), UTC) + _fraction(part)
    found = (_moment(match) for pattern in _FOLDERS if (match := pattern.search(whole)))
    return next((moment for moment in found if moment is not None), None)


def _moment(match: re.Match[str]) -> datetime | None:
    parts = match.groupdict()
    try:
        numbers = [int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
        moment = datetime(*numbers)  # type: ignore[arg-type]
    except ValueError:
        return None
    stated = parts.get("zone")
    if stated:
        offset = "+00:00" if stated == "Z" else stated if ":" in stated else f"{stated[:3]}:{stated[3:]}"
        moment = datetime.fromisoformat(f"{moment.isoformat()}{offset}")
    return moment + _fraction(parts.get("part") or parts.get("micro") or "0")


def _fraction(digits: str) -> timedelta:
    return timedelta(microseconds=int(digits.ljust(6, "0")[:6]))


_LETTERS = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{2}", "d": r"\d{2}", "H": r"\d{2}", "I": r"\d{2}", "M": r"\d{2}",
    "S": r"\d{2}", "f": r"\d{1,6}", "j": r"\d{3}", "p": r"[AaPp][Mm]", "b": r"[^\W\d]{3,4}", "B": r"[^\W\d]+",
    "z": r"Z|[+-]\d\d:?\d\d", "s": r"\d{9,11}",
}  # fmt: skip
_REMEDY = (
    'Write it in strptime\'s letters, with * for any other text: "cam1_%Y%m%d_%H%M%S*", or with folders'
    ' "%Y-%m-%d/%H/*/%M.%S"; %s stands for Unix seconds.'
)


@dataclass(frozen=True)
class NamePattern:
    """The owner's way of naming; `time_of` reads the end of a path by it, without the suffix."""

    text: str
    depth: int
    time_of: Callable[[str], datetime | None]

    def read(self, path: str | Path) -> datetime | None:
        """The time that the last parts of `path` give, aware where they state a zone; None: they do not fit."""
        path = Path(path)
        if not path.name:
            return None
        parts = path.with_suffix("").parts[-self.depth :]
        return self.time_of("/".join(parts))


@lru_cache(maxsize=64)
def name_pattern(text: str) -> NamePattern:
    """Compile a pattern. Raises `UsageError` when it has an unknown letter, or no date and hour."""
    pieces: list[str] = []
    letters: list[str] = []
    for piece in re.findall(r"%.|%|\*|[^%*]+", _without_suffix(text)):
        if piece == "*":
            pieces.append("[^/]*")
        elif piece == "%%" or not piece.startswith("%"):
            pieces.append(re.escape("%" if piece == "%%" else piece))
        elif piece[1:] not in _LETTERS:
            raise UsageError(f"The name pattern {text!r} has the unknown letter {piece!r}.", remedy=_REMEDY)
        elif piece[1:] in letters:
            pieces.append(f"(?:{_LETTERS[piece[1:]]})")
        else:
            letters.append(piece[1:])
            pieces.append(f"({_LETTERS[piece[1:]]})")
    given = set(letters)
    day = given & {"Y", "y"} and ("j" in given or (given & {"m", "b", "B"} and "d" in given))
    if "s" not in given and not (day and given & {"H", "I"}):
        raise UsageError(f"The name pattern {text!r} gives no date and hour.", remedy=_REMEDY)
    expression = re.compile("".join(pieces))
    return NamePattern(text, text.count("/") + 1, lambda name: _read(expression, letters, name))


def _without_suffix(text: str) -> str:
    return re.sub(r"\.[A-Za-z][A-Za-z0-9]{1,4}$", "", text)


def _read(expression: re.Pattern[str], letters: list[str], name: str) -> datetime | None:
    match = expression.fullmatch(name)
    if match is None:
        return None
    values = dict(zip(letters, match.groups(), strict=True))
    if "s" in values:
        return datetime.fromtimestamp(int(values["s"]), UTC)
    try:
        return datetime.strptime(" ".join(values.values()), " ".join(f"%{letter}" for letter in values))
    except ValueError:
        return None
