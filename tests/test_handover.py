"""People are handed over between cameras by time, and go on over the seam of two recordings of one camera."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tools.finder.answering.ways import say_ways, ways, ways_as_json
from tools.finder.handover import following, journeys, links
from tools.finder.records import Person
from tools.finder.scan.drafts import PersonDraft, SegmentDraft, SegmentFile
from tools.finder.store import FinderStore

HALL, KITCHEN, STUDY = 1, 2, 3


class Film:
    """Tracks as they are made; each on a recording of its own unless told otherwise."""

    def __init__(self) -> None:
        self.people: list[Person] = []

    def track(
        self, camera: int, first: float, last: float, *, x: tuple[float, float] = (0, 0), segment: int = 0
    ) -> int:
        number = len(self.people) + 1
        path = ((first, x[0], 50.0, 40.0, 100.0), (last, x[1], 50.0, 40.0, 100.0))
        self.people.append(Person(number, segment or number, camera, first, last, path))
        return number

    def ways(self) -> list[list[int]]:
        return [[person.id for person in way] for way in journeys(self.people)]


def test_one_person_walks_through_three_rooms() -> None:
    film = Film()
    film.track(HALL, 0, 10)
    film.track(KITCHEN, 13, 60)
    film.track(STUDY, 66, 90)
    film.track(HALL, 400, 410)
    assert film.ways() == [[1, 2, 3], [4]]
    assert [p.id for p in following(film.people[0], film.people)] == [2, 3]
    assert following(film.people[3], film.people) == []
    assert journeys([]) == []


def test_cameras_that_see_the_same_door_may_overlap_but_nobody_is_at_two_places() -> None:
    film = Film()
    film.track(HALL, 0, 10, segment=9)
    film.track(KITCHEN, 8, 30)  # the same one, seen by both for a moment
    film.track(HALL, 9, 100, segment=9)  # somebody who stays
    film.track(KITCHEN, 40, 50)
    assert film.ways() == [[1, 2], [3], [4]]


def test_a_track_goes_on_in_the_next_recording_at_the_same_place() -> None:
    film = Film()
    film.track(HALL, 0, 60, x=(0, 200), segment=1)
    film.track(HALL, 0, 60, x=(500, 520), segment=1)
    film.track(HALL, 60.5, 90, x=(520, 600), segment=2)
    film.track(HALL, 60.5, 120, x=(210, 300), segment=2)
    film.track(KITCHEN, 61, 80)
    assert sorted(film.ways()) == [[1, 4], [2, 3], [5]]


def test_two_who_leave_together_go_on_as_two() -> None:
    film = Film()
    film.track(HALL, 0, 10)
    film.track(HALL, 2, 12)
    film.track(KITCHEN, 13, 40)
    film.track(KITCHEN, 15, 50)
    ways = film.ways()
    assert sorted(len(way) for way in ways) == [2, 2]
    assert ways == [[1, 3], [2, 4]]


def test_usual_gaps_of_the_house_decide_where_time_alone_would_mislead() -> None:
    """From the hall it is 4 s to the kitchen and 20 s to the study, seen often; then two part in the hall."""
    random = np.random.default_rng(3)
    film = Film()
    for day in range(6):
        at = 10_000.0 * day
        film.track(HALL, at, at + 10)
        film.track(KITCHEN, at + 14 + random.normal(0, 0.4), at + 60)
        film.track(HALL, at + 3000, at + 3010)
        film.track(STUDY, at + 3030 + random.normal(0, 0.4), at + 3060)
    at = 100_000.0
    first, second = film.track(HALL, at, at + 10), film.track(HALL, at + 5, at + 26)
    kitchen, study = film.track(KITCHEN, at + 30, at + 60), film.track(STUDY, at + 30.2, at + 70)
    found = links(film.people)
    assert (found[first], found[second]) == (study, kitchen)
    assert sum(film.people[a - 1].camera_id == HALL for a in found) == 14


def test_nobody_is_made_out_of_strangers() -> None:
    film = Film()
    film.track(HALL, 0, 10)
    film.track(KITCHEN, 54.9, 80)  # too late to be likely
    film.track(STUDY, 300, 310)
    assert film.ways() == [[1], [2], [3]]


def test_a_day_of_many_people_is_joined_quickly_enough_to_finish() -> None:
    random = np.random.default_rng(5)
    film = Film()
    for _ in range(3000):
        at = float(random.uniform(0, 86_400))
        film.track(int(random.integers(1, 4)), at, at + float(random.uniform(2, 60)))
    ways = film.ways()
    assert sorted(number for way in ways for number in way) == list(range(1, 3001))


def test_the_ways_of_people_are_told_camera_after_camera(tmp_path: Path) -> None:
    start = datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp()
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with FinderStore(tmp_path) as store:
        for name, spans in {"hall": [(0, 8), (8.5, 20)], "kitchen": [(24, 60)], "study": [(2000, 2010)]}.items():
            camera = store.add_camera(name, f"/{name}")
            for number, (first, last) in enumerate(spans):
                path = [(start + at, 10.0, 10.0, 40.0, 100.0) for at in (first, last)]
                file = SegmentFile(f"/{name}/{number}.mp4", 1, 1, start + first, last - first, 640, 360, 10.0)
                store.write_segment(camera.id, SegmentDraft(file, people=[PersonDraft(path)]))
        found = ways(store, start - 60, start + 3600)
        assert [[(leg.camera, leg.first - start, leg.last - start) for leg in way] for way in found] == [
            [("hall", 0, 20), ("kitchen", 24, 60)]
        ]
        assert ways(store, start + 100, None) == []
    assert ways_as_json(found, now)[0][1]["from"] == "2026-03-02T10:00:24+00:00"
    assert say_ways(found, now, "en").strip() == "Going by the times, one went hall (10:00) → kitchen (10:00)."
    assert "hall" in say_ways(found, now, "zh")
    assert say_ways([], now, "en") == ""
