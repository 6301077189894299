"""Small recordings that tests make themselves: a scene with noise, light, things, and people-like blobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 480, 270


def table(seed: int = 1) -> NDArray[np.float32]:
    """An empty scene: a wooden looking surface with a fixed texture, BGR."""
    grain = np.random.default_rng(seed).normal(0.0, 1.0, (HEIGHT // 6, WIDTH // 6))
    fine = np.kron(grain, np.ones((6, 6)))[:HEIGHT, :WIDTH] * 5.0
    plain = np.array([95.0, 130.0, 165.0])
    return np.asarray(plain[None, None, :] + fine[:, :, None], np.float32)


def put(scene: NDArray[np.float32], box: tuple[int, int, int, int], colour: Sequence[float]) -> None:
    """Put a thing with a light stripe at `box`."""
    x, y, w, h = box
    scene[y : y + h, x : x + w] = colour
    scene[y + h // 3 : y + h // 2, x + w // 6 : x + w - w // 6] = 235.0


def record(
    path: Path,
    seconds: float,
    draw: Callable[[float], NDArray[np.float32]],
    *,
    fps: int = 10,
    keyframe_s: float = 2.0,
    noise: float = 2.0,
) -> Path:
    """Write an H.264 recording; `draw(t)` gives the scene at `t` seconds, to which sensor noise is added."""
    random = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = round(keyframe_s * fps)
        stream.options = {"crf": "20", "preset": "ultrafast", "sc_threshold": "0"}
        stream.codec_context.time_base = Fraction(1, fps)
        for number in range(round(seconds * fps)):
            scene = draw(number / fps) + random.normal(0.0, noise, (HEIGHT, WIDTH, 1))
            frame = av.VideoFrame.from_ndarray(np.clip(scene, 0, 255).astype(np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
