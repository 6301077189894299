"""Long recordings of a quiet room with a few busy moments, made in seconds. Owns no measuring.

One minute is drawn and encoded (H.264, a key frame every 2 s, closed groups): a room with sensor noise, in which a
figure walks to a table and puts a thing down, and later takes it away. Its groups of pictures are then written again
and again with new timestamps, so that half an hour costs no more than a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

FPS = 25
GROUP = 2 * FPS
QUIET, BUSY = 8, 5
"""Groups (of 2 s) of a quiet and of a busy part."""
Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class Room:
    """The planes (luma, two of chroma) of an empty room and the noise that a sensor adds to it."""

    planes: tuple[Plane, Plane, Plane]
    noise: tuple[NDArray[np.int16], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.planes[0].shape
        return height, width


def room(width: int, height: int, seed: int = 3) -> Room:
    """A wall, a floor with boards, a table and a picture; noise of two grey levels."""
    random = np.random.default_rng(seed)
    luma = np.full((height, width), 150.0, np.float32)
    luma += cv2.resize(random.normal(0, 9, (6, 10)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    luma[height * 6 // 10 :] -= 40
    for board in range(0, width, max(8, width // 24)):
        luma[height * 6 // 10 :, board : board + max(1, width // 480)] -= 18
    grain = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.5)
    luma += 8 * grain
    luma[height * 5 // 10 : height * 7 // 10, width * 5 // 10 : width * 8 // 10] = 175
    luma[height // 10 : height * 3 // 10, width // 10 : width * 3 // 10] = 90
    chroma = [np.full((height // 2, width // 2), value, np.uint8) for value in (120, 136)]
    noise = tuple(random.normal(0, 2.0, (height, width)).round().astype(np.int16) for _ in range(5))
    return Room((np.clip(luma, 0, 255).astype(np.uint8), chroma[0], chroma[1]), noise)


def _figure(planes: tuple[Plane, Plane, Plane], at: float) -> None:
    height, width = planes[0].shape
    x, top = int(at * width), int(0.25 * height)
    w, h = int(0.08 * width), int(0.62 * height)
    for plane, value, half in ((planes[0], 60, 1), (planes[1], 150, 2), (planes[2], 110, 2)):
        left, right = max(0, x - w // 2) // half, max(0, min(width, x + w // 2)) // half
        plane[top // half : (top + h) // half, left:right] = value
    cv2.circle(planes[0], (x, top), w // 3, (170,), -1)


def _thing(planes: tuple[Plane, Plane, Plane]) -> None:
    height, width = planes[0].shape
    y, x, h, w = (int(v) // 2 for v in (0.52 * height, 0.66 * width, 0.07 * height, 0.04 * width))
    planes[0][2 * y : 2 * (y + h), 2 * x : 2 * (x + w)] = 60
    planes[2][y : y + h, x : x + w] = 200


def pictures(scene: Room) -> Iterator[Plane]:
    """The minute: quiet, the thing is put down, quiet, it is taken away. Pictures in the layout of I420."""
    height, width = scene.size
    number = 0
    for part, frames in enumerate((QUIET * GROUP, BUSY * GROUP, QUIET * GROUP, BUSY * GROUP)):
        for k in range(frames):
            planes = (scene.planes[0].copy(), scene.planes[1].copy(), scene.planes[2].copy())
            share = k / frames
            if part == 2 or (part == 1 and share > 0.5) or (part == 3 and share < 0.5):
                _thing(planes)
            if part in (1, 3) and 0.05 < share < 0.9:
                _figure(planes, -0.1 + 0.75 * (1.0 - abs(share - 0.5) * 2.2))
            noisy = np.clip(planes[0] + scene.noise[number % len(scene.noise)], 0, 255).astype(np.uint8)
            number += 1
            yield np.concatenate([noisy.ravel(), planes[1].ravel(), planes[2].ravel()]).reshape(height * 3 // 2, width)


def minute(path: Path, width: int, height: int) -> None:
    """Write the minute, drawn and encoded."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        settings = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:open-gop=0"
        stream.options = {"preset": "veryfast", "crf": "26", "x264-params": settings}
        for picture in pictures(room(width, height)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode())


def long(source: Path, target: Path, seconds: float, busy_every_s: float | None) -> None:
    """Write `seconds` of the minute at `source`: quiet, or with a busy part every `busy_every_s` seconds."""
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        groups = _groups(reading)
        base = Fraction(1, FPS) / reading.streams.video[0].time_base
        shift = 0
        for group in _order(groups, round(seconds * FPS / GROUP), busy_every_s):
            first = min(packet[1] for packet in group)
            for data, pts, dts, key in group:
                packet = av.Packet(data)
                packet.pts, packet.dts = pts - first + shift, dts - first + shift
                packet.time_base, packet.stream, packet.is_keyframe = reading.streams.video[0].time_base, stream, key
                writing.mux(packet)
            shift += int(GROUP * base)


Stored = tuple[bytes, int, int, bool]


def _groups(reading: av.container.InputContainer) -> list[list[Stored]]:
    groups: list[list[Stored]] = []
    for packet in reading.demux(video=0):
        if packet.size == 0 or packet.pts is None or packet.dts is None:
            continue
        if packet.is_keyframe:
            groups.append([])
        groups[-1].append((bytes(packet), packet.pts, packet.dts, packet.is_keyframe))
    return groups


def _order(groups: list[list[Stored]], count: int, busy_every_s: float | None) -> Iterator[list[Stored]]:
    """Groups in the order in which they follow each other without a jump in the picture."""
    half = QUIET + BUSY
    without, putting = groups[:QUIET], groups[QUIET:half]
    with_it, taking = groups[half : half + QUIET], groups[half + QUIET :]
    pause = count if busy_every_s is None else max(1, round(busy_every_s * FPS / GROUP) - BUSY)
    done, there = 0, False
    while done < count:
        quiet = with_it if there else without
        part = [quiet[number % QUIET] for number in range(pause)] + (taking if there else putting)
        yield from part[: count - done]
        done, there = done + min(len(part), count - done), not there
