"""Keeps what is kept within the owner's limits: our own recordings, evidence frames, and the index.

Limits are settings: `finder.recordings_days`, `recordings_gb`, `evidence_gb`, `index_days`. Recordings of the owner's
are never touched. Owns no rows (see `tools.finder.keeping`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from runtime.errors import UsageError
from runtime.house import House
from tools.finder.looks.vectors import forget
from tools.finder.scan.segments import camera_zone
from tools.finder.sources.recordings import named_start, recordings_of
from tools.finder.store import FinderStore

DAY_S = 86400.0
GB = 1e9
SPARE = 0.95
"""What grew over a size limit is brought down to this share of it, so that it is not done again at once."""


@dataclass(frozen=True)
class GivenUp:
    """What was removed to keep within the limits."""

    recordings: int = 0
    recordings_bytes: int = 0
    stills: int = 0
    stills_bytes: int = 0
    sightings: int = 0

    @property
    def anything(self) -> bool:
        """Whether something was removed."""
        return bool(self.recordings or self.stills or self.sightings)

    def as_json(self) -> dict[str, int]:
        """One flat object."""
        return asdict(self)

    @property
    def words(self) -> str:
        """The same for people."""
        return (
            f"Kept within the limits: gave up {self.recordings} recordings of ours"
            f" ({self.recordings_bytes / 1e6:.1f} MB), {self.stills} evidence frames ({self.stills_bytes / 1e6:.1f} MB)"
            f" and {self.sightings} old sightings."
        )


def tidy(house: House, store: FinderStore) -> GivenUp:
    """Remove what is beyond the limits. Does nothing while another process indexes: the next one does it."""
    try:
        with store.indexing():
            recordings, recordings_bytes = _tidy_recordings(house, store)
            sightings = _tidy_index(house, store)
            stills, stills_bytes = _tidy_stills(house, store)
    except UsageError:
        return GivenUp()
    return GivenUp(recordings, recordings_bytes, stills, stills_bytes, sightings)


def _tidy_recordings(house: House, store: FinderStore) -> tuple[int, int]:
    """Delete our own recordings that are too old, then the oldest while all together are too large."""
    limits, zone = house.settings.finder, camera_zone(house.settings.finder.timezone)
    held: list[tuple[float, Path, int]] = []
    for camera in store.cameras():
        if camera.held is not None:
            for file in recordings_of(camera):
                found = file.stat()
                held.append((named_start(camera, file, zone) or found.st_mtime, file, found.st_size))
    held.sort()
    total, count, freed = sum(size for _, _, size in held), 0, 0
    oldest = house.now().timestamp() - limits.recordings_days * DAY_S if limits.recordings_days else None
    most = limits.recordings_gb * GB if limits.recordings_gb is not None else None
    target = None if most is None or total <= most else SPARE * most
    for start, file, size in held:
        too_old = oldest is not None and start < oldest
        if not too_old and (target is None or total - freed <= target):
            break
        file.unlink(missing_ok=True)
        count, freed = count + 1, freed + size
    if count:
        _forget_emptied(store)
    return count, freed


def _forget_emptied(store: FinderStore) -> None:
    """Clear away day folders without recordings, and rows of recordings of ours that hold nothing and are gone."""
    for camera in store.cameras():
        if camera.held is None:
            continue
        for folder in [path for path in camera.place.glob("*") if path.is_dir()]:
            if not any(folder.iterdir()):
                folder.rmdir()
        store.forget_recordings(camera.id, [path for path in store.emptied(camera.id) if not Path(path).exists()])


def _tidy_index(house: House, store: FinderStore) -> int:
    days = house.settings.finder.index_days
    if days is None:
        return 0
    now = house.now().timestamp()
    gone = store.expire(now - days * DAY_S, now)
    forget(house, gone)
    _forget_emptied(store)
    return len(gone)


def _tidy_stills(house: House, store: FinderStore) -> tuple[int, int]:
    """Remove evidence frames while all together are too large: last of all those of each thing's newest sighting."""
    limit = house.settings.finder.evidence_gb
    sizes = store.still_bytes()
    total = sum(sizes.values())
    if limit is None or total <= limit * GB:
        return 0, 0
    doomed, left = list[int](), dict(sizes)
    for still_id, file in store.stills_to_give_up():
        if total <= SPARE * limit * GB:
            break
        doomed.append(still_id)
        total -= left.pop(file, 0)
    store.remove_stills(doomed)
    gone = sizes.keys() - store.still_bytes().keys()
    return len(gone), sum(sizes[name] for name in gone)
