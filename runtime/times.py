"""What people mean by "yesterday afternoon" or "上周五": time expressions to intervals.

Owns no words (`runtime.time_words`) and no calendar (`runtime.time_calendar`). Expressions speak of the
past unless they say otherwise: "at 3 pm", said in the morning, is 3 pm yesterday.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from runtime.time_calendar import HOUR, Calendar, Fields, Interval
from runtime.time_tokens import Clock, Token, tokens

__all__ = ["Interval", "find_when", "parse_when"]

LONGEST_TEXT = 2000
LONGEST_RUN = 12
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_RELATIVE = ("last", "this", "next")
_OFFSET = {"last": -1, "this": 0, "next": 1}


def parse_when(text: str, now: datetime) -> Interval | None:
    """The interval that `text`, a time expression in en, zh, de, fr or es, means at `now` (aware); None for
    others.

    Words around the expression are allowed ("since yesterday please"). ISO 8601 is understood. Never raises
    for a text, whatever is in it.
    """
    found = find_when(text, now, bare_now=True)
    return found[1] if found else None


def find_when(request: str, now: datetime, *, bare_now: bool = False) -> tuple[str, Interval] | None:
    """The longest time expression inside `request`, as written there, with its interval; None when there is
    none.

    A mere "now" is no expression unless `bare_now`, since requests say it without meaning it.
    """
    text = request[:LONGEST_TEXT]
    calendar = Calendar(now)
    best: tuple[int, str, Interval] | None = None
    for run in _runs(text, tokens(text)):
        for first in range(len(run)):
            for last in range(min(len(run), first + LONGEST_RUN), first, -1):
                part = run[first:last]
                size = part[-1].end - part[0].start
                if part[0].kind == "glue" or part[-1].kind == "glue" or (best and size <= best[0]):
                    continue
                words = text[part[0].start : part[-1].end]
                if words == "一点" or (not bare_now and len(part) == 1 and part[0].kind == "now"):
                    continue
                interval = _meaning(part, calendar)
                if interval is not None:
                    best = (size, words, interval)
    return best[1:] if best else None


def _runs(text: str, found: list[Token]) -> list[list[Token]]:
    """Tokens that follow each other with nothing but space between them; greetings are none."""
    runs: list[list[Token]] = [[]]
    for token in found:
        gap = runs[-1] and text[runs[-1][-1].end : token.start].strip()
        if gap or token.kind == "greeting":
            runs.append([])
        if token.kind != "greeting":
            runs[-1].append(token)
    return [run for run in runs if run]


def _meaning(run: list[Token], calendar: Calendar) -> Interval | None:
    try:
        found = _whole([token for token in run if token.kind != "glue"], calendar)
        return found if found and found.start <= found.end else None
    except (OverflowError, ValueError):
        return None  # a date that does not exist, or one beyond the calendar


def _whole(words: list[Token], calendar: Calendar) -> Interval | None:
    if not words:
        return None
    first, last = words[0].kind, words[-1].kind
    for place, word in enumerate(words):
        if word.kind in ("to", "dash") and 0 < place < len(words) - 1:
            return _range(words[:place], words[place + 1 :], calendar)
    if first == "since" or last == "since_after":
        inner = _simple([w for w in words if w.kind not in ("since", "since_after")], calendar, numbers=True)
        return Interval(inner.start, calendar.now) if inner and inner.start <= calendar.now else None
    ago = _ago(words, calendar)
    if ago is not None:
        return ago
    timed = any(word.kind == "duration" for word in words)
    if not timed and (first in ("before", "to", "ago_before") or last == "before_after"):
        inner = _simple(words[:-1] if last == "before_after" else words[1:], calendar, numbers=True)
        return Interval(_opening(inner.start, calendar), inner.start) if inner else None
    if first == "after" or last == "after_after":
        inner = _simple(words[1:] if first == "after" else words[:-1], calendar, numbers=True)
        return _after(inner, calendar) if inner else None
    return _simple(words, calendar)


def _opening(end: datetime, calendar: Calendar) -> datetime:
    """Where "before …" begins: that day's start, or the beginning of all records for a whole day."""
    midnight = calendar.at(end.date(), 0)
    return midnight if end > midnight else min(end, datetime(1970, 1, 2, tzinfo=UTC))


