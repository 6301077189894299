"""What a suite of trust reports. Owns the figures' meaning and their JSON; no way of running and no way of showing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SuiteResult:
    """The figures of one suite.

    `tried`: cases that were carried out (inputs, faults, injections, connections; `unit` says which).
    `failed`: cases whose promise did not hold: a crash, a hang, an injection that started a tool.
    `lost`: records that were there before and are not there after; 0 where a suite keeps none.
    `notes`: one line each: what failed, with enough to repeat it, and what could not be tried and why.
    `seconds`: wall time of the suite.
    """

    name: str
    tried: int
    failed: int
    lost: int = 0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    unit: str = "cases"

    def __post_init__(self) -> None:
        if min(self.tried, self.failed, self.lost) < 0 or self.seconds < 0:
            raise ValueError(f"The figures of {self.name} are negative: {self}")
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def held(self) -> bool:
        """Whether everything that was tried held; a suite that tried nothing proved nothing."""
        return self.tried > 0 and self.failed == 0 and self.lost == 0

    def as_json(self) -> dict[str, Any]:
        """A JSON object with the fields and `held`."""
        return {**asdict(self), "notes": list(self.notes), "held": self.held}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SuiteResult:
        """The inverse of `as_json`."""
        fields = {key: value for key, value in data.items() if key != "held"}
        return cls(**{**fields, "notes": tuple(fields.get("notes", ()))})
