"""Adding, listing and removing cameras. Owns no recordings and no indexing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import HausgeistError, MediaError, UsageError
from tools.finder.records import Camera, Segment, Zone
from tools.finder.scan.segments import VIDEO_SUFFIXES, find_recordings
from tools.finder.store import FinderStore


@dataclass(frozen=True)
class CameraState:
    """What `hausgeist cameras list` shows of a camera."""

    camera: Camera
    recordings: int
    """Files that are there now."""
    indexed: int
    waiting: int
    """Files that are new or have changed since they were indexed."""
    broken: tuple[tuple[str, str], ...]
    """Path and problem of each recording that could not be used, or only in part."""
    start: float | None
    end: float | None
    """Unix seconds of the first and last indexed moment."""
    problem: str | None = None
    """What is wrong with the camera as a whole."""


def add_camera(
    store: FinderStore, name: str, path: str | Path, *, start: float | None = None, zones: Iterable[Zone] = ()
) -> Camera:
    """Add a camera: a folder of recordings or one file. `start` is Unix seconds, for a single file only.

    Raises `UsageError` for a bad name, a missing path, a folder without recordings, or a taken name, and
    `MediaError` for a file that is empty or not a video.
    """
    if not re.fullmatch(r"[^\s/\\:][^/\\:]{0,63}", name.strip() or " "):
        raise UsageError(f"{name!r} is not a name for a camera.", remedy="Use letters, digits, - and _.")
    source = Path(path).expanduser().absolute()
    if not source.exists():
        raise UsageError(f"There is no file or folder {source}.", remedy="Give the path of a recording or a folder.")
    recordings = find_recordings(source)
    if not recordings:
        kinds = " ".join(sorted(VIDEO_SUFFIXES))
        raise UsageError(f"The folder {source} holds no recordings.", remedy=f"Looked for files named {kinds}.")
    if start is not None and source.is_dir():
        raise UsageError("--start is for a single file.", remedy="Name a folder's files by their time.")
    _check_some(recordings)
    return store.add_camera(name.strip(), str(source), start, zones)


def _check_some(recordings: Sequence[Path]) -> None:
    """At least one of the first recordings can be opened; otherwise the first one's problem is raised."""
    from tools.finder.scan.video_backend import probe

    first: MediaError | None = None
    for file in recordings[:20]:
        try:
            probe(file)
            return
        except MediaError as problem:
            first = first or problem
    if first is not None:
        raise first


def parse_zone(text: str) -> Zone:
    """A zone from `NAME:x,y;x,y;x,y…`, pixels. Raises `UsageError`."""
    name, _, corners = text.partition(":")
    try:
        polygon = tuple(_corner(corner) for corner in corners.split(";") if corner.strip())
    except ValueError:
        polygon = ()
    if not name.strip() or len(polygon) < 3:
        raise UsageError(
            f"The zone {text!r} is not a polygon.",
            remedy='Write it as "desk:10,20;300,20;300,200": three corners or more.',
        )
    return Zone(name.strip(), polygon)


def _corner(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)


def list_cameras(store: FinderStore) -> list[CameraState]:
    """Every camera with the state of its recordings."""
    return [_state(store, camera) for camera in store.cameras()]


def _state(store: FinderStore, camera: Camera) -> CameraState:
    segments = store.segments(camera.name)
    problem = None
    try:
        files = find_recordings(Path(camera.source))
    except OSError as error:
        files, problem = [], f"{camera.source} cannot be read: {error.strerror}"
    if not files and problem is None:
        gone = not Path(camera.source).exists()
        problem = f"{camera.source} is not there" if gone else f"{camera.source} holds no recordings"
    waiting = sum(not _done(store, camera, file) for file in files)
    covered = store.coverage(camera.name)
    broken = tuple((s.path, s.problem or s.status) for s in segments if s.status != "ok")
    usable = [s for s in segments if s.status != "broken"]
    return CameraState(camera, len(files), len(usable), waiting, broken, covered.start, covered.end, problem)


def _done(store: FinderStore, camera: Camera, file: Path) -> bool:
    try:
        found = file.stat()
    except OSError:
        return True
    return store.is_indexed(camera.id, str(file), found.st_size, found.st_mtime_ns)


def broken_segments(segments: Iterable[Segment]) -> list[Segment]:
    """Those that could not be used in full."""
    return [segment for segment in segments if segment.status != "ok"]


__all__ = ["CameraState", "HausgeistError", "add_camera", "broken_segments", "list_cameras", "parse_zone"]
