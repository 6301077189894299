"""The worker that records one live camera, and what can be asked of it. Owns no threads (see `tools.finder.watch`)."""

from __future__ import annotations

from pathlib import Path

from runtime.house import House
from runtime.residency import Priority
from runtime.worker import WorkerSpec
from tools.finder.records import Camera
from tools.finder.sources.address import Address, Credentials
from tools.finder.sources.frigate import FrigateServer
from tools.finder.sources.messages import Connected


def recorder_spec(name: str) -> WorkerSpec:
    """The worker of the camera `name`: one for each, so that none waits for another."""
    return WorkerSpec(
        f"recorder of {name}", "tools.finder.sources.rtsp_backend:RtspRecorder", {"camera": name},
        cpu_bytes=120_000_000, priority=Priority.BACKGROUND, keeps_pace=True,
    )  # fmt: skip


def full_address(folder: Path, camera: Camera) -> str:
    """The address of a camera with its credentials. `folder` is the finder's. Never print it."""
    return Credentials(folder).full(camera.id, camera.source)


def connect(house: House, name: str, address: Address) -> Connected:
    """Connect to an RTSP camera once, to see that the address is right. Raises `MediaError`."""
    settings = house.settings.finder
    with house.residency.lease(recorder_spec(name)) as worker:
        told: Connected = worker.call("size", address.full, stall_s=settings.stall_s, transport=settings.rtsp_transport)
        return told


def live_picture(house: House, camera: Camera) -> bytes:
    """What a live camera shows now: PNG or JPEG. Raises `MediaError`."""
    settings, address = house.settings.finder, full_address(house.paths.finder, camera)
    if camera.kind == "frigate":
        with FrigateServer(address) as server:
            return server.latest(camera.options.remote or camera.name)
    with house.residency.lease(recorder_spec(camera.name)) as worker:
        picture: bytes = worker.call("still", address, stall_s=settings.stall_s, transport=settings.rtsp_transport)
        return picture
