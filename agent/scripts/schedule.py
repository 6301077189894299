"""When a schedule is due: from the last time and now to the next time. Owns no clock and no waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.scripts.schema import Trigger, Weekday

WRONG = timedelta(days=8)
"""No time of day that comes each week can lie so far ahead of the clock."""
DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def next_due(trigger: Trigger, last: datetime | None, now: datetime) -> datetime:
    """The next time at which a schedule (`every` or `at`) is due; it is due now where that is not after `now`.

    `last` is the time for which it last fired, None where it never did: `every` is then due at once, and `at` at the
    next such time. What was missed while the program was off is made up for once, not once for each time. `at` is meant
    on the clock of the zone of `now`; where that clock skips the time (summer time begins), it is due an hour later.
    """
    if trigger.every is not None:
        return now if last is None else last + timedelta(seconds=trigger.every)
    assert trigger.at is not None, "only every and at are schedules"
    begin = now if last is None else last.astimezone(now.tzinfo)
    days = trigger.days or DAYS
    for ahead in range(9):
        day = (begin + timedelta(days=ahead)).date()
        due = datetime.combine(day, trigger.at, tzinfo=now.tzinfo)
        due = due.astimezone(UTC).astimezone(now.tzinfo)
        if due > begin and DAYS[day.weekday()] in days:
            return due
    raise AssertionError("a week has every weekday")


def clock_was_wrong(trigger: Trigger, last: datetime, now: datetime) -> bool:
    """Whether a schedule fired for a time so far ahead that the clock must have been wrong then.

    It would wait for that time to come, perhaps for years. A clock that was put back by less (an hour, a day) is waited
    for: to count anew would fire a second time for a time of day that has been.
    """
    ahead = timedelta(seconds=trigger.every) if trigger.every is not None else WRONG
    return last > now + ahead


def event_of(trigger: Trigger, due: datetime, now: datetime) -> str:
    """The journal's name of a firing: the due time in UTC, which sorts by time.

    A schedule that was due several times while the program was off fires once, for its latest due time.
    """
    if trigger.every is not None and due < now:
        periods = int((now - due).total_seconds() // trigger.every)
        due += timedelta(seconds=trigger.every * periods)
    elif trigger.at is not None:
        while (following := next_due(trigger, due, now)) <= now:
            due = following
    return due.astimezone(UTC).isoformat(timespec="milliseconds")
