"""Reading recordings with PyAV: their key frames, and spans of them in full. Owns no analysis.

Key frames alone are decoded about ten times faster than all frames: only their packets are handed to the decoder,
so that frame threads work on several at once. Pictures come one by one, as BGR of at most `WORK_PX` pixels on
the longer side, so that memory stays flat over the length of the footage.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from av.error import FFmpegError
from av.stream import Discard
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from tools.finder.scan.probe_backend import Clock, Probe, opened, probe, video_stream

WORK_PX = 960
"""Longest side of the pictures that are analysed, pixels."""
AHEAD_S = 8.0
"""A span that begins at most this long after the last one is reached by decoding on, a later one by seeking."""
THREADS = 4
"""Each thread that decodes holds the frames that its own refers to: tens of megabytes of 1080p, hundreds of 4K."""
MANY_FPS = 18.0
"""From this rate on, frames that no other frame needs are passed over."""

Picture = NDArray[np.uint8]

__all__ = ["Picture", "Probe", "Reader", "Sample", "keyframes", "probe", "work_size"]


@dataclass
class Sample:
    """One picture:

    `offset` seconds from the first frame; `image` BGR, height × width × 3, at the working size.
    """

    offset: float
    image: Picture
    frame: Any = field(repr=False)
    size: tuple[int, int]
    """Width and height of the recording; the frame may have another where the recording changes."""

    def at_size(self, longest: int) -> Picture:
        """The same picture with at most `longest` pixels on its longer side."""
        width, height = _fit(*self.size, longest)
        image: Picture = self.frame.to_ndarray(width=width, height=height, format="bgr24", interpolation="AREA")
        return image


def work_size(info: Probe) -> tuple[int, int]:
    """Width and height of the pictures that are analysed."""
    return _fit(info.width, info.height, WORK_PX)


def keyframes(path: Path, info: Probe) -> Iterator[Sample]:
    """Every key frame of a recording with steady timestamps. What cannot be decoded is passed over."""
    with opened(path) as container:
        stream = video_stream(container, path)
        stream.discard = Discard.nonkey
        _several_at_once(stream)
        for frame in _frames(container, stream, only_keys=True):
            if frame.time is not None:
                yield _sample(float(frame.time) - info.first_pts, frame, info)


class Reader:
    """Reads spans of a recording in full, in order of time. Use as a context manager.

    Raises `MediaError` when the file cannot be opened any more.
    """

    def __init__(self, path: Path, info: Probe) -> None:
        self._path, self._info = path, info
        self._stack = ExitStack()
        self._frames: Iterator[Any] | None = None
        self._container: Any = None
        self._stream: Any = None
        self._at = float("inf")
        self._kept: tuple[float, Any] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._frames = self._kept = self._stream = self._container = None  # the decoder's frames go with them

    def span(self, start_s: float, end_s: float, step_s: float = 0.0) -> Iterator[Sample]:
        """Pictures from `start_s` to `end_s` (both included), at least `step_s` apart."""
        if self._info.steady and not start_s - AHEAD_S <= self._at < start_s:
            self._seek(start_s)
        due = start_s - 1e-4
        for offset, frame in self._decoded():
            if offset > end_s + 1e-4:
                self._kept = offset, frame
                return
            if offset >= due:
                due = max(due + step_s, offset + 0.5 * step_s)
                yield _sample(offset, frame, self._info)

    def _decoded(self) -> Iterator[tuple[float, Any]]:
        if self._kept is not None:
            kept, self._kept = self._kept, None
            yield kept
        if self._frames is None:
            self._frames = self._open()
        for frame in self._frames:
            offset = self._clock.offset(None if frame.time is None else float(frame.time))
            self._at = offset
            yield offset, frame

    def _open(self) -> Iterator[Any]:
        self._container = self._stack.enter_context(opened(self._path))
        self._stream = video_stream(self._container, self._path)
        _several_at_once(self._stream)
        if self._info.fps >= MANY_FPS:
            self._stream.codec_context.skip_frame = "NONREF"
        self._restart()
        return _frames(self._container, self._stream)

    def _restart(self) -> None:
        i = self._info
        self._clock = Clock(i.first_pts, 1.0 / i.fps, i.counting, i.steady)
        self._kept = None

    def _seek(self, start_s: float) -> None:
        self._frames = self._open() if self._frames is None else self._frames
        self._restart()
        target = int((max(start_s, 0.0) + self._info.first_pts) / self._stream.time_base)
        try:
            self._container.seek(target, stream=self._stream, backward=True)
        except FFmpegError:
            self._container.seek(0)
        self._frames = _frames(self._container, self._stream)


def _several_at_once(stream: Any) -> None:
    """Decode in as many threads as there are cores, at most `THREADS`."""
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = min(THREADS, os.cpu_count() or 1)


def _frames(container: Any, stream: Any, only_keys: bool = False) -> Iterator[Any]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, FFmpegError):
            return
        if only_keys and packet.size and not packet.is_keyframe:
            continue
        try:
            yield from packet.decode()
        except FFmpegError:
            continue


def _sample(offset: float, frame: Any, info: Probe) -> Sample:
    return Sample(offset, _picture(frame, work_size(info)), frame, (info.width, info.height))


def _fit(width: int, height: int, longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(width, height))
    return round(width * scale), round(height * scale)


def _picture(frame: Any, size: tuple[int, int]) -> Picture:
    """The frame as BGR of `size`, from its planes where that is possible: several times faster than swscale."""
    width, height = size
    plain = frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG
    if not plain or width % 2 or height % 2 or frame.width % 2 or frame.height % 2:
        image: Picture = frame.to_ndarray(width=width, height=height, format="bgr24", interpolation="AREA")
        return image
    joined = np.empty((height * 3 // 2, width), np.uint8)
    _shrink(_plane(frame.planes[0]), joined[:height])
    quarter = height * width // 4
    chroma = joined[height:].reshape(-1)
    for number in (0, 1):
        part = chroma[number * quarter : (number + 1) * quarter].reshape(height // 2, width // 2)
        _shrink(_plane(frame.planes[1 + number]), part)
    colours: Picture = cv2.cvtColor(joined, cv2.COLOR_YUV2BGR_I420)
    return colours


def _plane(plane: Any) -> Picture:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _shrink(plane: Picture, target: Picture) -> None:
    if plane.shape == target.shape:
        np.copyto(target, plane)
    else:
        cv2.resize(plane, target.shape[::-1], dst=target, interpolation=cv2.INTER_AREA)
