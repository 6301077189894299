"""The calendar around one moment: days, parts of days and clock times to intervals. Owns no words.

Days and clock times are reckoned on the wall clock of the zone of `now`, elapsed time in UTC, so that both
hold across a change of daylight saving time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from runtime.time_tokens import Clock

MINUTES_LONG = timedelta(minutes=5)
HOUR = timedelta(hours=1)
WAKING = range(7, 23)


@dataclass(frozen=True)
class Interval:
    """From `start` to `end`, aware datetimes, `end` excluded.

    A named hour lasts an hour, a named minute five minutes, a day a day; "since …" ends now; "… ago" is a
    tenth of its distance long.
    """

    start: datetime
    end: datetime

    def contains(self, moment: datetime) -> bool:
        """Whether `moment` (aware) lies inside."""
        return self.start <= moment < self.end


@dataclass(frozen=True)
class Fields:
    """What a simple expression says, before it is put together. `part`: hours of the day, above 24 the next
    one.
    """

    day: date | None = None
    span: tuple[date, date] | None = None
    part: tuple[int, int] | None = None
    clock: Clock | None = None
    anchor: tuple[tuple[int, int], tuple[int, int]] | None = None
    done: Interval | None = None


class Calendar:
    """Turns `Fields` into intervals as seen from `now` (aware)."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.date()

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """That wall-clock time, `hour` up to 47; a time that a clock change skips moves on by the change."""
        wall = datetime.combine(day + timedelta(days=hour // 24), time(hour % 24, minute))
        zone = self.now.tzinfo
        if isinstance(zone, timezone) and self.now.astimezone().utcoffset() == self.now.utcoffset():
            return wall.astimezone()  # the machine's zone, which `now` shows as a mere offset
        return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)

    def elapsed(self, seconds: float) -> datetime:
        """The moment that many seconds ago."""
        return (self.now.astimezone(UTC) - timedelta(seconds=seconds)).astimezone(self.now.tzinfo)

    def shift(self, moment: datetime, days: int) -> datetime:
        """The same wall-clock time, days later."""
        return self.at(moment.date() + timedelta(days=days), moment.hour, moment.minute)

    def days(self, first: date, count: int = 1) -> Interval:
        """Whole days from `first` on."""
        return Interval(self.at(first, 0), self.at(first + timedelta(days=count), 0))

    def weekday(self, day: int, which: str | None) -> date:
        """The last, this week's or next day of that weekday (0 is Monday); None: the latest, today
        included.
        """
        back = (self.today.weekday() - day) % 7
        if which == "last":
            return self.today - timedelta(days=back or 7)
        if which == "next":
            return self.today + timedelta(days=(day - self.today.weekday()) % 7 or 7)
        if which == "this":
            return self.today + timedelta(days=day - self.today.weekday())
        return self.today - timedelta(days=back)

    def month(self, year: int, month: int) -> tuple[date, date]:
        """First day, and the day after the last; `month` may be beyond 1 to 12."""
        first = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
        return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)

    def calendar_span(self, unit: str, offset: int) -> tuple[date, date] | None:
        """The day, week (from Monday), month or year that lies `offset` of them from now."""
        if unit == "week":
            monday = self.today + timedelta(days=7 * offset - self.today.weekday())
            return monday, monday + timedelta(days=7)
        if unit == "month":
            return self.month(self.today.year, self.today.month + offset)
        if unit == "year":
            return date(self.today.year + offset, 1, 1), date(self.today.year + offset + 1, 1, 1)
        return None

    def weekend(self, offset: int) -> tuple[date, date]:
        """Saturday and Sunday: 0 is the latest that has begun, -1 the latest that is over, 1 the next."""
        saturday = self.weekday(5, None) if self.today.weekday() != 6 else self.today - timedelta(days=1)
        if offset == -1 and self.today.weekday() >= 5:
            saturday -= timedelta(days=7)
        if offset == 1:
            saturday += timedelta(days=7)
        return saturday, saturday + timedelta(days=2)

    def latest_date(self, year: int | None, month: int, day: int) -> date:
        """That date; without a year, the latest that is not in the future. Raises `ValueError` for no date."""
        if year is not None:
            return date(year, month, day)
        for back in range(9):  # 29 February comes every four to eight years
            try:
                found = date(self.today.year - back, month, day)
            except ValueError:
                continue
            if found <= self.today:
                return found
        raise ValueError("no such date")

    def instant(self, day: str, clock: str, offset: str | None) -> Interval:
        """An ISO 8601 date and time, in the zone of `now` where it names none; a minute long, or a second."""
        moment = datetime.fromisoformat(f"{day}T{clock}{(offset or '').upper()}")
        if moment.tzinfo is None:
            whole = self.at(moment.date(), moment.hour, moment.minute)
            moment = whole + timedelta(seconds=moment.second, microseconds=moment.microsecond)
        long = timedelta(seconds=1) if clock.count(":") == 2 else timedelta(minutes=1)
        return Interval(moment, moment + long)

    def build(self, fields: Fields) -> Interval | None:
        """Put the fields together; None where they say nothing."""
        if fields.done is not None:
            return fields.done
        if fields.clock is not None:
            return self._clock(fields)
        if fields.anchor is not None:
            (h0, m0), (h1, m1) = fields.anchor
            day = fields.day or self._latest_day(h0, m0)
            return Interval(self.at(day, h0, m0), self.at(day, h1, m1))
        if fields.part is not None:
            day = fields.day or self._latest_day(fields.part[0], 0)
            return Interval(self.at(day, fields.part[0]), self.at(day, fields.part[1]))
        if fields.day is not None:
            return self.days(fields.day)
        if fields.span is not None:
            return Interval(self.at(fields.span[0], 0), self.at(fields.span[1], 0))
        return None

    def _latest_day(self, hour: int, minute: int) -> date:
        """Today, or yesterday when that time of today is still to come."""
        return self.today if self.at(self.today, hour, minute) <= self.now else self.today - timedelta(days=1)

    def _clock(self, fields: Fields) -> Interval:
        clock = fields.clock
        assert clock is not None
        long = MINUTES_LONG if clock.minutes_given else HOUR
        starts = [self._placed(fields, clock)]
        if fields.day is None and fields.part is None and clock.reading == "waking" and not clock.minutes_given:
            later = replace(clock, hour=(clock.hour + 12) % 24)
            starts += [self._placed(fields, c) for c in (clock, later) if c.hour in WAKING]
        start = max(starts)
        return Interval(start, (start.astimezone(UTC) + long).astimezone(start.tzinfo))

    def _placed(self, fields: Fields, clock: Clock) -> datetime:
        """The clock time on its day: in the named part of the day, else in waking hours where it may be
        either.
        """
        day, hour = fields.day, clock.hour
        if fields.part is not None and clock.reading != "fixed":
            base = day or self._latest_day(fields.part[0], 0)
            for candidate in (hour, hour + 12, hour + 24):
                if fields.part[0] <= candidate <= fields.part[1]:
                    return self.at(base, candidate, clock.minute)
        if clock.reading == "waking" and 1 <= hour <= 6 and fields.part is None:
            hour += 12
        if fields.part is not None and fields.part[1] > 24 and hour + 24 < fields.part[1]:
            hour += 24  # two in the night of Friday is on Saturday
        return self.at(day or self._latest_day(hour, clock.minute), hour, clock.minute)
