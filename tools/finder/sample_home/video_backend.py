"""Writes frames as H.264 in MP4 with PyAV. Owns no pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from runtime.paths import replacing


def write_video(
    target: Path, frames: Iterable[NDArray[np.uint8]], fps: int, key_every: int, preset: str = "veryfast"
) -> None:
    """Write RGB frames (height, width, 3) to `target`, a key frame every `key_every` frames; replaces it when done.

    `preset` is one of x264: how much work it puts into a small file.

    Two threads and no scene cuts, so that the same frames always give the same file with the same libraries.
    """
    with replacing(target) as beside, av.open(str(beside), "w") as container:
        stream = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {
                    "crf": "23",
                    "preset": preset,
                    "threads": "2",
                    "x264-params": f"keyint={key_every}:min-keyint={key_every}:scenecut=0",
                }
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        if stream is not None:
            for packet in stream.encode():
                container.mux(packet)
