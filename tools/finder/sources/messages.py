"""What a recorder or fetcher of a camera says while it works, as values. Owns no work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Connected:
    """Pictures arrive. Sizes are pixels."""

    width: int
    height: int
    codec: str


@dataclass(frozen=True)
class Recorded:
    """A recording is complete at `path`; `start` is Unix seconds of its first frame, true to the camera's delay."""

    path: str
    start: float
    duration_s: float
    bytes: int


@dataclass(frozen=True)
class Lost:
    """The camera gives nothing any more; the next try is in `retry_s` seconds. `problem` is for people."""

    problem: str
    retry_s: float


SourceMessage = Connected | Recorded | Lost


@dataclass
class Backoff:
    """How long to wait before the next try: `first_s`, then twice as long each time, `most_s` at most."""

    first_s: float = 1.0
    most_s: float = 60.0
    _tries: int = 0

    def next(self) -> float:
        """Seconds to wait now."""
        wait = min(self.most_s, self.first_s * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return wait

    def reset(self) -> None:
        """It worked: begin again with the first wait."""
        self._tries = 0
