"""Broken recordings, made here: what is said of them, what of them is used, and that they stop no others."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from runtime.house import House
from tests.cli_driver import spawn
from tests.footage import HEIGHT, WIDTH, put, record, table
from tests.test_scan import scan
from tools.finder.cameras import add_camera, list_cameras
from tools.finder.events import events
from tools.finder.index import index_cameras
from tools.finder.scan.probe_backend import Clock, probe
from tools.finder.scan.video_backend import Reader, keyframes
from tools.finder.store import FinderStore

CUP = (200, 120, 34, 30)
SECONDS = 24.0


def draw(t: float) -> object:
    """A cup stands on the table from 8 s on; someone passes at 7 to 9 s."""
    scene = table()
    if t >= 8.0:
        put(scene, CUP, (60, 60, 190))
    if 7.0 <= t < 9.0:
        left = int(100 + 80 * (t - 7.0))
        scene[40:270, left : left + 70] = (40, 90, 60)
    return scene


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("sound") / "sound.mp4", SECONDS, draw)  # type: ignore[arg-type]


def retimed(source: Path, target: Path, change: object) -> Path:
    """The same packets with `change(number, seconds)` as their times."""
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        for number, packet in enumerate(p for p in reading.demux(video=0) if p.size):
            copy = av.Packet(bytes(packet))
            copy.time_base, copy.stream, copy.is_keyframe = Fraction(1, 1000), stream, packet.is_keyframe
            copy.pts = round(1000 * change(number, float(packet.pts * packet.time_base)))  # type: ignore[operator]
            copy.dts = copy.pts
            writing.mux(copy)
    return target


def resized(target: Path, seconds: float = SECONDS) -> Path:
    """An MPEG transport stream that goes on at half the size from the middle on."""
    data = b""
    for number, (w, h) in enumerate(((WIDTH, HEIGHT), (WIDTH // 2, HEIGHT // 2 // 2 * 2))):
        part = target.with_name(f"part{number}.ts")
        with av.open(str(part), "w") as container:
            stream = container.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = w, h, "yuv420p"
            stream.codec_context.gop_size = 20
            stream.options = {"crf": "20", "preset": "ultrafast", "sc_threshold": "0", "bf": "0"}
            for k in range(int(seconds * 5)):
                t = k / 10 + number * seconds / 2
                picture = np.clip(draw(t), 0, 255).astype(np.uint8)  # type: ignore[call-overload]
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(w, h)
                frame.pts, frame.time_base = round(t * 10), Fraction(1, 10)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        data += part.read_bytes()
        part.unlink()
    target.write_bytes(data)
    return target


def test_a_sound_recording_has_no_problems(sound: Path) -> None:
    found = probe(sound)
    assert (found.width, found.height, found.problems, found.steady) == (WIDTH, HEIGHT, (), True)
    assert found.duration_s == pytest.approx(SECONDS, abs=0.11)
    assert [round(key, 1) for key in found.keys] == [2.0 * k for k in range(12)]
    assert [round(sample.offset, 1) for sample in keyframes(sound, found)] == [2.0 * k for k in range(12)]


def test_spans_are_read_forwards_and_backwards(sound: Path) -> None:
    found = probe(sound)
    with Reader(sound, found) as reader:
        for start in (3.0, 4.1, 15.0, 2.0):
            offsets = [sample.offset for sample in reader.span(start, start + 1.0, 0.3)]
            assert offsets[0] == pytest.approx(start, abs=0.11)
            assert len(offsets) == 4
        whole = [sample.offset for sample in reader.span(0.0, float("inf"))]
    assert len(whole) == round(SECONDS * 10)


def test_spans_far_from_the_beginning_have_their_own_times(sound: Path, tmp_path: Path) -> None:
    """As in recordings of an hour, whose later parts are reached by seeking, here made long by pauses."""
    long = retimed(sound, tmp_path / "long.mkv", lambda number, t: t + 590.0 * (t // 8.0))
    found = probe(long)
    assert (found.steady, found.problems) == (True, ())
    for start in (599.0, 1197.0):
        with Reader(long, found) as reader:
            offsets = [sample.offset for sample in reader.span(start, start + 1.0, 0.3)]
        assert offsets[0] == pytest.approx(start, abs=0.11)
        assert len(offsets) == 4


def test_what_changes_late_in_a_long_recording_is_found_at_its_time(sound: Path, tmp_path: Path) -> None:
    late = retimed(sound, tmp_path / "late.mkv", lambda number, t: t + 595.0 * min(2.0, t // 2.0))
    cup, same = (scan(path).changes for path in (sound, late))
    assert [change.kind for change in same] == [change.kind for change in cup] == ["placed"]
    assert same[0].offset == pytest.approx(cup[0].offset + 1190.0, abs=0.2)


def test_timestamps_that_jump_are_counted_on(sound: Path, tmp_path: Path) -> None:
    leaping = retimed(sound, tmp_path / "leap.mkv", lambda number, t: t if t < 12 else t + 5000.0)
    found = probe(leaping)
    assert found.problems == ("its timestamps jump once",)
    assert found.duration_s == pytest.approx(SECONDS, abs=0.3)
    with Reader(leaping, found) as reader:
        offsets = [sample.offset for sample in reader.span(0.0, float("inf"))]
    assert len(offsets) == round(SECONDS * 10)
    assert np.diff(offsets).max() < 0.2


def test_a_clock_goes_on_over_what_is_broken() -> None:
    clock = Clock(100.0, 0.1)
    times = [100.0, 100.1, None, 100.3, 5000.0, 5000.1, 0.0, 0.1]
    expected = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert [clock.offset(time) for time in times] == pytest.approx(expected)


def broken_folder(sound: Path, folder: Path) -> dict[str, str]:
    """Recordings of each kind of damage by hour, with a word of what is to be said of each."""
    folder.mkdir()
    name = "2026-03-02_{:02d}-00-00{}".format
    whole = sound.read_bytes()
    (folder / name(8, ".mp4")).write_bytes(whole)
    (folder / name(9, ".mp4")).write_bytes(whole[: len(whole) // 3])
    (folder / name(10, ".mp4")).write_bytes(b"")
    (folder / name(11, ".mp4")).write_text("this is no video")
    (folder / name(12, ".avi")).write_bytes(whole)
    resized(folder / name(13, ".ts"))
    retimed(sound, folder / name(14, ".mkv"), lambda number, t: t if t < 12 else t + 5000.0)
    retimed(sound, folder / name(15, ".mkv"), lambda number, t: float(int(t)))
    without_rate(sound, folder / name(16, ".avi"))
    cut = retimed(sound, folder / name(17, ".mkv"), lambda number, t: t)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 6 // 10])
    (folder / name(18, ".mp4")).write_bytes(whole)
    Image.new("RGB", (64, 48), (200, 30, 30)).save(folder / name(19, ".mp4"), "JPEG")
    return {
        "09": "cannot be opened", "10": "0 bytes", "11": "cannot be opened", "12": "is named .avi but holds",
        "13": "size changes", "14": "timestamps jump", "15": "timestamps repeat", "16": "no frame rate", "17": "only",
        "19": "holds a picture and no video",
    }  # fmt: skip


def without_rate(source: Path, target: Path) -> None:
    """An AVI file whose headers say 0 frames a second."""
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        stream = writing.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 20
        stream.options = {"qscale": "3"}
        for number, frame in enumerate(reading.decode(video=0)):
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 10)
            writing.mux(stream.encode(picture))
        writing.mux(stream.encode())
    data = bytearray(target.read_bytes())
    header, stream_header = data.index(b"avih"), data.index(b"strh")
    data[header + 8 : header + 12] = struct.pack("<I", 0)
    data[stream_header + 28 : stream_header + 36] = struct.pack("<II", 0, 0)
    target.write_bytes(data)


def test_each_is_named_with_what_could_be_used_and_stops_no_others(
    house: House, environment: dict[str, str], sound: Path, tmp_path: Path
) -> None:
    said = broken_folder(sound, tmp_path / "camera")
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "yard", tmp_path / "camera")
        report = index_cameras(house, store, appearance=False)
        assert {Path(path).name[11:13] for path, _ in report.broken} == set(said)
        (state,) = list_cameras(store)
        problems = {Path(path).name[11:13]: problem for path, problem in state.broken}
        assert {hour: words for hour, words in said.items() if words not in problems.get(hour, "")} == {}
        used = {Path(s.path).name[11:13]: s.duration_s for s in store.segments("yard") if s.status != "broken"}
        assert set(used) == {"08", "12", "13", "14", "15", "16", "17", "18"}
        for hour in ("08", "12", "13", "14", "16", "18"):
            assert used[hour] == pytest.approx(SECONDS, abs=0.6), hour
        assert 10.0 < used["17"] < 18.0
        rows = events(store, "yard")
        for hour in ("08", "12", "14", "16", "17", "18"):
            kinds = [row["type"] for row in rows if row["time"][11:13] == hour]
            assert kinds == ["placed"], hour
    (listed,) = spawn(environment, "cameras", "list", "--json").json["cameras"]
    assert all(any(words in said_of for _, said_of in _pairs(listed["broken"])) for words in said.values())
    shown = spawn(environment, "cameras", "list").out.splitlines()
    assert "  2026-03-02_10-00-00.mp4: it is empty (0 bytes); nothing of it is used" in shown
    assert any(line.startswith("  2026-03-02_17-00-00.mkv: only") and line.endswith("of it are used") for line in shown)


def _pairs(broken: list[Any]) -> list[tuple[str, str]]:
    """Path and problem of each, whichever way the JSON names them."""
    text = [tuple(one.values()) if isinstance(one, dict) else tuple(one) for one in broken]
    return [(str(one[0]), str(one[1])) for one in text]
