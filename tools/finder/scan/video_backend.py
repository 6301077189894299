"""Reading recordings with PyAV:

what a file is, its keyframes, and short spans of it in full. Owns no analysis.

Keyframes alone are decoded about ten times faster than all frames (FFmpeg's `skip_frame=nokey`). Frames are
handed out one by one, as BGR pictures of at most `WORK_PX` pixels on the longer side, so that memory stays
flat over the length of the footage. A damaged file gives what can be read of it, and its problem in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from runtime.errors import MediaError

WORK_PX = 960
"""Longest side of the pictures that are analysed, pixels."""
SPARSE_S = 2.6
"""Keyframes further apart than this are too few to see changes by: everything is decoded."""

Picture = NDArray[np.uint8]


@dataclass
class Sample:
    """One picture:

    `offset` seconds from the first frame; `image` BGR, height × width × 3, at the working size.
    """

    offset: float
    image: Picture
    frame: Any = field(repr=False)
    keyframe: bool = True

    def at_size(self, longest: int) -> Picture:
        """The same picture with at most `longest` pixels on its longer side."""
        return _picture(self.frame, longest)


@dataclass
class Probe:
    """What a recording is, by its packets; `duration_s` from the first to the end of the last frame."""

    width: int
    height: int
    fps: float
    duration_s: float
    frames: int
    keyframe_s: float
    """Longest time between keyframes, seconds."""
    first_pts: float
    creation: float | None
    problems: tuple[str, ...] = ()


def probe(path: Path) -> Probe:
    """Look at every packet without decoding. Raises `MediaError` when there is no video in it."""
    with _open(path) as container:
        stream = _video(container, path)
        times: list[float] = []
        keys: list[float] = []
        problems: list[str] = []
        try:
            for packet in container.demux(stream):
                if packet.pts is None or packet.size == 0:
                    continue
                times.append(float(packet.pts * packet.time_base))
                if packet.is_keyframe:
                    keys.append(times[-1])
        except FFmpegError as problem:
            problems.append(f"it breaks off after {max(times, default=0.0):.1f} s ({_words(problem)})")
        if not times or not keys or not stream.codec_context.width:
            raise MediaError(f"The video {path} has no readable picture.", remedy=_REMEDY)
        return _summary(stream, container, times, keys, problems)


def _summary(stream: Any, container: Any, times: list[float], keys: list[float], problems: list[str]) -> Probe:
    ordered = np.sort(np.asarray(times))
    steps = np.diff(ordered)
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.04
    stated = float(stream.average_rate) if stream.average_rate else 0.0
    jumps = int((steps > max(5.0, 50 * usual)).sum())
    if jumps:
        problems.append(f"its timestamps jump {jumps} times")
    if len(times) > 20 and float((steps <= 0).mean()) > 0.05:
        problems.append("many of its timestamps repeat")
    if not 0 < stated < 1000:
        problems.append("its header states no frame rate")
    promised = float(stream.duration * stream.time_base) if stream.duration else 0.0
    span = float(ordered[-1] - ordered[0]) + usual
    if promised > 1.1 * span + 1.0:
        problems.append(f"only {span:.1f} s of the {promised:.1f} s it states can be read")
    gaps = np.diff(np.append(np.sort(np.asarray(keys)), ordered[-1]))
    return Probe(
        width=stream.codec_context.width, height=stream.codec_context.height, fps=1.0 / usual, duration_s=span,
        frames=len(times), keyframe_s=float(gaps.max()) if len(gaps) else span, first_pts=float(ordered[0]),
        creation=_creation(container.metadata.get("creation_time")), problems=tuple(problems),
    )  # fmt: skip


def samples(path: Path, info: Probe, *, every_s: float = 1.0) -> Iterator[Sample]:
    """Pictures at least `every_s` seconds apart (keyframes, or, where those are sparse, any frames).

    Decoding errors in the middle are passed over; the pictures go on after them.
    """
    sparse = info.keyframe_s > SPARSE_S
    due = float("-inf")
    with _open(path) as container:
        stream = _video(container, path)
        stream.codec_context.skip_frame = "DEFAULT" if sparse else "NONKEY"
        for frame in _decode(container, stream):
            offset = _offset(frame, info)
            if offset is None or (offset < due and offset > due - 10 * every_s):
                continue
            due = offset + every_s - 0.5 / info.fps
            yield Sample(offset, _picture(frame, WORK_PX), frame, bool(frame.key_frame))


def span(path: Path, info: Probe, start_s: float, end_s: float, *, step_s: float = 0.0) -> Iterator[Sample]:
    """Every picture between two offsets, decoded from the keyframe before; `step_s` thins them out."""
    due = start_s
    with _open(path) as container:
        stream = _video(container, path)
        target = int((max(start_s, 0.0) + info.first_pts) / stream.time_base)
        try:
            container.seek(target, stream=stream, backward=True)
        except FFmpegError:
            container.seek(0)
        for frame in _decode(container, stream):
            offset = _offset(frame, info)
            if offset is None or offset < due - 1e-4:
                continue
            if offset > end_s + 1e-4:
                return
            due = offset + step_s
            yield Sample(offset, _picture(frame, WORK_PX), frame, bool(frame.key_frame))


def _decode(container: Any, stream: Any) -> Iterator[Any]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, FFmpegError):
            return
        try:
            yield from packet.decode()
        except FFmpegError:
            continue


def _offset(frame: Any, info: Probe) -> float | None:
    return None if frame.time is None else float(frame.time) - info.first_pts


def _picture(frame: Any, longest: int) -> Picture:
    scale = min(1.0, longest / max(frame.width, frame.height))
    width, height = round(frame.width * scale), round(frame.height * scale)
    image: Picture = frame.to_ndarray(width=width, height=height, format="bgr24", interpolation="AREA")
    return image


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        if path.stat().st_size == 0:
            raise MediaError(f"The video {path} is empty (0 bytes).", remedy="Record it again, or remove it.")
        container = av.open(str(path), metadata_errors="replace")
    except FFmpegError as problem:
        raise MediaError(f"The video {path} cannot be opened: {_words(problem)}.", remedy=_REMEDY) from problem
    except OSError as problem:
        raise MediaError(f"The video {path} cannot be read: {problem.strerror or problem}.") from problem
    with container:
        yield container


def _video(container: Any, path: Path) -> Any:
    if not container.streams.video:
        raise MediaError(f"The file {path} holds no video.", remedy=_REMEDY)
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _creation(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None


def _words(problem: BaseException) -> str:
    return str(getattr(problem, "strerror", None) or problem).rstrip(".")


_REMEDY = "Check that it is a complete video file (ffprobe tells more)."
