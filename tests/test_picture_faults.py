"""Files that only look like pictures: each door that opens one says so with an error of ours."""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.serving.problems import Refused
from runtime.errors import MediaError


def _broken_chunk() -> bytes:
    """A PNG whose second chunk has no valid name: Pillow raises `SyntaxError`."""
    out = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(out, "PNG")
    whole = out.getvalue()
    return whole[:33] + b"\x00\x00\x00\x04\xff\x00\x01\x02" + whole[41:]


def _bomb() -> bytes:
    """A PNG of 65,000 by 65,000 pixels by its header: Pillow raises `DecompressionBombError`."""
    import zlib

    out = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(out, "PNG")
    whole = out.getvalue()
    header = b"IHDR" + struct.pack(">II", 65_000, 65_000) + whole[24:29]
    return whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]


@pytest.mark.parametrize("data", [_broken_chunk(), _bomb(), b"\x89PNG\r\n\x1a\n", b"BM" + bytes(60), b""])
def test_no_door_for_pictures_lets_pillows_errors_through(data: bytes, tmp_path: Path) -> None:
    from agent.serving.pictures import _jpeg
    from tools.finder.answering.evidence_backend import draw_evidence
    from tools.finder.answering.spot_backend import _read
    from tools.finder.looks.photo_backend import photo_views
    from tools.finder.picture_backend import open_picture
    from tools.image.editing import read_picture

    file = tmp_path / "a.png"
    file.write_bytes(data)
    for door in (
        lambda: photo_views(data, [32], 1),
        lambda: open_picture(data),
        lambda: read_picture(file),
        lambda: draw_evidence(file, (1, 1, 2, 2), 1.0, tmp_path / "b.jpg", 640),
    ):
        with pytest.raises(MediaError, match="cannot be read"):
            door()
    assert _read(file) is None
    with pytest.raises(Refused, match="cannot be read"):
        _jpeg("data:image/png;base64," + base64.b64encode(data).decode())
