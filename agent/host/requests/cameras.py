"""The cameras: their state, indexing, stills, zones, the sample home. Owns no indexing (see `tools.finder`)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from agent.host.job import Job
from runtime.errors import UsageError
from tools.contract import Progress
from tools.finder import cameras as keeper
from tools.finder.index import index_cameras
from tools.finder.records import Zone
from tools.finder.sealing import plain_picture
from tools.finder.store import FinderStore


def cameras(job: Job) -> list[dict[str, Any]]:
    """Every camera with the state of its recordings; times are Unix seconds."""
    if not (job.house.paths.finder / "finder.sqlite").exists():
        return []
    with FinderStore(job.house.paths.finder) as store:
        return [_as_json(state, store) for state in keeper.list_cameras(store)]


def _as_json(state: keeper.CameraState, store: FinderStore) -> dict[str, Any]:
    camera = state.camera
    covered = store.coverage(camera.name)
    return {
        "name": camera.name,
        "source": str(camera.source),
        "zones": [{"name": zone.name, "polygon": [list(point) for point in zone.polygon]} for zone in camera.zones],
        "recordings": state.recordings,
        "indexed": state.indexed,
        "waiting": state.waiting,
        "broken": [list(pair) for pair in state.broken],
        "from": covered.start,
        "to": covered.end,
        "gaps": [list(gap) for gap in covered.gaps],
        "problem": state.problem,
    }


def add_camera(job: Job, name: str, path: str) -> dict[str, Any]:
    """Add a camera: a folder of recordings, or one recording. Raises `UsageError`, `MediaError`."""
    with FinderStore(job.house.paths.finder) as store:
        camera = keeper.add_camera(store, name, path)
        return next(_as_json(s, store) for s in keeper.list_cameras(store) if s.camera.id == camera.id)


def remove_camera(job: Job, name: str) -> None:
    """Forget a camera and its index; the recordings stay."""
    from tools.finder.looks.vectors import forget

    with FinderStore(job.house.paths.finder) as store:
        sightings = store.remove_camera(name)
    forget(job.house, sightings)


def index(job: Job, names: list[str] | None = None) -> dict[str, Any]:
    """Look through what is new; progress tells recordings done and the rate."""

    def tell(moment: Progress) -> None:
        job.progress({"message": moment.message, "done": moment.done, "total": moment.total, "unit": moment.unit})

    with FinderStore(job.house.paths.finder) as store:
        report = index_cameras(job.house, store, names, progress=tell, cancellation=job.cancellation)
    return asdict(report)


def still(job: Job, camera: str, at: float | None = None) -> dict[str, Any]:
    """The newest still of a camera, or the nearest to `at`: its file, time, and JPEG pixels for a recording's pixel."""
    with FinderStore(job.house.paths.finder) as store:
        stills = store.stills(camera, at)
        if not stills:
            raise UsageError(f"No footage of {camera} is indexed yet.", remedy="Index it first.")
        chosen = stills[-1] if at is None else stills[0]
        file = plain_picture(job.house, store.folder / chosen.file)
        return {"file": str(file), "time": chosen.time, "scale": chosen.scale}


def set_zone(job: Job, camera: str, name: str, polygon: list[list[float]]) -> None:
    """Add or replace a named part of a camera's picture; pixels of the recording. Raises `UsageError`."""
    if not name.strip():
        raise UsageError("The zone has no name.", remedy="Give it the name that answers should use, such as desk.")
    if len(polygon) < 3:
        raise UsageError("A zone has at least three corners.", remedy="Mark one corner more.")
    with FinderStore(job.house.paths.finder) as store:
        store.set_zone(camera, Zone(name.strip(), tuple((float(x), float(y)) for x, y in polygon)))


def remove_zone(job: Job, camera: str, name: str) -> None:
    """Forget a zone."""
    with FinderStore(job.house.paths.finder) as store:
        store.remove_zone(camera, name)


def sample_home(job: Job) -> dict[str, Any]:
    """Make the sample home where it is missing, add its cameras, and index them."""
    from tools.finder.sample_home import ensure_sample_home

    def tell(share: float) -> None:
        job.cancellation.check()
        job.progress({"message": "sample home", "done": share * 100, "total": 100, "unit": "%"})

    home = ensure_sample_home(job.house.paths.cache / "demo" / "sample_home", tell)
    with FinderStore(job.house.paths.finder) as store:
        known = {camera.name for camera in store.cameras()}
        for camera in home.cameras:
            if camera.name not in known:
                start = camera.start.timestamp()
                keeper.add_camera(store, camera.name, camera.path, start=start, zones=camera.zones)
    return index(job, [camera.name for camera in home.cameras])
