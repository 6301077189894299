"""What was heard, as data. Owns no recogniser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """A stretch of speech: `start_s` and `end_s` in seconds from the beginning of the sound, and its words."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Transcript:
    """All that was heard in a sound of `duration_s` seconds; empty, with no language, where there was no
    speech.
    """

    text: str
    language: str | None
    """ISO 639-1 code."""
    duration_s: float
    segments: tuple[Segment, ...]
