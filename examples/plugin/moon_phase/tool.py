"""The tool `moon_phase`: how much of the moon is lit on a day. Needs no network."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from runtime.errors import ArgumentError
from tools.contract import Example, HausgeistTool, Risk, ToolContext, ToolOutput

SYNODIC_MONTH = 29.530588853
"""Days from new moon to new moon, in the mean (Meeus, Astronomical Algorithms, 1998, chapter 49)."""
NEW_MOON = datetime(2000, 1, 6, 18, 14, tzinfo=UTC)
PHASES_EN = (
    "new moon", "waxing crescent", "first quarter", "waxing gibbous",
    "full moon", "waning gibbous", "last quarter", "waning crescent",
)  # fmt: skip
PHASES_ZH = ("新月", "蛾眉月", "上弦月", "盈凸月", "满月", "亏凸月", "下弦月", "残月")


class MoonPhaseArgs(BaseModel):
    """Arguments of `moon_phase`."""

    day: str | None = Field(None, description="ISO 8601 date, only if the user names one; leave out for today")


class MoonPhase(HausgeistTool):
    """Tells the phase of the moon, within some hours."""

    name: str = "moon_phase"
    description: str = "Tells the phase of the moon on a day: full moon, new moon, how much of it is lit."
    args_schema: Any = MoonPhaseArgs
    risk: ClassVar[Risk] = Risk.READ
    examples: ClassVar[tuple[Example, ...]] = (
        Example("en", "is it full moon tonight?"),
        Example("en", "what phase is the moon in?"),
        Example("en", "how much of the moon can I see tonight?"),
        Example("zh", "今晚是满月吗?"),
        Example("de", "ist heute Vollmond?"),
        Example("es", "¿en qué fase está la luna?"),
        Example("fr", "est-ce la pleine lune ce soir ?"),
    )

    def act(self, args: MoonPhaseArgs, context: ToolContext) -> ToolOutput:
        """Reckon from a known new moon with the mean month."""
        day = _day(args.day, context.now())
        age = ((day - NEW_MOON) / timedelta(days=1)) % SYNODIC_MONTH
        lit = round((1 - math.cos(2 * math.pi * age / SYNODIC_MONTH)) / 2 * 100)
        index = round(age / SYNODIC_MONTH * 8) % 8
        facts: dict[str, Any] = {
            "day": day.date().isoformat(),
            "phase": PHASES_EN[index],
            "lit_percent": lit,
            "age_days": round(age, 1),
        }
        say = context.words(
            en=f"On {facts['day']} the moon is a {PHASES_EN[index]}, {lit} % lit.",
            zh=f"{facts['day']} 的月相是{PHASES_ZH[index]}，照亮 {lit}%。",
        )
        return ToolOutput(facts=facts, say=say)


def _day(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise ArgumentError(f"{text!r} is no day.", remedy="Write it as 2026-03-02.") from problem
    return found if found.tzinfo else found.replace(hour=found.hour or 21, tzinfo=now.tzinfo)
