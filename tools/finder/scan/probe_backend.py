"""What a recording is, by its packets: size, rate, key frames, and what is wrong with it. Owns no decoding.

A damaged file gives what can be read of it, and its problems in words. Timestamps that go back, stand still or
leap by more than a recorder pauses are those of a broken clock: such a file is `unsteady`, and its time is
counted on from frame to frame (`Clock`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from runtime.errors import MediaError
from tools.finder.scan.damage import Damage

BACK_S = 2.0
"""B-frames come out of order by less than this; a timestamp further back than this is a broken clock, seconds."""
PAUSE_S = 600.0
"""A leap of time up to this long is taken for a pause of the recorder, a longer one for a broken clock, seconds."""
REPEATED = 0.05
"""Share of repeated timestamps from which the clock counts as broken."""
ASSUMED_FPS = 25.0
"""Frames a second where neither the header nor the timestamps tell."""
REMEDY = "Check that it is a complete video file (ffprobe tells more)."

_SUFFIXES = {
    "mp4": ".mp4 .m4v .mov .3gp .m4a .mj2 .qt",
    "matroska": ".mkv .webm",
    "avi": ".avi",
    "mpegts": ".ts .mts .m2ts",
    "mpeg": ".mpg .mpeg",
    "flv": ".flv",
    "h264": ".h264 .264",
    "hevc": ".h265 .hevc .265",
    "asf": ".wmv .asf",
}


@dataclass
class Probe:
    """What a recording is; `duration_s` from the first to the end of the last frame that can be read.

    `keys` are the offsets of its key frames, seconds from the first frame; `steady` whether its timestamps can be
    used for seeking.
    """

    width: int
    height: int
    fps: float
    duration_s: float
    frames: int
    keys: tuple[float, ...]
    first_pts: float
    creation: float | None
    problems: tuple[str, ...] = ()
    steady: bool = True
    counting: bool = False
    """Whether its timestamps tell nothing, so that its frames are counted."""


@dataclass
class Clock:
    """Offsets of frames in the order in which they come; a broken clock is counted on by `step` seconds.

    A `steady` recording's timestamps are right wherever reading begins: after a seek they lead far from its start.
    """

    first_pts: float
    step: float
    counting: bool = False
    steady: bool = False
    _shift: float = 0.0
    _last: float | None = field(default=None, repr=False)

    def offset(self, pts: float | None) -> float:
        """Seconds from the first frame of the frame that comes next."""
        last = -self.step if self._last is None else self._last
        now = last + self.step if pts is None or self.counting else pts - self.first_pts + self._shift
        if not self.steady and (now < last - BACK_S or now > last + PAUSE_S):
            self._shift += last + self.step - now
            now = last + self.step
        self._last = max(now, last)
        return now


def probe(path: Path) -> Probe:
    """Look at every packet without decoding. Raises `MediaError` when there is no video in it."""
    with opened(path) as container:
        stream = video_stream(container, path)
        times: list[float | None] = []
        keys: list[int] = []
        problems: list[str] = []
        damage = Damage.of(stream)
        try:
            for packet in container.demux(stream):
                if packet.size == 0:
                    continue
                if packet.is_keyframe:
                    keys.append(len(times))
                damage.look(packet, len(times))
                times.append(None if packet.pts is None else float(packet.pts * packet.time_base))
        except FFmpegError as problem:
            problems.append(f"it breaks off ({words(problem)})")
        if not times or not keys or stream.codec_context is None or not stream.codec_context.width:
            raise MediaError(f"The video {path} has no readable picture.", remedy=REMEDY)
        return _summary(path, stream, container, times, keys, problems, damage)


def _summary(
    path: Path, stream: Any, container: Any, times: list[float | None], keys: list[int], problems: list[str],
    damage: Damage,
) -> Probe:  # fmt: skip
    stated = 0.0 if _avi_without_rate(path, container) else float(stream.average_rate or 0.0)
    known = np.sort(np.array([time for time in times if time is not None]))
    steps = np.diff(known)
    coded = float(stream.codec_context.framerate or 0.0)
    rate = next((r for r in (stated, coded) if 0 < r < 1000), ASSUMED_FPS)
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0 / rate
    repeated = len(known) < 0.5 * len(times) or (len(known) > 20 and float((steps <= 0).mean()) > REPEATED)
    counting = repeated or _avi_without_rate(path, container)
    if counting:
        usual = 1.0 / rate
    clock = Clock(float(known[0]) if len(known) else 0.0, usual, counting)
    offsets = np.array([clock.offset(time) for time in times])
    problems += _wrong(path, container, stated, repeated, times)
    damaged = damage.words(offsets.tolist())
    problems += [damaged] if damaged else []
    steady = not counting and not any("timestamps" in problem for problem in problems)
    span = float(offsets.max()) + usual
    promised = float(stream.duration * stream.time_base) if stream.duration else _promised(container)
    if steady and promised > 1.1 * span + 1.0:
        problems.append(f"only {span:.1f} s of the {promised:.1f} s it states can be read")
    return Probe(
        width=stream.codec_context.width, height=stream.codec_context.height, fps=1.0 / usual, duration_s=span,
        frames=len(times), keys=tuple(sorted(float(offsets[key]) for key in keys)), first_pts=clock.first_pts,
        creation=_creation(container.metadata.get("creation_time")), problems=tuple(problems), steady=steady,
        counting=counting,
    )  # fmt: skip


def _avi_without_rate(path: Path, container: Any) -> bool:
    """Whether an AVI file's stream header gives no rate (`strh`: dwScale, dwRate), for which FFmpeg takes 25."""
    if "avi" not in container.format.name.split(","):
        return False
    with path.open("rb") as file:
        head = file.read(4096)
    at = head.find(b"vids", head.find(b"strh"))
    return at >= 0 and 0 in struct.unpack_from("<II", head, at + 20)


