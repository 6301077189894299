"""What took how long in a turn: named, nested spans on a clock that a test can set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Span:
    """One stretch of work: `start_s` and `end_s` on the recorder's clock, seconds."""

    name: str
    start_s: float
    end_s: float | None = None

    @property
    def duration_s(self) -> float:
        """Seconds from start to end; 0 while it runs."""
        return 0.0 if self.end_s is None else self.end_s - self.start_s


@dataclass
class Spans:
    """Spans of one turn, in order of their start."""

    clock: Callable[[], float] = time.perf_counter
    spans: list[Span] = field(default_factory=list)

    @contextmanager
    def span(self, name: str) -> Iterator[Span]:
        """Measure the body of a `with` under `name`; an exception ends the span too."""
        current = Span(name, self.clock())
        self.spans.append(current)
        try:
            yield current
        finally:
            current.end_s = self.clock()

    def total_s(self, name: str) -> float:
        """Seconds of all spans of that name together."""
        return sum(span.duration_s for span in self.spans if span.name == name)
