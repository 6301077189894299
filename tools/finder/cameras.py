"""Adding, listing and removing cameras. Owns no recordings of the owner's, no recording and no indexing."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runtime.errors import MediaError, UsageError
from runtime.house import House
from runtime.keychain import open_keychain
from tools.finder.looks.vectors import forget
from tools.finder.records import Camera, CameraOptions, Coverage, Zone
from tools.finder.scan.segments import VIDEO_SUFFIXES, camera_zone, find_no_files, find_recordings
from tools.finder.sources.address import Address, Credentials, parse_address
from tools.finder.sources.frigate import FrigateServer
from tools.finder.sources.live import connect
from tools.finder.sources.name_patterns import name_pattern
from tools.finder.sources.recordings import choose_remote, frigate_cameras, paths_of, recordings_of
from tools.finder.store import FinderStore
from tools.finder.zones import in_pixels, parse_zone

Size = tuple[int, int]


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
    coverage: Coverage
    problem: str | None = None
    """What is wrong with the camera as a whole."""

    @property
    def start(self) -> float | None:
        """Unix seconds of the first indexed moment."""
        return self.coverage.start

    @property
    def end(self) -> float | None:
        """Unix seconds of the last indexed moment."""
        return self.coverage.end


def add_camera(
    store: FinderStore,
    name: str,
    path: str | Path,
    *,
    start: float | None = None,
    zones: Iterable[Zone] = (),
    options: CameraOptions | None = None,
) -> Camera:
    """Add a folder of recordings or one file. `start` is Unix seconds, for a single file only.

    Raises `UsageError` for a bad name, a missing path, a folder without recordings, a taken name, a zone outside the
    picture or a name pattern that fits no recording, and `MediaError` for a file that is empty or not a video.
    """
    name, options = _checked(name, options)
    source = Path(path).expanduser().absolute()
    if not source.exists():
        raise UsageError(f"There is no file or folder {source}.", remedy="Give the path of a recording or a folder.")
    recordings = find_recordings(source)
    if not recordings:
        kinds = " ".join(sorted(VIDEO_SUFFIXES))
        raise UsageError(f"The folder {source} holds no recordings.", remedy=f"Looked for files named {kinds}.")
    if start is not None and source.is_dir():
        raise UsageError("--start is for a single file.", remedy="Name a folder's files by their time.")
    if source.is_dir():
        known = frigate_cameras(source, recordings)
        options = replace(options, remote=choose_remote(name, options.remote, known) if known else None)
        recordings = recordings_of(Camera(0, name, str(source), options=options))
    _check_pattern(options, recordings)
    size = _check_some(recordings)
    placed = [in_pixels(zone, size) for zone in zones]
    return store.add_camera(name, str(source), start, placed, options=options)


def add_live(
    house: House,
    store: FinderStore,
    name: str,
    address: Address,
    *,
    zones: Iterable[Zone] = (),
    options: CameraOptions | None = None,
    check: bool = True,
) -> Camera:
    """Add an RTSP camera or one of a Frigate server, after connecting to it once (unless `check` is False).

    Credentials go to the keyring or a file of mode 0600. Raises `UsageError`, and `MediaError` when it does not answer.
    """
    name, options = _checked(name, options)
    store.check_free(name)
    size: Size | None = None
    if address.kind == "frigate":
        if check or options.remote is None:
            with FrigateServer(address.full) as server:
                remote = choose_remote(name, options.remote, server.cameras())
            options = replace(options, remote=remote)
    elif check:
        told = connect(house, name, address)
        size = (told.width, told.height)
    placed = [in_pixels(zone, size) for zone in zones]
    camera = store.add_camera(name, address.shown, None, placed, kind=address.kind, options=options)
    shutil.rmtree(store.held(camera.id), ignore_errors=True)  # of an earlier camera that had the same number
    if address.secret:
        chain = open_keychain(house.settings.privacy.keyring)
        Credentials(store.folder, chain).keep(camera.id, address.full)
    return camera


def _checked(name: str, options: CameraOptions | None) -> tuple[str, CameraOptions]:
    if not re.fullmatch(r"[^\s/\\:][^/\\:]{0,63}", name.strip() or " "):
        raise UsageError(f"{name!r} is not a name for a camera.", remedy="Use letters, digits, - and _.")
    options = options or CameraOptions()
    if options.timezone:
        camera_zone(options.timezone)
    return name.strip(), options


def _check_pattern(options: CameraOptions, recordings: Sequence[Path]) -> None:
    if options.name_pattern is None:
        return
    pattern = name_pattern(options.name_pattern)
    if not any(pattern.read(file) for file in recordings):
        remedy = f"The first recording is {recordings[0].name}; the pattern must fit the whole name."
        raise UsageError(f"The name pattern {options.name_pattern!r} fits no recording.", remedy=remedy)


def _check_some(recordings: Sequence[Path]) -> Size:
    """The picture's size; at least one of the first recordings can be opened, or the first one's problem is raised."""
    from tools.finder.scan.video_backend import probe

    first: MediaError | None = None
    for file in recordings[:20]:
        try:
            found = probe(file)
            return found.width, found.height
        except MediaError as problem:
            first = first or problem
    raise first or MediaError("There is no recording.")


def picture_size(store: FinderStore, camera: Camera) -> Size | None:
    """Width and height of a camera's picture in its newest usable recording; None: nothing is known of it."""
    usable = [s for s in store.segments(camera.name) if s.width and s.height]
    if usable:
        return usable[-1].width, usable[-1].height
    try:
        recordings = recordings_of(camera)
        return _check_some(recordings[-3:]) if recordings else None
    except (MediaError, OSError):
        return None