def _after(inner: Interval, calendar: Calendar) -> Interval | None:
    """From a named hour on, or after the end of a longer time; to the day's end at most, to now otherwise."""
    short = inner.end - inner.start <= HOUR
    start = inner.start if short else inner.end
    end = calendar.at(start.date() + timedelta(days=1), 0) if short else calendar.now
    if start < calendar.now:
        end = min(end, calendar.now)
    return Interval(start, end) if start < end else None


def _range(left: list[Token], right: list[Token], calendar: Calendar) -> Interval | None:
    a = _fields([w for w in left if w.kind not in ("between", "since")], calendar, numbers=True)
    b = _fields(right, calendar, numbers=True)
    if a is None or b is None:
        return None
    if not (a.clock and b.clock):
        start, end = calendar.build(a), calendar.build(b)
        return Interval(start.start, end.end) if start and end and start.start < end.end else None
    day, part = a.day or b.day, a.part or b.part
    opening = _same_half(a.clock, b.clock) if part is None else a.clock
    start = calendar.build(replace(a, day=day or calendar.today, part=part, clock=opening))
    end = calendar.build(replace(b, day=b.day or day or calendar.today, part=part))
    if start is None or end is None:
        return None
    opened, closed = start.start, end.start
    if closed <= opened:
        closed = calendar.shift(closed, 1)
    if day is None and opened > calendar.now:
        opened, closed = calendar.shift(opened, -1), calendar.shift(closed, -1)
    return Interval(opened, closed)


def _same_half(a: Clock, b: Clock) -> Clock:
    """In "between 9 and 11 pm" the nine is pm too."""
    if a.reading == "waking" and b.reading == "fixed" and a.hour < 12 < b.hour and a.hour + 12 <= b.hour:
        return replace(a, hour=a.hour + 12, reading="fixed")
    return a


def _simple(words: list[Token], calendar: Calendar, *, numbers: bool = False) -> Interval | None:
    fields = _fields(words, calendar, numbers=numbers)
    return calendar.build(fields) if fields else None


def _ago(words: list[Token], calendar: Calendar) -> Interval | None:
    """Elapsed time: "an hour ago", "半小时前", "vor einer Stunde", "hace dos horas"."""
    if sorted(w.kind == "duration" for w in words) != [False, True]:
        return None
    length, sign = sorted(words, key=lambda w: w.kind != "duration")
    if sign.kind not in ("ago", "earlier", "ago_before", "before_after") or length.value[0] not in _SECONDS:
        return None
    seconds = length.value[1] * _SECONDS[length.value[0]]
    return Interval(calendar.elapsed(seconds), calendar.elapsed(seconds - max(60, seconds / 10)))


def _fields(words: list[Token], calendar: Calendar, *, numbers: bool = False) -> Fields | None:
    """Read the words of a simple expression in any order; None where two contradict or one says nothing."""
    done = _ago(words, calendar)
    if done:
        return Fields(done=done)
    if len(words) == 1 and words[0].kind in ("now", "soon"):
        return Fields(done=Interval(calendar.elapsed(60 * words[0].value), calendar.now))
    if len(words) == 1 and words[0].kind == "recent":
        return Fields(done=Interval(calendar.elapsed(86400 * words[0].value), calendar.now))
    kinds = [word.kind for word in words]
    if len(set(kinds)) != len(kinds):
        return None
    by_kind = {word.kind: word.value for word in words}
    relative = next((kind for kind in _RELATIVE if by_kind.pop(kind, _RELATIVE) is None), None)
    fields = Fields()
    if "earlier" in by_kind:
        by_kind.pop("earlier")
        if not by_kind or by_kind == {"day": 0}:
            return Fields(done=Interval(calendar.at(calendar.today, 0), calendar.now))
    for kind in ("part", "clock", "anchor"):
        if kind in by_kind:
            fields = replace(fields, **{kind: by_kind.pop(kind)})
    if "number" in by_kind and numbers and fields.clock is None and 0 <= by_kind["number"] <= 24:
        hour = by_kind.pop("number")
        fields = replace(fields, clock=Clock(hour % 24, 0, "waking" if hour <= 12 else "fixed", False))
    return _with_day(fields, by_kind, relative, calendar)


