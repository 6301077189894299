"""What indexing found in one segment, before the store has given it ids. Owns no storage.

References between drafts are positions in the lists of the same `SegmentDraft`. Times are Unix seconds UTC,
boxes (x, y, w, h) in pixels of the recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tools.finder.records import Box, ChangeType, Origin


@dataclass
class StillDraft:
    """A settled frame to keep. `scale` is pixels of the JPEG for a pixel of the recording."""

    time: float
    jpeg: bytes = field(repr=False)
    scale: float = 1.0


@dataclass(frozen=True)
class CarriedDraft:
    """Where a thing that was taken was seen last, in a hand; `still` is a position in the segment's stills."""

    time: float
    box: Box
    still: int


@dataclass
class ChangeDraft:
    """A change; `before_still`, `after_still` and `person` are positions in the segment's lists."""

    time: float
    type: ChangeType
    box: Box
    score: float
    before_still: int | None = None
    after_still: int | None = None
    person: int | None = None
    carried: CarriedDraft | None = None


@dataclass
class SightingDraft:
    """A thing at rest; `still`, `placed_by` and `ended_by` are positions in the segment's lists.

    `vector` is the appearance vector, which is not stored in the truth but handed to the vector index.
    """

    first_seen: float
    last_seen: float
    box: Box
    origin: Origin
    still: int | None = None
    placed_by: int | None = None
    ended_by: int | None = None
    label: str | None = None
    label_score: float | None = None
    colours: tuple[str, ...] = ()
    crop: bytes | None = field(default=None, repr=False)
    vector: Sequence[float] | None = field(default=None, repr=False)


@dataclass
class PersonDraft:
    """A person followed within the segment; `path` is (time, x, y, w, h) in order."""

    path: list[tuple[float, float, float, float, float]]
    still: int | None = None


@dataclass(frozen=True)
class SegmentFile:
    """A recording as it lies on disk, with what is known of it.

    `start` is the wall-clock time of its first frame.
    """

    path: str
    bytes: int
    mtime_ns: int
    start: float
    duration_s: float
    width: int
    height: int
    fps: float
    status: Literal["ok", "partial", "broken"] = "ok"
    problem: str | None = None


@dataclass
class SegmentDraft:
    """All that one segment gives the index; written in one transaction."""

    file: SegmentFile
    stills: list[StillDraft] = field(default_factory=list)
    changes: list[ChangeDraft] = field(default_factory=list)
    sightings: list[SightingDraft] = field(default_factory=list)
    people: list[PersonDraft] = field(default_factory=list)