def set_zone(store: FinderStore, name: str, zone: Zone) -> Zone:
    """Add or replace a zone, given in pixels or fractions. Raises `UnknownNameError`, `UsageError`."""
    camera = store.camera(name)
    placed = in_pixels(zone, picture_size(store, camera))
    store.set_zone(camera.name, placed)
    return placed


def forget_camera(house: House, store: FinderStore, name: str) -> Camera:
    """Forget a camera with its index, its credentials, and what we recorded or fetched of it.

    The truth goes first, then the vectors of its sightings: what is left over is never asked for. Raises
    `UnknownNameError`.
    """
    camera = store.camera(name)
    sightings = store.remove_camera(camera.name)
    Credentials(store.folder).forget(camera.id)
    shutil.rmtree(store.held(camera.id), ignore_errors=True)
    forget(house, sightings)
    store.erase_traces()
    return camera


def list_cameras(store: FinderStore) -> list[CameraState]:
    """Every camera with the state of its recordings."""
    return [_state(store, camera) for camera in store.cameras()]


def waiting_recordings(store: FinderStore) -> dict[str, int]:
    """How many recordings of each camera (by name) are not indexed yet; of a place that cannot be read, none."""
    found = dict[str, int]()
    for camera in store.cameras():
        found[camera.name] = 0
        with contextlib.suppress(OSError):  # `list_cameras` says so
            files = paths_of(camera)
            found[camera.name] = _waiting(store, camera, files) if files else 0
    return found


def _waiting(store: FinderStore, camera: Camera, files: Sequence[str]) -> int:
    known = store.indexed_files(camera.id)
    return sum(not _done(file, known) for file in files)


def _state(store: FinderStore, camera: Camera) -> CameraState:
    segments = store.segments(camera.name)
    problem = None
    try:
        files = recordings_of(camera)
    except OSError as error:
        files, problem = [], f"{camera.place} cannot be read: {error.strerror}"
    if not files and problem is None:
        problem = _nothing(camera, bool(segments))
    waiting = _waiting(store, camera, [str(file) for file in files])
    broken = [(s.path, s.problem or s.status) for s in segments if s.status != "ok"]
    broken += [(str(path), what) for path, what in find_no_files(camera.place)]
    usable = [s for s in segments if s.status != "broken"]
    return CameraState(camera, len(files), len(usable), waiting, tuple(broken), store.coverage(camera.name), problem)


def _nothing(camera: Camera, known: bool) -> str | None:
    """What it means that a camera has no recordings."""
    if camera.held is not None:
        return None if known else "nothing is recorded yet: run `hausgeist cameras watch`"
    gone = not camera.place.exists()
    return f"{camera.source} is not there" if gone else f"{camera.source} holds no recordings"


def _done(file: str, known: Mapping[str, tuple[int, int]]) -> bool:
    try:
        found = os.stat(file)  # noqa: PTH116 - a path of pathlib takes twice as long to make as its file to look up
    except OSError:
        return True
    return known.get(file) == (found.st_size, found.st_mtime_ns)


__all__ = [
    "CameraState",
    "add_camera",
    "add_live",
    "forget_camera",
    "list_cameras",
    "parse_address",
    "parse_zone",
    "picture_size",
    "set_zone",
    "waiting_recordings",
]
