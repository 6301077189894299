"""The small words of a script: durations ("15m"), times of day ("22:30"), names. Owns no clock."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_WHOLE = re.compile(rf"\s*(?:{_PART.pattern}\s*)+")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
NAME = r"^[a-z][a-z0-9_]{0,63}$"
"""Names of steps, inputs and loop variables: what a template can write after a dot."""


def seconds(value: Any) -> float:
    """Seconds of "90s", "15m", "1h30m" or a plain number of seconds. Raises `ValueError`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    elif isinstance(value, str) and _WHOLE.fullmatch(value):
        number = sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(value))
    else:
        raise ValueError(f"{value!r} is not a duration; write it like 90s, 15m or 1h30m")
    if not 0 < number <= 366 * 86400:
        raise ValueError(f"{value!r} is not a duration between a moment and a year")
    return number


def clock_time(value: Any) -> time:
    """A time of day from "22:30" or "22:30:15". Raises `ValueError`."""
    if isinstance(value, time):
        return value
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'{value!r} is not a time of day; write it like "22:30"')
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


Seconds = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$"},
                {"type": "number", "exclusiveMinimum": 0},
            ],
            "description": "a duration: 90s, 15m, 1h30m, or a number of seconds",
        }
    ),
]
TimeOfDay = Annotated[
    time,
    BeforeValidator(clock_time),
    WithJsonSchema(
        {"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", "description": 'such as "22:30"'}
    ),
]
