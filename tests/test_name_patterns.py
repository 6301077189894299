"""The time in a recording's name: ways of naming that cameras have, the owner's own, and both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from runtime.errors import UsageError
from tools.finder.records import Camera, CameraOptions
from tools.finder.scan.segments import recording_start, start_from_name
from tools.finder.sources.name_patterns import name_pattern, named_time
from tools.finder.sources.recordings import choose_remote, frigate_cameras, named_start, recordings_of, start_of

BERLIN, ADELAIDE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Adelaide")


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-03-02/001/dav/08/08.37.05-08.47.05[M][0@0][0].dav", datetime(2026, 3, 2, 8, 37, 5)),
        ("2026Y03M02D08H/37M05S.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("2026Y03M02D08H/E137M05S60.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("20260302/08/37.mp4", datetime(2026, 3, 2, 8, 37)),
        ("2026/03/02/08-37-05.mkv", datetime(2026, 3, 2, 8, 37, 5)),
        ("2026-03-02/083705.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("2026/03/02/kitchen_00_20260302083705.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("RecM01_20260302_083705_084000_6D28808.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("cam.20260302_083705.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("2026-03-02_08-37-05-250000.mp4", datetime(2026, 3, 2, 8, 37, 5, 250000)),
        ("20260302T083705.125Z.mkv", datetime(2026, 3, 2, 8, 37, 5, 125000, UTC)),
        ("2026030208/37M05S_1772440625.mp4", datetime.fromtimestamp(1772440625, UTC)),
        ("1772440625250.mp4", datetime.fromtimestamp(1772440625.25, UTC)),
        ("2026-03-02/08/kitchen/37.05.mp4", datetime(2026, 3, 2, 8, 37, 5, tzinfo=UTC)),
        ("2026-03-02/kitchen/0001.mp4", None),
        ("2026-03-02/kitchen/996161.mp4", None),
        ("holiday 12.mp4", None),
        ("2026-02-30_08-37-05.mp4", None),
    ],
)
def test_the_ways_in_which_cameras_name_their_files(name: str, expected: datetime | None) -> None:
    assert named_time(Path("/recordings") / name) == expected


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("cam1_%d%m%Y_%H%M%S", "cam1_02032026_083705.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("*-%y%m%d-%I.%M.%S%p.mp4", "front door-260302-08.37.05PM.mp4", datetime(2026, 3, 2, 20, 37, 5)),
        ("%Y-%j/%H/*_%M%S", "2026-061/08/a_3705.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("%d %b %Y %H.%M", "02 Mar 2026 08.37.mp4", datetime(2026, 3, 2, 8, 37)),
        ("%Y%m%d/%Y%m%d%H%M%S", "20260302/20260302083705.mp4", datetime(2026, 3, 2, 8, 37, 5)),
        ("rec%s", "rec1772440625.mp4", datetime.fromtimestamp(1772440625, UTC)),
        ("100%%_%Y%m%d%H", "100%_2026030208.mp4", datetime(2026, 3, 2, 8)),
        ("cam1_%d%m%Y_%H%M%S", "cam2_02032026_083705.mp4", None),
        ("%Y%m%d%H%M%S", "20261302083705.mp4", None),
    ],
)
def test_a_pattern_of_the_owners(pattern: str, name: str, expected: datetime | None) -> None:
    assert name_pattern(pattern).read(Path("/recordings") / name) == expected


def test_nothing_gives_no_time() -> None:
    assert named_time("") is None and name_pattern("cam1_%s").read("") is None


@pytest.mark.parametrize("pattern", ["%Y-%m-%d", "%H-%M", "video", "%Y%m%d%H%Q"])
def test_a_pattern_that_gives_no_time_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="The name pattern"):
        name_pattern(pattern)


@pytest.mark.parametrize("zone", [BERLIN, ADELAIDE])
def test_days_on_which_the_clock_is_moved_have_no_seam(zone: ZoneInfo) -> None:
    """Recordings of ten minutes each through both changes, named in local time: each starts where one ended."""
    for year, month, day in ((2026, 3, 28), (2026, 10, 24), (2026, 4, 4), (2026, 10, 3)):
        begin = datetime(year, month, day, 12, tzinfo=UTC).timestamp()
        for number in range(6 * 24):
            start = begin + 600.0 * number
            path = Path(f"{datetime.fromtimestamp(start, zone):%Y-%m-%d_%H-%M-%S}.mp4")
            found = recording_start(path, mtime=start + 600.0, duration_s=600.0, zone=zone)
            assert found.time == start, path


def test_an_hour_that_comes_twice_is_told_by_the_container_or_the_file() -> None:
    path, first = Path("2026-10-25_02-30-00.mp4"), utc(2026, 10, 25, 0, 30)
    known = {"duration_s": 60.0, "zone": BERLIN}
    copied = recording_start(path, mtime=first + 9e6, **known)  # type: ignore[arg-type]
    assert (copied.time, copied.source) == (first, "name")
    written = recording_start(path, mtime=first + 3660.0, **known)  # type: ignore[arg-type]
    assert written.time == first + 3600.0
    stated = recording_start(path, mtime=first + 9e6, creation=first + 3600.0, **known)  # type: ignore[arg-type]
    assert stated.time == first + 3600.0
    skipped = start_from_name("2026-03-29_02-30-00.mp4", BERLIN)
    assert skipped == utc(2026, 3, 29, 1, 30)


def test_a_camera_has_a_zone_and_a_naming_of_its_own() -> None:
    options = CameraOptions(name_pattern="cam1_%d%m%Y_%H%M%S", timezone="Australia/Adelaide")
    camera = Camera(1, "porch", "/rec", options=options)
    known = {"creation": None, "mtime": 1.8e9, "duration_s": 60.0, "default": BERLIN}
    own = start_of(camera, Path("/rec/cam1_02032026_190705.mp4"), **known)  # type: ignore[arg-type]
    assert (own.time, own.source) == (utc(2026, 3, 2, 8, 37, 5), "name")
    common = start_of(camera, Path("/rec/20260302_190705.mp4"), **known)  # type: ignore[arg-type]
    assert common.time == utc(2026, 3, 2, 8, 37, 5)
    assert named_start(camera, Path("/rec/cam1_02032026_190705.mp4"), BERLIN) == own.time
    assert named_start(Camera(1, "porch", "/rec"), Path("/rec/20260302_083705.mp4"), BERLIN) == utc(
        2026, 3, 2, 7, 37, 5
    )


def test_frigates_folder_gives_one_camera_its_own_recordings(tmp_path: Path) -> None:
    for name in ("2026-03-02/08/kitchen/37.00.mp4", "2026-03-02/08/kitchen/37.10.mp4", "2026-03-02/08/hall/37.00.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    every = recordings_of(Camera(1, "all", str(tmp_path)))
    assert len(every) == 3
    cameras = frigate_cameras(tmp_path, every)
    assert cameras == ["kitchen", "hall"]
    assert choose_remote("Kitchen", None, cameras) == "kitchen"
    assert choose_remote("cellar", "hall", cameras) == "hall"
    assert choose_remote("cellar", None, []) is None
    with pytest.raises(UsageError, match="no camera 'cellar'"):
        choose_remote("cellar", None, cameras)
    kitchen = Camera(1, "kitchen", str(tmp_path), options=CameraOptions(remote="kitchen"))
    assert [file.name for file in recordings_of(kitchen)] == ["37.00.mp4", "37.10.mp4"]
