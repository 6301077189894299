"""What a camera showed at a time, as a whole picture: from its recordings, a kept evidence frame, or the camera itself.

Owns no search: a picture of a time is looked for by that time only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import MediaError
from runtime.house import House
from tools.finder.records import Camera
from tools.finder.scan.segments import camera_zone
from tools.finder.sources.live import live_picture
from tools.finder.sources.recordings import named_start, recordings_of
from tools.finder.store import FinderStore

if TYPE_CHECKING:
    from PIL.Image import Image

AWAY_S = 60.0
"""A picture at most this far from the time asked for still counts as one of that time, seconds."""


@dataclass(frozen=True)
class CameraPicture:
    """A picture of a camera. `time` is Unix seconds; `scale` pixels of it for one of the recording."""

    image: Image
    time: float
    origin: str
    """The recording's or still's path, or "live"."""
    scale: float = 1.0


def camera_picture(house: House, store: FinderStore, camera: Camera, at: float | None) -> CameraPicture:
    """The newest picture of a camera, or the one at `at` (Unix seconds). Raises `MediaError` where there is none."""
    for start, file in _candidates(house, store, camera, at):
        picture = _from_recording(file, start, at)
        if picture is not None:
            return picture
    kept = _from_stills(store, camera, at)
    if kept is not None:
        return kept
    if at is None and camera.held is not None:
        return _live(house, camera)
    when = "" if at is None else " at that time"
    covered = store.coverage(camera.name)
    known = f"{_told(house, covered.start)} to {_told(house, covered.end)}" if covered.start is not None else "nothing"
    raise MediaError(
        f"There is no picture of {camera.name}{when}.",
        remedy=f"Its index covers {known}: see `hausgeist cameras coverage {camera.name}`.",
    )


def _told(house: House, seconds: float | None) -> str:
    zone = camera_zone(house.settings.finder.timezone) or house.now().tzinfo
    return "-" if seconds is None else f"{house.now().fromtimestamp(seconds, zone):%Y-%m-%d %H:%M:%S}"


def _candidates(house: House, store: FinderStore, camera: Camera, at: float | None) -> list[tuple[float, Path]]:
    """Recordings that may show the time, with their starts, the most likely first."""
    zone = camera_zone(house.settings.finder.timezone)
    known = {segment.path: segment.start for segment in store.segments(camera.name) if segment.status != "broken"}
    found: list[tuple[float, Path]] = []
    for file in recordings_of(camera):
        start = known.get(str(file)) or camera.start or named_start(camera, file, zone)
        found.append((file.stat().st_mtime if start is None else start, file))
    found.sort(reverse=True)
    if at is None:
        return found[:3]
    return [(start, file) for start, file in found if start <= at][:2]


def _from_recording(file: Path, start: float, at: float | None) -> CameraPicture | None:
    from tools.finder.picture_backend import frame_at

    try:
        image, offset = frame_at(file, None if at is None else at - start)
    except MediaError:
        return None
    time = start + offset
    return CameraPicture(image, time, str(file)) if at is None or abs(time - at) <= AWAY_S else None


def _from_stills(store: FinderStore, camera: Camera, at: float | None) -> CameraPicture | None:
    from tools.finder.picture_backend import open_picture

    stills = store.stills(camera.name, at)
    still = None if not stills else stills[-1] if at is None else stills[0]
    if still is None or (at is not None and abs(still.time - at) > AWAY_S):
        return None
    file = store.folder / still.file
    return CameraPicture(open_picture(file), still.time, str(file), still.scale) if file.is_file() else None


def _live(house: House, camera: Camera) -> CameraPicture:
    from tools.finder.picture_backend import open_picture

    return CameraPicture(open_picture(live_picture(house, camera)), house.now().timestamp(), "live")
