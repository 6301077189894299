"""Cuts a text into time words. Owns the patterns with numbers in them; the plain words lie in
`runtime.time_words`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from runtime.time_words import CLOCK_N, MONTH, MONTHS, PLAIN, UNIT_WORDS, WEEKDAYS, N, fold, number

EDGE = r"(?:(?<![a-z])|(?![a-z]))(?:(?<!\d)|(?!\d))"
"""Between two characters that are not both letters, nor both digits; Chinese needs no space."""
_AT = r"(?:(?:at about|at around|at|around|about|by|um|gegen|vers|a las?|a)\s+)?"


@dataclass(frozen=True)
class Token:
    """A time word: its kind, its value, and where it stands in the text (characters)."""

    kind: str
    value: Any
    start: int
    end: int


@dataclass(frozen=True)
class Clock:
    """A time of day. `reading`: "fixed" (24 hours or am/pm), "waking" (an hour that may be am or pm), or
    "literal" (24 hours unless a part of the day says otherwise)."""

    hour: int
    minute: int
    reading: Literal["fixed", "waking", "literal"]
    minutes_given: bool


def _clock(hour: str, minute: str | None, reading: Literal["fixed", "waking", "literal"]) -> Clock | None:
    h, m = number(hour), number(minute) if minute else 0
    if h is None or m is None or h > 24 or m > 59 or (h == 24 and m):
        return None
    sure = reading if h <= 12 and not hour.startswith("0") else "fixed"
    return Clock(h % 24, m, sure, minute is not None)


def _meridiem(match: re.Match[str]) -> Clock | None:
    clock = _clock(match[1], match[2], "fixed")
    if clock is None or not 1 <= (number(match[1]) or 0) <= 12:
        return None
    hour = clock.hour % 12 + (12 if match[3].startswith("p") else 0)
    return Clock(hour, clock.minute, "fixed", clock.minutes_given)


def _past(minutes: int) -> Callable[[re.Match[str]], Clock | None]:
    def read(match: re.Match[str]) -> Clock | None:
        clock = _clock(match[1], None, "waking")
        if clock is None:
            return None
        total = (clock.hour * 60 + minutes) % 1440
        return Clock(total // 60, total % 60, clock.reading, True)

    return read


def _chinese_clock(match: re.Match[str]) -> Clock | None:
    minute = {"半": "30", "一刻": "15", "三刻": "45"}.get(match[2] or "", match[3])
    return _clock(match[1], minute, "waking")


def _date(year: str | None, month: int | None, day: int | None) -> tuple[int | None, int, int] | None:
    if not month or not day or month > 12 or day > 31:
        return None
    return (int(year) if year else None, month, day)


def _month_number(name: str) -> int:
    return next(i for i, names in enumerate(MONTHS, 1) if re.fullmatch(names, name))


def _chinese_month(match: re.Match[str]) -> tuple[int | None, int] | None:
    month = number(match[2])
    return (int(match[1]) if match[1] else None, month) if month and month <= 12 else None


def _duration(unit: str) -> Callable[[re.Match[str]], tuple[str, int] | None]:
    return lambda match: (unit, value) if (value := number(match[1])) is not None else None


def _chinese_weekday(match: re.Match[str]) -> tuple[int, int]:
    """Week from now, and day of that week: 上周五 is (-1, 4)."""
    week = -2 if match[1] == "上上" else {"上": -1, "下": 1}.get(match[1], 0)
    return week, "一二三四五六日天".index(match[2]) if match[2] != "天" else 6


Reader = Callable[[re.Match[str]], Any]
_C = rf"({CLOCK_N})"
_READERS: tuple[tuple[str, str, Reader], ...] = (
    (
        "duration",
        r"half an hour|半个?小时|半个?钟头|(?:einer )?halben? stunde|une demi[- ]heure|media hora",
        lambda m: ("minute", 30),
    ),
    (
        "duration",
        r"an hour and a half|one and a half hours|一个半小时|anderthalb stunden|une heure et demie"
        r"|una hora y media|hora y media",
        lambda m: ("minute", 90),
    ),
    (
        "duration",
        r"(?:a )?quarter of an hour|一刻钟|(?:einer )?viertelstunde|un quart d'heure|(?:un )?cuarto de hora",
        lambda m: ("minute", 15),
    ),
    (
        "iso",
        r"(\d{4}-\d{2}-\d{2})[t ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s?(z|[+-]\d{2}:?\d{2})?",
        lambda m: (m[1], m[2], m[3]),
    ),
    ("clock", rf"{_AT}{_C}(?::(\d{{2}}))?\s*([ap]\.?\s?m\b\.?)", _meridiem),
    ("clock", rf"{_AT}(\d{{1,2}}):(\d{{2}})(?::\d{{2}})?(?:\s*(?:uhr|h))?", lambda m: _clock(m[1], m[2], "waking")),
    ("clock", rf"{_AT}{_C}\s*o'?clock", lambda m: _clock(m[1], None, "waking")),
    ("clock", rf"{_AT}(?:half past|half-past)\s+{_C}", _past(30)),
    ("clock", rf"{_AT}(?:a )?quarter past\s+{_C}", _past(15)),
    ("clock", rf"{_AT}(?:a )?quarter to\s+{_C}", _past(-15)),
    ("clock", rf"{_AT}halb\s+{_C}", _past(-30)),
    ("clock", rf"{_AT}viertel nach\s+{_C}", _past(15)),
    ("clock", rf"{_AT}viertel vor\s+{_C}", _past(-15)),
    ("clock", rf"{_AT}{_C}\s*uhr(?:\s*(\d{{1,2}}))?", lambda m: _clock(m[1], m[2], "literal")),
    ("clock", rf"{_AT}(\d{{1,2}})\s?h\s?(\d{{2}})?", lambda m: _clock(m[1], m[2], "literal")),
    ("clock", rf"(?:a|vers)\s+{_C}\s+heures?(?:\s+(\d{{2}}))?", lambda m: _clock(m[1], m[2], "literal")),
    ("clock", rf"(?:a|vers)\s+{_C}\s+heures? et demie", _past(30)),
    ("clock", rf"(?:a las?|sobre las?|las?)\s+{_C}(?::(\d{{2}}))?", lambda m: _clock(m[1], m[2], "waking")),
    ("clock", rf"(?:a las?|sobre las?|las?)\s+{_C} y media", _past(30)),
    ("clock", rf"(?:a las?|sobre las?|las?)\s+{_C} y cuarto", _past(15)),
    (
        "clock",
        rf"(?:at|around|about|um|gegen)\s+(?!(?:an?|ein(?:e[mnr]?)?|une?|una)\b){_C}(?!\s+(?!this)[a-z]{{3,}}s\b)",
        lambda m: _clock(m[1], None, "waking"),
    ),
    ("clock", rf"{_C}\s?[点點时](?:钟|整)?(半|一刻|三刻|({CLOCK_N})分?)?", _chinese_clock),
    ("date", r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", lambda m: _date(m[1], int(m[2]), int(m[3]))),
    ("date", r"(\d{1,2})\.(\d{1,2})\.(\d{4})?", lambda m: _date(m[3], int(m[2]), int(m[1]))),
    ("date", rf"(?:(\d{{4}})年)?({CLOCK_N})月({CLOCK_N})[日号]", lambda m: _date(m[1], number(m[2]), number(m[3]))),
    (
        "date",
        rf"({MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?",
        lambda m: _date(m[3], _month_number(m[1]), int(m[2])),
    ),
    (
        "date",
        rf"(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?({MONTH})(?:,?\s+(?:de\s+)?(\d{{4}}))?",
        lambda m: _date(m[3], _month_number(m[2]), int(m[1])),
    ),
    (
        "month",
        rf"(?:in|im|en)\s+({MONTH})(?:\s+(\d{{4}}))?",
        lambda m: (int(m[2]) if m[2] else None, _month_number(m[1])),
    ),
    ("month", rf"(?:(\d{{4}})年)?({CLOCK_N})月份?", _chinese_month),
    ("week_day", r"(上上|上|这|本|下)个?(?:周|星期|礼拜)([一二三四五六日天])", _chinese_weekday),
    ("year", r"(?:in|im|en)\s+(\d{4})", lambda m: int(m[1])),
    ("year", r"(\d{4})年", lambda m: int(m[1])),
    (
        "number",
        r"(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[一二两三四五六七八九十]+)",
        lambda m: number(m[1]),
    ),
)


@cache
def _table() -> tuple[tuple[re.Pattern[str], str, Any, bool], ...]:
    """All patterns, compiled once: pattern, kind, value or reader, whether it is a reader."""
    rows: list[tuple[str, str, Any, bool]] = [(pattern, kind, reader, True) for kind, pattern, reader in _READERS]
    for unit, words in UNIT_WORDS.items():
        rows.append((rf"({N})\s*(?:{words})", "duration", _duration(unit), True))
        rows.append((words, "unit", unit, False))
    rows += [(words, "weekday", day, False) for day, words in enumerate(WEEKDAYS)]
    for kind, value, words in PLAIN:
        midday = kind == "midday"
        rows.append((words, "clock" if midday else kind, Clock(value, 0, "fixed", False) if midday else value, False))
    return tuple((re.compile(rf"{EDGE}(?:{p}){EDGE}"), kind, value, reads) for p, kind, value, reads in rows)


def tokens(text: str) -> list[Token]:
    """The time words of `text` in order; what is none is left out. Takes time linear in the length of
    `text`.
    """
    folded, found, at = fold(text), [], 0
    while at < len(folded):
        token = None if folded[at].isspace() else _longest(folded, at)
        if token is None:
            at += 1
            continue
        found.append(token)
        at = token.end
    return found


def _longest(folded: str, at: int) -> Token | None:
    best: Token | None = None
    for pattern, kind, value, reads in _table():
        match = pattern.match(folded, at)
        if match is None or match.end() <= (best.end if best else at):
            continue
        meaning = value(match) if reads else value
        if meaning is not None or not reads:
            best = Token(kind, meaning, at, match.end())
    return best
