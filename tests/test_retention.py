"""What grows too old or too large is given up: the newest sighting of each thing last, the owner's recordings never."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime.house import House
from runtime.settings import load_settings
from tools.finder.records import Camera
from tools.finder.retention import tidy
from tools.finder.scan.drafts import ChangeDraft, PersonDraft, SegmentDraft, SegmentFile, SightingDraft, StillDraft
from tools.finder.store import FinderStore

DAY = 86400.0
NOW = datetime(2026, 3, 31, tzinfo=UTC)


def limited(environment: dict[str, str], **limits: float) -> House:
    """A house on the last of March with these limits."""
    settings = load_settings(None, {}, [f"finder.{name}={value}" for name, value in limits.items()])
    house = House.open(environment, settings=settings)
    house.clock = lambda: NOW
    return house


def segment(path: str, start: float, things: list[tuple[str, float]], jpeg: bytes) -> SegmentDraft:
    """An hour in which things (label, x) lie, each on a still of its own, with a change and a person."""
    stills = [StillDraft(start + n, jpeg + str(n).encode()) for n in range(len(things) + 1)]
    return SegmentDraft(
        SegmentFile(path, 1, 1, start, 3600.0, 640, 360, 10.0), stills,
        [ChangeDraft(start + 5, "placed", (x, 10, 20, 20), 0.9, 0, n, 0) for n, (_, x) in enumerate(things)],
        [
            SightingDraft(start + 5, start + 3600, (x, 10, 20, 20), "change", n, n, None, label, 0.9, ("red",), b"crop")
            for n, (label, x) in enumerate(things)
        ],
        [PersonDraft([(start + 3, 0, 0, 50, 90)], 0)],
    )  # fmt: skip


def fill(store: FinderStore) -> Camera:
    """A cup that lies in one spot on four days, and a key that was seen on the first only."""
    camera = store.add_camera("study", "/rec")
    for day in (1, 10, 20, 30):
        start = datetime(2026, 3, day, 12, tzinfo=UTC).timestamp()
        things = [("cup", 100.0)] + [("key", 500.0)] * (day == 1)
        store.write_segment(camera.id, segment(f"/rec/{day}.mp4", start, things, f"{day} ".encode() * 50))
    return camera


def seen(store: FinderStore) -> list[tuple[int, str | None]]:
    return sorted((datetime.fromtimestamp(s.last_seen, UTC).day, s.label) for s in store.sightings())


def test_what_is_old_is_given_up_but_for_the_newest_sighting_of_each_thing(environment: dict[str, str]) -> None:
    with limited(environment, index_days=15) as house, FinderStore(house.paths.finder) as store:
        camera = fill(store)
        report = tidy(house, store)
        assert (report.sightings, report.recordings) == (2, 0)
        assert seen(store) == [(1, "key"), (20, "cup"), (30, "cup")]
        (key,) = [s for s in store.sightings() if s.label == "key"]
        assert key.still_id is not None
        assert store.still_path(key.still_id).is_file()
        people = [datetime.fromtimestamp(person.first_seen, UTC).day for person in store.people()]
        assert people == [30, 20, 1]  # who put the key there is still told
        assert len(list(store.folder.glob("stills/*/*"))) == 5
        assert store.coverage("study").start == datetime(2026, 3, 20, 12, tzinfo=UTC).timestamp()
        assert store.is_indexed(camera.id, "/rec/10.mp4", 1, 1)  # and so is not indexed again
        assert not tidy(house, store).anything


def test_evidence_frames_are_given_up_by_size_the_newest_of_each_thing_last(environment: dict[str, str]) -> None:
    with limited(environment) as whole, FinderStore(whole.paths.finder) as store:
        fill(store)
        total = sum(store.still_bytes().values())
        kept = [s.still_id for s in store.sightings() if s.label == "key" or s.last_seen > NOW.timestamp() - 3 * DAY]
    with limited(environment, evidence_gb=0.5 * total / 1e9) as house, FinderStore(house.paths.finder) as store:
        report = tidy(house, store)
        assert report.stills >= 4
        assert sum(store.still_bytes().values()) <= 0.5 * total
        assert report.stills_bytes == total - sum(store.still_bytes().values())
        assert all(store.still(still_id or 0) is not None for still_id in kept)
        assert len(store.sightings()) == 5  # sightings stay, without a frame
        assert not tidy(house, store).anything
    with limited(environment, evidence_gb=1 / 1e9) as house, FinderStore(house.paths.finder) as store:
        tidy(house, store)
        assert store.stills() == []


def recordings(store: FinderStore, camera: Camera, days: range) -> list[Path]:
    found = []
    for day in days:
        file = camera.place / f"2026-03-{day:02d}" / f"202603{day:02d}T120000.000Z.mkv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 1000)
        found.append(file)
    return found


@pytest.mark.parametrize(
    ("limits", "left"),
    [({"recordings_days": 10.0}, range(21, 31)), ({"recordings_gb": 5.2e-6}, range(27, 31))],
)
def test_our_own_recordings_are_given_up_and_no_others(
    environment: dict[str, str], tmp_path: Path, limits: dict[str, Any], left: range
) -> None:
    owners = tmp_path / "owners" / "2020-01-01_12-00-00.mkv"
    owners.parent.mkdir()
    owners.write_bytes(b"x" * 1000)
    os.utime(owners, (1.0, 1.0))
    with limited(environment, **limits) as house, FinderStore(house.paths.finder) as store:
        store.add_camera("attic", str(owners.parent))
        camera = store.add_camera("porch", "rtsp://cam.lan", kind="rtsp")
        files = recordings(store, camera, range(1, 31))
        for number, file in enumerate(files):
            start = datetime(2026, 3, number + 1, 12, tzinfo=UTC).timestamp()
            draft = segment(str(file), start, [("cup", 100.0)], f"{number} ".encode() * 20)
            store.write_segment(camera.id, draft)
        half_written = camera.place / ".20260330T130000.000Z.part.mkv"
        half_written.write_bytes(b"x")
        report = tidy(house, store)
        assert [int(file.parent.name[-2:]) for file in files if file.exists()] == list(left)
        assert (report.recordings, report.recordings_bytes) == (30 - len(left), 1000 * (30 - len(left)))
        assert len(list(camera.place.iterdir())) == len(left) + 1  # without empty day folders
        assert half_written.exists()
        assert owners.exists()
        assert len(store.segments("porch")) == 30  # what was seen in them stays
        assert not tidy(house, store).anything


def test_a_recording_of_ours_that_is_gone_with_all_that_was_seen_leaves_no_row(environment: dict[str, str]) -> None:
    with limited(environment, index_days=15) as house, FinderStore(house.paths.finder) as store:
        camera = store.add_camera("porch", "rtsp://cam.lan", kind="rtsp")
        for day in (1, 2, 30):
            start = datetime(2026, 3, day, 12, tzinfo=UTC).timestamp()
            path = camera.place / f"{day}.mkv"
            store.write_segment(camera.id, segment(str(path), start, [("cup", 100.0)], f"{day} ".encode() * 20))
        (camera.place / "2.mkv").parent.mkdir(parents=True)
        (camera.place / "2.mkv").write_bytes(b"x")
        os.utime(camera.place / "2.mkv", (NOW.timestamp(), NOW.timestamp()))
        tidy(house, store)
        assert [Path(s.path).name for s in store.segments("porch")] == ["2.mkv", "30.mkv"]
