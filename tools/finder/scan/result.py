"""What a scan of one recording hands back from its worker, as values. Owns no image processing.

Boxes are (x, y, w, h) in pixels of the recording; offsets are seconds from its first frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tools.finder.records import Box


@dataclass(frozen=True)
class ScanStill:
    """A settled frame as JPEG; `scale` is its pixels for a pixel of the recording."""

    offset: float
    jpeg: bytes = field(repr=False)
    scale: float = 1.0


@dataclass(frozen=True)
class ScanCarried:
    """Where a thing that was taken was seen last, in a hand. `still` is a position in the stills of the `Scan`."""

    offset: float
    box: Box
    still: int


@dataclass(frozen=True)
class ScanChange:
    """A thing placed or removed. `before`, `after` and `person` are positions in the lists of the `Scan`.

    `crop` is a JPEG of the box with a margin from the picture in which the thing is there. `carried`: of a removed one.
    """

    offset: float
    kind: Literal["placed", "removed"]
    box: Box
    score: float
    before: int
    after: int
    person: int | None
    crop: bytes = field(repr=False)
    carried: ScanCarried | None = None


@dataclass(frozen=True)
class ScanPerson:
    """A person followed; `path` is (offset, x, y, w, h) in order. `still` is a position in the stills."""

    path: tuple[tuple[float, float, float, float, float], ...]
    still: int | None = None


@dataclass(frozen=True)
class ScanProgress:
    """How far a scan is: seconds of footage of all."""

    done_s: float
    total_s: float


@dataclass(frozen=True)
class Scan:
    """All that was found in a recording; `first` and `last` are positions of its first and last calm still."""

    width: int
    height: int
    fps: float
    duration_s: float
    creation: float | None
    problems: tuple[str, ...]
    stills: tuple[ScanStill, ...]
    changes: tuple[ScanChange, ...]
    people: tuple[ScanPerson, ...]
    first: int | None
    last: int | None
