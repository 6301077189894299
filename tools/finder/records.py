"""The finder's rows as values (see `schema.sql`).

Times are Unix seconds UTC; boxes are (x, y, w, h) in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Box = tuple[float, float, float, float]
"""x, y of the top left corner, width, height; pixels of the recording."""

ChangeType = Literal["placed", "removed", "covered", "uncovered"]
Origin = Literal["change", "detector", "region"]
CameraKind = Literal["recordings", "rtsp", "frigate"]


@dataclass(frozen=True)
class Zone:
    """A named polygon on a camera's picture, pixels."""

    name: str
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class CameraOptions:
    """How a camera's recordings are found and dated; see `tools.finder.sources`."""

    name_pattern: str | None = None
    """How the owner's files are named, in `strptime`'s letters."""
    timezone: str | None = None
    """IANA name of the zone in which files are named; None: `finder.timezone`."""
    remote: str | None = None
    """The camera's name in Frigate."""
    events_only: bool = False
    """Fetch only recordings around Frigate's events."""


@dataclass(frozen=True)
class Camera:
    """A camera of the house. `source` is a path, or an address without its credentials."""

    id: int
    name: str
    source: str
    start: float | None = None
    zones: tuple[Zone, ...] = ()
    kind: CameraKind = "recordings"
    options: CameraOptions = CameraOptions()
    held: str | None = None
    """The folder in which we keep what we recorded or fetched of it; None: its recordings are the owner's."""

    @property
    def place(self) -> Path:
        """The folder or file of its recordings."""
        return Path(self.held or self.source)


@dataclass(frozen=True)
class Segment:
    """One recording: `start` is the wall-clock time of its first frame."""

    id: int
    camera_id: int
    path: str
    start: float
    duration_s: float
    width: int
    height: int
    fps: float
    status: Literal["ok", "partial", "broken"] = "ok"
    problem: str | None = None
    indexed: float | None = None


@dataclass(frozen=True)
class Still:
    """A settled frame kept as a JPEG.

    `file` is relative to the finder's folder, `scale` JPEG pixels per pixel.
    """

    id: int
    segment_id: int
    camera_id: int
    time: float
    file: str
    scale: float


@dataclass(frozen=True)
class Coverage:
    """When a camera recorded: from `start` to `end` but for `gaps`, each (from, to).

    `start` and `end` are the first and last recorded moment within what was asked; None: nothing was
    recorded.
    """

    camera: str
    start: float | None
    end: float | None
    gaps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Change:
    """What differs between one settled frame and the next. `score` is 0 to 1."""

    id: int
    segment_id: int
    camera_id: int
    time: float
    type: ChangeType
    box: Box
    score: float
    before_still: int | None = None
    after_still: int | None = None
    person_id: int | None = None


@dataclass(frozen=True)
class Carried:
    """Where a thing that was taken was seen last, in a hand, on the camera of the change that took it."""

    change_id: int
    time: float
    box: Box
    still_id: int | None = None


@dataclass(frozen=True)
class Sighting:
    """A thing at rest in one spot from `first_seen` to `last_seen`."""

    id: int
    segment_id: int
    camera_id: int
    first_seen: float
    last_seen: float
    box: Box
    still_id: int | None
    placed_by: int | None
    ended_by: int | None
    origin: Origin
    label: str | None = None
    label_score: float | None = None
    colours: tuple[str, ...] = ()
    crop: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Person:
    """A person followed within one camera; `path` is (time, x, y, w, h) in order."""

    id: int
    segment_id: int
    camera_id: int
    first_seen: float
    last_seen: float
    path: tuple[tuple[float, float, float, float, float], ...]
    still_id: int | None = None