def _with_day(fields: Fields, said: dict[str, Any], relative: str | None, calendar: Calendar) -> Fields | None:
    """Add the day or the days that the remaining words name; all of them must be used."""
    kinds = frozenset(said)
    if kinds <= {"duration", "recent"} and "duration" in kinds and (relative == "last" or "recent" in kinds):
        unit, count = said["duration"]
        back = count * (_SECONDS.get(unit) or _DAYS[unit] * 86400)
        return Fields(done=Interval(calendar.elapsed(back), calendar.now))
    signs = kinds & {"ago", "earlier", "ago_before", "before_after"}
    if len(signs) == 1 and kinds == signs | {"duration"}:
        unit, count = said["duration"]
        return _at_day(fields, calendar.today - timedelta(days=count * _DAYS[unit])) if unit in _DAYS else None
    if kinds == {"unit"} and relative:
        return _calendar_unit(fields, said["unit"], relative, calendar)
    if kinds in ({"weekday", "unit"}, {"weekday", "week"}):
        offset = said["week"] if "week" in kinds else _OFFSET.get(relative or "") if said["unit"] == "week" else None
        monday = calendar.calendar_span("week", offset) if offset is not None else None
        return _at_day(fields, monday[0] + timedelta(days=said["weekday"])) if monday else None
    if kinds == {"weekday"}:
        return _at_day(fields, calendar.weekday(said["weekday"], relative))
    if not kinds:
        return _without_day(fields, relative, calendar)
    return _dated(fields, said, relative, calendar)


def _dated(fields: Fields, said: dict[str, Any], relative: str | None, calendar: Calendar) -> Fields | None:
    """Days that stand for themselves: today, a date, a week, a month, a weekend."""
    kinds, today = frozenset(said), calendar.today
    if kinds == {"weekend"}:
        offset = -1 if "last" in (relative, said["weekend"] and "last") else 1 if relative == "next" else 0
        return _at_span(fields, calendar.weekend(offset))
    if relative:
        return None
    if kinds == {"day"}:
        return _at_day(fields, today + timedelta(days=said["day"]))
    if kinds == {"daypart"}:
        offset, part = said["daypart"]
        return _at_day(replace(fields, part=fields.part or part), today + timedelta(days=offset))
    if kinds == {"week_day"}:
        week, day_of_week = said["week_day"]
        return _at_day(fields, today + timedelta(days=7 * week - today.weekday() + day_of_week))
    if kinds == {"week"}:
        return _at_span(fields, calendar.calendar_span("week", said["week"]))
    if kinds == {"calendar"}:
        return _at_span(fields, calendar.calendar_span(*said["calendar"]))
    if kinds == {"iso"}:
        return Fields(done=calendar.instant(*said["iso"]))
    year = said.get("year")
    if "calendar" in said and said["calendar"][0] == "year":
        year = today.year + said["calendar"][1]
    if kinds <= {"date", "calendar"} and "date" in kinds:
        given, month, day = said["date"]
        return _at_day(fields, calendar.latest_date(given or year, month, day))
    if kinds <= {"month", "calendar", "year"} and "month" in kinds:
        given, month = said["month"]
        given = given or year or (today.year if month <= today.month else today.year - 1)
        return _at_span(fields, calendar.month(given, month))
    return _at_span(fields, (date(year, 1, 1), date(year + 1, 1, 1))) if kinds == {"year"} and year else None


def _calendar_unit(fields: Fields, unit: str, relative: str, calendar: Calendar) -> Fields | None:
    if unit in _SECONDS or unit == "day":
        back = _SECONDS.get(unit, 86400)
        return Fields(done=Interval(calendar.elapsed(back), calendar.now)) if relative == "last" else None
    return _at_span(fields, calendar.calendar_span(unit, _OFFSET[relative]))


def _without_day(fields: Fields, relative: str | None, calendar: Calendar) -> Fields | None:
    """A part of the day or a clock time alone; "this morning" is today's, "last evening" yesterday's."""
    if fields == Fields():
        return None
    if relative is None:
        return fields
    return _at_day(fields, calendar.today + timedelta(days=_OFFSET[relative])) if fields.part else None


def _at_day(fields: Fields, day: date) -> Fields:
    return replace(fields, day=day)


def _at_span(fields: Fields, span: tuple[date, date] | None) -> Fields | None:
    """A span of days takes neither clock time nor part of the day."""
    return replace(fields, span=span) if span and fields == Fields() else None
