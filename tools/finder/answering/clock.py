"""Times of answers as people say them, in the house's time zone. Owns no parsing (see `runtime.times`)."""

from __future__ import annotations

from datetime import datetime, tzinfo


def at_zone(seconds: float, zone: tzinfo | None) -> datetime:
    """Unix seconds as a time of the house's zone (the machine's where it is None), whole seconds."""
    moment = datetime.fromtimestamp(seconds, tz=zone) if zone else datetime.fromtimestamp(seconds).astimezone()
    return moment.replace(microsecond=0)


def clock(seconds: float, now: datetime, language: str) -> str:
    """A time as people say it: today's as 10:42, others with their day."""
    moment = at_zone(seconds, now.tzinfo)
    days = (now.date() - moment.date()).days
    time = f"{moment:%H:%M}"
    if language == "zh":
        day = {0: "", 1: "昨天"}.get(days, f"{moment.month}月{moment.day}日")
        return f"{day}{time}" if moment.year == now.year or days in {0, 1} else f"{moment.year}年{day}{time}"
    if days in {0, 1}:
        return time if days == 0 else f"{time} yesterday"
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{time} on {moment.day} {moment:%B}{year}"
