"""When a recording began, and which files are recordings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from runtime.errors import SettingsError, UsageError
from tools.finder.scan.segments import (
    camera_zone,
    find_recordings,
    parse_start,
    recording_start,
    recordings_below,
    start_from_name,
)

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-03-02_08-37-00.mp4", utc(2026, 3, 2, 7, 37)),
        ("kitchen-20260302T083700.mkv", utc(2026, 3, 2, 7, 37)),
        ("20260302T083700Z.mp4", utc(2026, 3, 2, 8, 37)),
        ("20260302T083700+0900.mp4", utc(2026, 3, 1, 23, 37)),
        ("cam1_20260302_083700_000.mp4", utc(2026, 3, 2, 7, 37)),
        ("2026-03-02 08.37.00.mov", utc(2026, 3, 2, 7, 37)),
        ("2026-03-02/08/kitchen/37.00.mp4", utc(2026, 3, 2, 8, 37)),
        ("1772440620.mp4", 1772440620.0),
        ("VID_holiday.mp4", None),
        ("2026-13-40_99-99-99.mp4", None),
        ("12345678901234567890.mp4", None),
    ],
)
def test_the_start_that_a_name_tells(name: str, expected: float | None) -> None:
    assert start_from_name(Path("/recordings") / name, BERLIN) == expected


def test_daylight_saving_time_is_right_on_both_sides() -> None:
    before = start_from_name("2026-03-29_01-59-00.mp4", BERLIN)
    after = start_from_name("2026-03-29_03-01-00.mp4", BERLIN)
    assert before is not None
    assert after is not None
    assert after - before == 120.0
    assert start_from_name("2026-10-25_02-30-00.mp4", BERLIN) == utc(2026, 10, 25, 0, 30)


def test_given_beats_name_beats_container_beats_file() -> None:
    path = Path("2026-03-02_08-37-00.mp4")
    known = {"mtime": 5000.0, "duration_s": 60.0, "zone": BERLIN, "creation": utc(2026, 1, 1)}
    assert recording_start(path, given=7.0, **known).source == "given"  # type: ignore[arg-type]
    assert recording_start(path, **known).source == "name"  # type: ignore[arg-type]
    assert recording_start(Path("a.mp4"), **known).time == utc(2026, 1, 1)  # type: ignore[arg-type]
    known["creation"] = utc(1970, 1, 1)
    file = recording_start(Path("a.mp4"), **known)  # type: ignore[arg-type]
    assert (file.time, file.source) == (4940.0, "file")


def test_starts_and_zones_that_are_wrong_are_named() -> None:
    assert parse_start("2026-03-02T08:37:00", BERLIN) == utc(2026, 3, 2, 7, 37)
    assert parse_start("2026-03-02T08:37:00+00:00", BERLIN) == utc(2026, 3, 2, 8, 37)
    with pytest.raises(UsageError, match="half past"):
        parse_start("half past eight")
    with pytest.raises(SettingsError, match="Mars/Base"):
        camera_zone("Mars/Base")


def test_recordings_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.MKV", "notes.txt", ".hidden.mp4", "day/c.ts", ".trash/d.mp4", "e.mp4.part"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
    assert [f.relative_to(tmp_path).as_posix() for f in find_recordings(tmp_path)] == ["a.MKV", "b.mp4", "day/c.ts"]
    assert sorted(recordings_below(tmp_path)) == [str(file) for file in find_recordings(tmp_path)]
    assert find_recordings(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]