def _promised(container: Any) -> float:
    return float(container.duration) / 1e6 if container.duration else 0.0


def _wrong(path: Path, container: Any, stated: float, repeated: bool, times: list[float | None]) -> list[str]:
    """What is wrong with the header and the timestamps, in words."""
    found = []
    named = [suffixes for name, suffixes in _SUFFIXES.items() if name in container.format.name.split(",")]
    if named and path.suffix.lower() not in " ".join(named).split():
        found.append(f"it is named {path.suffix or 'without an ending'} but holds {container.format.long_name}")
    if not 0 < stated < 1000:
        found.append("its header states no frame rate")
    jumps = _jumps([time for time in times if time is not None])
    if jumps:
        found.append(f"its timestamps jump {jumps} times" if jumps > 1 else "its timestamps jump once")
    if repeated:
        found.append("many of its timestamps repeat or are missing")
    return found


def _jumps(times: list[float]) -> int:
    jumps, last = 0, times[0] if times else 0.0
    for time in times:
        if time < last - BACK_S or time > last + PAUSE_S:
            jumps, last = jumps + 1, time
        last = max(last, time)
    return jumps


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The container at `path`. Raises `MediaError`."""
    try:
        if path.stat().st_size == 0:
            raise MediaError(f"The video {path} is empty (0 bytes).", remedy="Record it again, or remove it.")
        container = av.open(str(path), metadata_errors="replace")
    except FFmpegError as problem:
        raise MediaError(f"The video {path} cannot be opened: {words(problem)}.", remedy=REMEDY) from problem
    except OSError as problem:
        raise MediaError(f"The video {path} cannot be read: {problem.strerror or problem}.") from problem
    with container:
        yield container


def video_stream(container: Any, path: Path) -> Any:
    """The first video stream. Raises `MediaError`."""
    if container.format.name.endswith("_pipe") or container.format.name == "image2":
        raise MediaError(f"The file {path} holds a picture and no video.", remedy=REMEDY)
    if not container.streams.video:
        raise MediaError(f"The file {path} holds no video.", remedy=REMEDY)
    return container.streams.video[0]


def _creation(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None


def words(problem: BaseException) -> str:
    """What FFmpeg says is wrong."""
    return str(getattr(problem, "strerror", None) or problem).rstrip(".")
