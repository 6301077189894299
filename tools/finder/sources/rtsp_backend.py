"""Records a live camera, in a worker process: packets are copied from RTSP (RFC 2326) into segments, not re-encoded.

A segment is a Matroska file (readable when cut off at any byte) under `DAY/TIMEZ.mkv`, named by the UTC time of its
first frame. That time is the least difference between arrival and media time over the connection so far, plus the
media time of the first frame: delay on the way only ever adds, so the least is nearest to the truth, also when the
server sends buffered frames at once in the beginning. Sound is not recorded. Owns neither the index nor how long
segments are kept.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from runtime.errors import MediaError
from runtime.worker_service import Emit
from tools.finder.sources.address import redact
from tools.finder.sources.messages import Backoff, Connected, Lost, Recorded
from tools.finder.sources.segment_backend import SegmentWriter, recover

OPEN_S = 10.0
"""Longest wait for a connection, seconds."""
NAP_S = 0.1

Clock = Callable[[], float]


class RtspRecorder:
    """The service. `camera` only makes one worker for each camera; `clock` gives Unix seconds."""

    def __init__(self, camera: str, clock: Clock = time.time) -> None:
        del camera
        logging.getLogger("libav").setLevel(logging.CRITICAL)  # its messages hold addresses
        self._clock = clock

    def record(
        self, address: str, folder: str, *, emit: Emit, segment_s: float = 60.0, stall_s: float = 10.0,
        transport: str = "tcp", first_wait_s: float = 1.0,
    ) -> None:  # fmt: skip
        """Record into `folder` until cancelled; reconnects with growing waits.

        Emits `Recorded` for what an earlier run left behind, then `Connected`, `Recorded` and `Lost` as they come.
        A stream that is silent for `stall_s` seconds counts as lost.
        """
        for left in recover(Path(folder)):
            emit(left)
        waits = Backoff(first_wait_s)
        while True:
            try:
                self._once(address, Path(folder), emit, waits, segment_s, stall_s, transport)
                problem = "the stream ended"
            except (FFmpegError, OSError, MediaError) as error:
                problem = words(error)
            wait = waits.next()
            emit(Lost(problem, wait))
            due = time.monotonic() + wait
            while time.monotonic() < due:
                emit.check()
                time.sleep(NAP_S)

    def size(self, address: str, *, stall_s: float = 10.0, transport: str = "tcp") -> Connected:
        """Connect once, to see that the address is right. Raises `MediaError`."""
        with _connection(address, stall_s, transport) as container:
            return _told(_video(container))

    def still(self, address: str, *, stall_s: float = 10.0, transport: str = "tcp") -> bytes:
        """The next whole picture as PNG. Raises `MediaError`."""
        with _connection(address, stall_s, transport) as container:
            try:
                for frame in container.decode(_video(container)):
                    return _png(frame)
            except FFmpegError as problem:
                raise MediaError(f"The camera sends no picture: {words(problem)}.") from problem
        raise MediaError("The camera sends no picture.")

    def _once(
        self, address: str, folder: Path, emit: Emit, waits: Backoff, segment_s: float, stall_s: float, transport: str
    ) -> None:
        """Record one connection to its end. What was received is on disk and told, however it ends."""
        with _connection(address, stall_s, transport) as container:
            stream = _video(container)
            emit(Connected(*_fields(stream)))
            writer: SegmentWriter | None = None
            lead = math.inf
            try:
                for packet in container.demux(stream):
                    emit.check()
                    now, at = self._clock(), _time(packet)
                    if at is None:
                        continue
                    if writer is not None and packet.is_keyframe and writer.ends(at, segment_s):
                        waits.reset()
                        _tell(emit, writer.close())
                        lead, writer = writer.lead_after, None
                    if writer is None and packet.is_keyframe:
                        writer = SegmentWriter(folder, stream, at, now, lead)
                    if writer is not None:
                        writer.write(packet, at, now)
            finally:
                if writer is not None:
                    _tell(emit, writer.close())


def _tell(emit: Emit, recorded: Recorded | None) -> None:
    """A finished segment is told also while the call is being cancelled: whoever listens still hears it, or not."""
    if recorded is not None and not emit.cancelled:
        emit(recorded)


@contextmanager
def _connection(address: str, stall_s: float, transport: str) -> Iterator[Any]:
    options = {"rtsp_transport": transport, "analyzeduration": "2000000"}
    if not address.lower().startswith("rtsp"):
        options = {}
    try:
        container = av.open(address, options=options, timeout=(OPEN_S, stall_s))
    except (FFmpegError, OSError, ValueError) as problem:
        raise MediaError(f"The camera cannot be reached: {words(problem)}.", remedy=_REMEDY) from None
    with container:
        yield container


def _video(container: Any) -> Any:
    if not container.streams.video:
        raise MediaError("The camera sends no video.", remedy=_REMEDY)
    return container.streams.video[0]


def _fields(stream: Any) -> tuple[int, int, str]:
    context = stream.codec_context
    return int(context.width), int(context.height), str(context.name)


def _told(stream: Any) -> Connected:
    return Connected(*_fields(stream))


def _time(packet: Any) -> float | None:
    """Media time of a packet, seconds; None for one without data or time."""
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None or packet.size == 0 else float(stamp * packet.time_base)


def _png(frame: Any) -> bytes:
    import io

    out = io.BytesIO()
    frame.to_image().save(out, "PNG")
    return out.getvalue()


def words(problem: BaseException) -> str:
    """What libav or the system says, without the address."""
    if isinstance(problem, MediaError):
        return redact(problem.message).rstrip(".")
    if type(problem).__name__ == "ExitError" or isinstance(problem, TimeoutError):
        return "it does not answer in time"
    return redact(str(getattr(problem, "strerror", None) or problem)).rstrip(".")


_REMEDY = "Check the address, the user and the password, and that the camera is on."
