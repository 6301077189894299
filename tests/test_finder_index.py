"""Indexing whole recordings, sound and broken, with a real worker process."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import CallCancelled, MediaError, UnknownNameError, UsageError
from runtime.house import House
from runtime.worker import Cancellation
from tests.footage import put, record, table
from tools.contract import Progress
from tools.finder.cameras import add_camera, list_cameras, parse_zone, waiting_recordings
from tools.finder.events import events
from tools.finder.index import index_cameras
from tools.finder.store import FinderStore

CUP = (200, 120, 34, 30)
START = 1_772_440_620.0


def draw(t: float) -> object:
    """A cup stands on the table from 8.0 to 20.0 s; someone passes at 7 to 9 and 19 to 21 s."""
    scene = table()
    if 8.0 <= t < 20.0:
        put(scene, CUP, (60, 60, 190))
    for begin in (7.0, 19.0):
        if begin <= t < begin + 2.0:
            left = int(100 + 160 * (t - begin) / 2)
            scene[40:270, left : left + 70] = (40, 90, 60)
    return scene


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("clip") / "table.mp4", 30.0, draw)  # type: ignore[arg-type]


def test_a_recording_gives_changes_stays_and_stills(house: House, clip: Path) -> None:
    seen: list[Progress] = []
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "table", clip, start=START, zones=[parse_zone("left half:0,0;240,0;240,270;0,270")])
        report = index_cameras(house, store, progress=seen.append, appearance=False)
        assert store.sightings() and not store.stale(1), "the first question would have to wait"
        assert (report.indexed, report.skipped, report.broken) == (1, 0, [])
        rows = events(store, "table")
        assert [row["type"] for row in rows] == ["placed", "removed"]
        assert [abs(row["offset_s"] - t) < 1.0 for row, t in zip(rows, (8.0, 20.0), strict=True)] == [True, True]
        (stay,) = store.sightings("table")
        assert stay.first_seen == pytest.approx(START + 8.0, abs=1.0)
        assert stay.last_seen == pytest.approx(START + 20.0, abs=1.0)
        assert stay.crop is not None
        assert stay.crop[:2] == b"\xff\xd8"
        assert stay.still_id is not None
        assert store.still_path(stay.still_id).stat().st_size > 1000
        covered = store.coverage("table")
        assert (covered.start, covered.end) == (START, pytest.approx(START + 30.0, abs=0.2))
        before = [rows, store.sightings(), store.stills()]
        again = index_cameras(house, store, appearance=False)
        assert (again.indexed, again.skipped) == (0, 1)
        assert before == [events(store, "table"), store.sightings(), store.stills()]
        clip.touch()
        assert index_cameras(house, store, ["TABLE"], appearance=False).indexed == 1
        assert [row["type"] for row in events(store)] == ["placed", "removed"]
        with pytest.raises(UnknownNameError, match="'tabel'"):
            index_cameras(house, store, ["tabel"], appearance=False)
    assert seen[-1].done == seen[-1].total


def test_broken_recordings_are_named_and_stop_no_others(house: House, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "camera"
    folder.mkdir()
    whole = clip.read_bytes()
    (folder / "2026-03-02_08-00-00.mp4").write_bytes(whole)
    (folder / "2026-03-02_09-00-00.mp4").write_bytes(b"")
    (folder / "2026-03-02_10-00-00.mp4").write_bytes(whole[: len(whole) // 3])
    (folder / "2026-03-02_11-00-00.mp4").write_text("this is no video")
    strange = record(tmp_path / "coded.avi", 2.0, lambda seconds: table()).read_bytes().replace(b"H264", b"QQQQ")
    (folder / "2026-03-02_12-00-00.avi").write_bytes(strange)  # nobody knows this coding
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "yard", folder)
        report = index_cameras(house, store, appearance=False)
        assert report.indexed == 1
        assert {Path(path).name[11:13] for path, _ in report.broken} == {"09", "10", "11", "12"}
        (state,) = list_cameras(store)
        assert (state.recordings, state.indexed, state.waiting, len(state.broken)) == (5, 1, 0, 4)
        assert any("0 bytes" in problem for _, problem in state.broken)
        assert [row["type"] for row in events(store, "yard")] == ["placed", "removed"]


@pytest.mark.parametrize("what", ["zeros", "noise"])
def test_a_damaged_part_is_named_and_the_rest_is_used(house: House, clip: Path, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "camera"
    folder.mkdir()
    data = bytearray(clip.read_bytes())
    begin, size = len(data) // 3, len(data) // 10
    data[begin : begin + size] = bytes(size) if what == "zeros" else np.random.default_rng(1).bytes(size)
    (folder / "2026-03-02_08-00-00.mp4").write_bytes(data)
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "yard", folder)
        report = index_cameras(house, store, appearance=False)
        (state,) = list_cameras(store)
    ((path, problem),) = state.broken
    assert (report.indexed, state.indexed, Path(path).name) == (1, 1, "2026-03-02_08-00-00.mp4")
    assert re.search(r"^\d+ of its \d+ pictures (is|are) damaged, .* passed over; \d+\.\d s of it are used$", problem)


def test_what_is_a_video_by_its_name_alone_is_named(house: House, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "camera"
    (folder / "2026-03-02.mp4" / "deeper").mkdir(parents=True)
    (folder / "full.mp4").mkdir()
    (folder / ".hidden.mp4").mkdir()
    (folder / "full.mp4" / "2026-03-02_08-00-00.mp4").write_bytes(clip.read_bytes())
    (folder / "gone.mp4").symlink_to(tmp_path / "nothing.mp4")
    (folder / "away.mkv").symlink_to(tmp_path)
    (folder / "there.mp4").symlink_to(clip)
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "yard", folder)
        (state,) = list_cameras(store)
        assert waiting_recordings(store) == {"yard": state.waiting} == {"yard": 2}
    assert state.recordings == 2
    assert {Path(path).name: what for path, what in state.broken} == {
        "2026-03-02.mp4": "it is a folder and no video",
        "away.mkv": "it is a link to a folder",
        "gone.mp4": "it is a link to a file that is not there",
    }


def test_a_stay_goes_on_in_the_next_recording(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "camera"
    folder.mkdir()

    def later(t: float) -> object:
        return draw(t + 10.0 if t < 14.0 else 30.0)

    record(folder / "2026-03-02_08-00-00.mp4", 16.0, draw)  # type: ignore[arg-type]
    record(folder / "2026-03-02_08-00-16.mp4", 22.0, later)  # type: ignore[arg-type]
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "yard", folder)
        index_cameras(house, store, appearance=False)
        assert [row["type"] for row in events(store, "yard")] == ["placed", "removed"]
        second, first = store.sightings("yard")
        begin = store.segments("yard")[1].start
    assert (first.last_seen, second.first_seen) == (pytest.approx(begin, abs=0.2), begin)
    assert second.last_seen == pytest.approx(begin + 10.0, abs=1.0)
    assert first.ended_by is None
    assert second.ended_by is not None
    assert second.box == first.box


def test_a_stream_that_breaks_off_gives_what_can_be_read(house: House, tmp_path: Path) -> None:
    clip = record(tmp_path / "cut.ts", 24.0, draw)  # type: ignore[arg-type]
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 3 // 4])
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "cut", clip, start=START)
        assert index_cameras(house, store, appearance=False).indexed == 1
        assert [row["type"] for row in events(store, "cut")][:1] == ["placed"]


def test_what_cannot_be_a_camera_is_refused(house: House, tmp_path: Path) -> None:
    empty, text = tmp_path / "empty.mp4", tmp_path / "text.mp4"
    empty.write_bytes(b"")
    text.write_text("no video")
    (tmp_path / "none").mkdir()
    with FinderStore(house.paths.finder) as store:
        with pytest.raises(UsageError, match="There is no file or folder"):
            add_camera(store, "a", tmp_path / "missing.mp4")
        with pytest.raises(UsageError, match="holds no recordings"):
            add_camera(store, "a", tmp_path / "none")
        with pytest.raises(MediaError, match="0 bytes"):
            add_camera(store, "a", empty)
        with pytest.raises(MediaError, match="cannot be opened"):
            add_camera(store, "a", text)
        with pytest.raises(UsageError, match="not a name"):
            add_camera(store, "a/b", tmp_path)
        with pytest.raises(UsageError, match="not a polygon"):
            parse_zone("desk:1,2;3,4")
        assert store.cameras() == []


def test_a_cancelled_indexing_keeps_what_was_done(house: House, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "camera"
    folder.mkdir()
    for hour in range(8, 11):
        (folder / f"2026-03-02_{hour:02d}-00-00.mp4").write_bytes(clip.read_bytes())
    stop = Cancellation()

    def progress(now: Progress) -> None:
        if now.done >= 1.2:
            stop.cancel()

    with FinderStore(house.paths.finder) as store:
        add_camera(store, "yard", folder)
        with pytest.raises(CallCancelled):
            index_cameras(house, store, progress=progress, cancellation=stop, appearance=False)
        assert len(store.segments("yard")) == 1
        report = index_cameras(house, store, appearance=False)
        assert (report.skipped, report.indexed) == (1, 2)
        assert [row["type"] for row in events(store, "yard")] == ["placed", "removed"] * 3


def test_bottles(house: House, shared_data: Path) -> None:
    truth = json.loads((shared_data / "video" / "bottles.events.json").read_text())
    with FinderStore(house.paths.finder) as store:
        add_camera(store, "bottles", shared_data / "video" / "bottles.mp4", start=START)
        index_cameras(house, store, appearance=False)
        rows = [row for row in events(store) if row["type"] in ("placed", "removed")]
    found = 0
    for event in truth["events"]:
        x = truth["slots"][event["slot"]]["x_px"]
        for row in rows:
            at_slot = row["box"][0] <= x <= row["box"][0] + row["box"][2]
            if at_slot and row["type"] == event["type"] and abs(row["offset_s"] - event["t"]) <= 1.5:
                rows.remove(row)
                found += 1
                break
    assert found == 8
    assert len(rows) <= 1
