"""Whole pictures out of recordings, and what is drawn on them for people: a grid, zones. Owns no files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import av
from av.error import FFmpegError
from PIL import Image, ImageDraw, ImageFont

from runtime.errors import MediaError
from runtime.picture_faults import PICTURE_FAULTS
from runtime.sealed import read_picture
from tools.finder.records import Zone

Size = tuple[int, int]
_GRID, _ZONE, _SHADE = (255, 255, 255), (255, 64, 32), (0, 0, 0)


def frame_at(file: Path, offset_s: float | None) -> tuple[Image.Image, float]:
    """The picture `offset_s` seconds after the first (None: the last one), and its own offset.

    Past the end it is the last picture. Raises `MediaError` when there is none.
    """
    try:
        with av.open(str(file), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            first = float((stream.start_time or 0) * stream.time_base)
            wanted = 10e9 if offset_s is None else first + max(0.0, offset_s)
            frame = _decoded(container, stream, wanted)
            if frame is None:
                raise MediaError(f"The recording {file} has no readable picture.")
            return frame.to_image(), float(frame.time or first) - first
    except (FFmpegError, IndexError, OSError) as problem:
        raise MediaError(f"The recording {file} cannot be read: {problem}.") from problem


def _decoded(container: av.container.InputContainer, stream: av.VideoStream, wanted: float) -> av.VideoFrame | None:
    """The first frame at or after `wanted` seconds of media time, else the last one there is."""
    if stream.duration or container.duration:
        length = float(stream.duration * stream.time_base) if stream.duration else float(container.duration or 0) / 1e6
        start = float((stream.start_time or 0) * stream.time_base)
        target = min(wanted, start + max(0.0, length - 0.5))
        try:
            container.seek(int(target / stream.time_base), stream=stream, backward=True)
        except FFmpegError:
            container.seek(0)
    last = None
    packets = container.demux(stream)
    while True:
        try:
            frames = next(packets).decode()
        except StopIteration:
            return last
        except FFmpegError:
            if last is not None:
                return last
            continue
        for last in frames:
            if last.time is not None and float(last.time) >= wanted - 1e-3:
                return last


def open_picture(data: bytes | Path) -> Image.Image:
    """A picture as RGB, turned as its EXIF says. Raises `MediaError`."""
    from PIL import ImageOps

    try:
        with Image.open(io.BytesIO(data if isinstance(data, bytes) else read_picture(data))) as picture:
            return ImageOps.exif_transpose(picture).convert("RGB")
    except PICTURE_FAULTS as problem:
        what = "picture" if isinstance(data, bytes) else f"picture {data}"
        raise MediaError(f"The {what} cannot be read: {problem}.", remedy="Give a JPEG or PNG file.") from problem


def encoded(picture: Image.Image, kind: str, quality: int = 92) -> bytes:
    """A picture as a file's bytes, without anything else about it; `kind` is PNG or JPEG."""
    out = io.BytesIO()
    picture.save(out, kind, **({"quality": quality} if kind == "JPEG" else {}))
    return out.getvalue()


def draw_grid(picture: Image.Image, zones: Sequence[Zone]) -> Image.Image:
    """The picture with lines at every tenth of its width and height, numbered, and its zones outlined and named.

    Zones are in pixels of the picture.
    """
    drawn = picture.copy()
    pen = ImageDraw.Draw(drawn, "RGBA")
    width, height = drawn.size
    font = ImageFont.load_default(max(12, height // 45))
    for tenth in range(1, 10):
        x, y = width * tenth / 10, height * tenth / 10
        pen.line([(x, 0), (x, height)], fill=(*_GRID, 110))
        pen.line([(0, y), (width, y)], fill=(*_GRID, 110))
        for at in ((x + 2, 1), (1, y + 1)):
            pen.text(at, f".{tenth}", font=font, fill=_GRID, stroke_width=2, stroke_fill=_SHADE)
    for zone in zones:
        pen.polygon(zone.polygon, fill=(*_ZONE, 40), outline=_ZONE, width=max(2, height // 300))
        x, y = (sum(point[axis] for point in zone.polygon) / len(zone.polygon) for axis in (0, 1))
        pen.text((x, y), zone.name, font=font, anchor="mm", fill=_GRID, stroke_width=2, stroke_fill=_SHADE)
    return drawn
