"""One segment of a live recording on disk: written beside, in place under its true time when complete.

While it is written its name begins with a dot and holds the time at which it began as far as was known then; what a
killed run left so is taken in place at the next start. Owns no connections.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from runtime.paths import ensure
from tools.finder.sources.messages import Recorded
from tools.finder.sources.name_patterns import named_time

JUMP_S = 5.0
"""Media time that moves so much from one packet to the next is a camera that began anew, or one that was silent."""
DRIFT = 0.001
"""How much faster or slower than ours a camera's clock may run."""
_OPTIONS = {"cluster_time_limit": "1000", "flush_packets": "1"}
"""A killed run loses at most the last second, milliseconds."""
_PART = ".part.mkv"


class SegmentWriter:
    """Writes packets of one video stream. `at` is media time and `now` wall-clock time of the first, seconds.

    `lead` is the `lead_after` of the segment before it, if there was one on this connection.
    """

    def __init__(self, folder: Path, stream: Any, at: float, now: float, lead: float = math.inf) -> None:
        self._folder = ensure(folder)
        self._part = folder / f".{_name(now)}{_PART}"
        self._container = av.open(str(self._part), "w", format="matroska", options=_OPTIONS)
        self._stream = self._container.add_stream_from_template(stream)
        self._first, self._last = at, at
        self._own, self._carried = now - at, lead
        self._base: int | None = None
        self._previous = -1
        self._usual = 0.04
        self._jumped = False

    def ends(self, at: float, segment_s: float) -> bool:
        """Whether a keyframe at `at` begins another segment: this one is long enough, or media time has jumped."""
        self._jumped = self._jumped or self._jumps(at)
        return self._jumped or at - self._first >= segment_s

    @property
    def lead(self) -> float:
        """Wall-clock time less media time: the least seen here, or what the segment before has handed on.

        Where the two lie far apart, the clock was set, and what was handed on is void.
        """
        return self._own if self._own - self._carried > JUMP_S else min(self._own, self._carried)

    @property
    def lead_after(self) -> float:
        """What the next segment of the same connection begins with: a clock may drift, but not suddenly."""
        return math.inf if self._jumped else self.lead + DRIFT * (self._last - self._first)

    def _jumps(self, at: float) -> bool:
        return abs(at - self._last) > JUMP_S

    def write(self, packet: Any, at: float, now: float) -> None:
        """Copy one packet. Times that stand still or run back a little are moved on by one tick.

        After a jump of media time nothing is taken any more: the next keyframe begins another segment.
        """
        self._jumped = self._jumped or self._jumps(at)
        if self._jumped:
            return
        stamp = packet.dts if packet.dts is not None else packet.pts
        if self._base is None:
            self._base = stamp
        dts = max(stamp - self._base, self._previous + 1)
        shown = packet.pts if packet.pts is not None else stamp
        packet.pts, packet.dts = max(shown - self._base, dts), dts
        self._previous = dts
        packet.stream = self._stream
        self._container.mux(packet)
        self._own = min(self._own, now - at)
        if at > self._last:
            self._usual, self._last = at - self._last, at

    def close(self) -> Recorded | None:
        """Complete the file and put it in place under its true time; None where the disk did not take it."""
        try:
            self._container.close()
        except (FFmpegError, OSError):
            if not self._part.is_file() or self._part.stat().st_size == 0:
                self._part.unlink(missing_ok=True)
                return None
        return _place(self._folder, self._part, self._first + self.lead, self._last - self._first + self._usual)


def recover(folder: Path) -> Iterator[Recorded]:
    """Put in place what a killed run left half written, as far as it can be read; what cannot is removed."""
    for part in sorted(folder.glob(f".*{_PART}")):
        began = named_time(part.name.removesuffix(_PART).removeprefix(".") + ".mkv")
        span = _span(part)
        if began is None or span is None:
            part.unlink(missing_ok=True)
            continue
        yield _place(folder, part, began.timestamp(), span)


def _span(part: Path) -> float | None:
    """Seconds of video in a file; None where there is no frame."""
    times: list[float] = []
    try:
        with av.open(str(part)) as container:
            for packet in container.demux(container.streams.video[0]):
                if packet.pts is not None and packet.size:
                    times.append(float(packet.pts * packet.time_base))
    except (FFmpegError, IndexError, OSError):
        pass
    return max(times) - min(times) if times else None


def _place(folder: Path, part: Path, start: float, duration_s: float) -> Recorded:
    day = ensure(folder / f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d}")
    target = day / f"{_name(start)}.mkv"
    part.replace(target)
    return Recorded(str(target), start, duration_s, target.stat().st_size)


def _name(moment: float) -> str:
    time = datetime.fromtimestamp(round(moment, 3), UTC)
    return f"{time:%Y%m%dT%H%M%S}.{time.microsecond // 1000:03d}Z"
