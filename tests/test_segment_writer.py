"""Segments of a live recording begin when their first frame was sent, however late packets arrive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tools.finder.sources.messages import Recorded
from tools.finder.sources.segment_backend import SegmentWriter, recover

from .footage import HEIGHT, WIDTH, record

START = 1_772_440_620.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = np.full((HEIGHT, WIDTH, 3), 150.0, np.float32)
    return record(tmp_path_factory.mktemp("clip") / "a.mp4", 12.0, lambda t: scene, fps=5, keyframe_s=1.0)


def recorded(clip: Path, folder: Path, arrives: Callable[[float], float], segment_s: float = 4.0) -> list[Recorded]:
    """The segments of a clip of which the packet of media time `t` arrives `arrives(t)` seconds after `START`."""
    found: list[Recorded | None] = []
    writer: SegmentWriter | None = None
    lead: dict[str, Any] = {}
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            at = float(packet.pts * packet.time_base)
            now = START + arrives(at)
            if writer is not None and packet.is_keyframe and writer.ends(at, segment_s):
                found.append(writer.close())
                lead, writer = {"lead": writer.lead_after}, None
            if writer is None:
                writer = SegmentWriter(folder, stream, at, now, **lead)
            writer.write(packet, at, now)
    assert writer is not None
    found.append(writer.close())
    assert all(found)
    return [one for one in found if one]


@pytest.mark.parametrize(
    "arrives",
    [
        lambda t: t,
        lambda t: max(t, 3.0),  # what was sent before comes at once
        lambda t: t + 0.8 * (t % 0.9),  # jitter
        lambda t: t + (3.0 if 4.0 <= t < 8.0 else 0.0),  # the network is slow for a whole segment
    ],
)
def test_starts_are_true(clip: Path, tmp_path: Path, arrives: Callable[[float], float]) -> None:
    found = recorded(clip, tmp_path, arrives)
    assert [one.start - START for one in found] == [pytest.approx(t, abs=0.05) for t in (0.0, 4.0, 8.0)]
    assert [one.duration_s for one in found] == [pytest.approx(4.0, abs=0.01)] * 3
    for one in found:
        with av.open(one.path) as container:
            assert sum(1 for _ in container.decode(video=0)) == 20


def test_a_clock_that_is_set_moves_the_recordings_after_it(clip: Path, tmp_path: Path) -> None:
    found = recorded(clip, tmp_path, lambda t: t + (3600.0 if t >= 4.0 else 0.0))
    assert [one.start - START for one in found] == [pytest.approx(t, abs=0.05) for t in (0.0, 3604.0, 3608.0)]


def test_what_a_killed_run_left_is_put_in_place_and_rubbish_removed(clip: Path, tmp_path: Path) -> None:
    (whole,) = recorded(clip, tmp_path, lambda t: t, segment_s=600.0)
    cut = Path(whole.path).read_bytes()
    Path(whole.path).unlink()
    part = tmp_path / ".20260302T083700.000Z.part.mkv"
    part.write_bytes(cut[: len(cut) // 2])
    (tmp_path / ".20260302T090000.000Z.part.mkv").write_bytes(b"")
    (left,) = recover(tmp_path)
    assert left.start == START
    assert 2.0 < left.duration_s < 10.0
    assert [file.name for file in tmp_path.rglob("*.mkv")] == ["20260302T083700.000Z.mkv"]
