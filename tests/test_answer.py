"""The after-check, the chosen sightings and the sentences."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from runtime.house import House
from tools.finder.answering.answer import Found, Reported, report
from tools.finder.answering.clock import clock
from tools.finder.answering.index_view import open_index
from tools.finder.answering.match import Ranked
from tools.finder.answering.same import choose
from tools.finder.answering.wording import sentence, span_hours
from tools.finder.records import Box, Camera, Change, Coverage, Person, Sighting, Zone
from tools.finder.store import FinderStore

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC).timestamp()
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DESK = Zone("study desk", ((0, 100), (600, 100), (600, 400), (0, 400)))
CAMERAS = [Camera(1, "study", "a.mp4", None, (DESK,)), Camera(2, "hallway", "b.mp4")]
COVERAGE = [Coverage("study", T0, T0 + 3600), Coverage("hallway", T0, T0 + 3600, ((T0 + 600, T0 + 900),))]
BOX: Box = (200, 200, 40, 30)


def stay(id_: int, first: float, last: float, box: Box = BOX, **more: object) -> Sighting:
    known = {"still_id": None, "placed_by": None, "ended_by": None, "origin": "change", **more}
    return Sighting(id_, 1, 1, T0 + first, T0 + last, box, **known)  # type: ignore[arg-type]


def change(id_: int, at: float, kind: str, box: Box = BOX, person: int | None = None) -> Change:
    return Change(id_, 1, 1, T0 + at, kind, box, 0.9, None, None, person)  # type: ignore[arg-type]


SEGMENTS = ((1, 1, 0.0, 3600.0), (2, 2, 0.0, 600.0), (3, 2, 900.0, 2700.0))
"""Id, camera, start after T0 and duration, seconds."""


@pytest.fixture
def told(house: House) -> Callable[..., Reported]:
    """`told(sightings, changes, people)`: the first sighting as it is reported from a store that holds all of them."""

    def report_first(sightings: list[Sighting], changes: list[Change], people: Sequence[Person] = ()) -> Reported:
        with FinderStore(house.paths.finder) as store:
            for camera in CAMERAS:
                store.add_camera(camera.name, camera.source, zones=camera.zones)
            with sqlite3.connect(store.folder / "finder.sqlite") as database:
                write_rows(database, sightings, changes, people)
            index = open_index(house, store, None, None)
            return report([Ranked(sightings[0], 0.9, 50.0, {})], index.history)[0]

    return report_first


def write_rows(
    database: sqlite3.Connection, sightings: list[Sighting], changes: list[Change], people: Sequence[Person]
) -> None:
    def add(table: str, columns: str, *values: object) -> None:
        database.execute(f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * len(values))})", values)

    for id_, camera, start, duration in SEGMENTS:
        columns = "id, camera_id, path, bytes, mtime_ns, start, duration_s, width, height, fps, status, indexed"
        add("segments", columns, id_, camera, f"{id_}.mp4", 1, 1, T0 + start, duration, 640, 480, 10.0, "ok", T0)
    for p in people:
        columns = "id, segment_id, camera_id, first_seen, last_seen, path"
        add("people", columns, p.id, p.segment_id, p.camera_id, p.first_seen, p.last_seen, json.dumps(p.path))
    for c in changes:
        columns = "id, segment_id, camera_id, time, type, x, y, w, h, score, person_id"
        add("changes", columns, c.id, c.segment_id, c.camera_id, c.time, c.type, *c.box, c.score, c.person_id)
    for s in sightings:
        columns = "id, segment_id, camera_id, first_seen, last_seen, x, y, w, h, placed_by, ended_by, origin"
        columns += ", label, label_score, colours"
        looks = (s.origin, s.label, s.label_score, " ".join(s.colours))
        seen = (s.first_seen, s.last_seen, *s.box, s.placed_by, s.ended_by)
        add("sightings", columns, s.id, s.segment_id, s.camera_id, *seen, *looks)


def say(one: Reported, language: str = "en") -> str:
    return sentence("the mug", Found((one,), 0.9, tuple(COVERAGE)), NOW, language)


def test_a_thing_that_still_lies_there_is_visible(told: Callable[..., Reported]) -> None:
    one = told([stay(1, 0, 3600)], [])
    assert (one.state, one.place.zone, one.by) == ("visible", "study desk", None)
    assert say(one) == "Last seen (the mug): camera study, on the study desk, 11:00. The spot has not changed since."
    assert say(one, "zh") == "“the mug”最后一次看到：study，study desk，11:00。此后那个位置没有变化。"


def test_a_covered_thing_names_the_cover_and_the_time(told: Callable[..., Reported]) -> None:
    cover = stay(2, 300, 3600, (180, 180, 90, 80), placed_by=7, colours=("blue",), label="book", label_score=0.8)
    one = told([stay(1, 0, 300, ended_by=8), cover], [change(7, 300, "placed", cover.box), change(8, 300, "covered")])
    assert (one.state, one.cover) == ("covered", "blue book")
    assert say(one).endswith("At 10:05 a blue book was put on that spot: look there.")
    assert "蓝色书" in say(one, "zh")


def test_a_cover_that_the_index_did_not_call_one_is_seen_too(told: Callable[..., Reported]) -> None:
    cover = stay(2, 300, 3600, (180, 180, 90, 80), placed_by=7)
    one = told([stay(1, 0, 300), cover], [change(7, 300, "placed", cover.box)])
    assert one.state == "covered"


def test_a_thing_that_was_taken_is_carried_by_a_person_whose_path_is_told(told: Callable[..., Reported]) -> None:
    taker = Person(5, 1, 1, T0 + 290, T0 + 310, ((T0 + 290, 100, 50, 90, 300),))
    later = Person(6, 2, 2, T0 + 320, T0 + 340, ((T0 + 320, 100, 50, 90, 300),))
    much_later = Person(7, 2, 2, T0 + 900, T0 + 940, ((T0 + 900, 100, 50, 90, 300),))
    one = told([stay(1, 0, 300, ended_by=8)], [change(8, 300, "removed", person=5)], [taker, later, much_later])
    assert (one.state, one.by) == ("carried", "person")
    assert [step.camera for step in one.path] == ["study", "hallway"]
    assert "At 10:05 a person took it" in say(one)
    assert "Afterwards a person was seen on hallway (10:05)." in say(one)


def test_a_thing_that_is_missing_without_an_event_is_gone(told: Callable[..., Reported]) -> None:
    assert told([stay(1, 0, 1200)], []).state == "gone"


def test_the_newest_of_the_likely_sightings_comes_first() -> None:
    old, new, other = stay(1, 0, 300), stay(2, 600, 3600, (400, 200, 40, 30)), stay(3, 0, 3600, (50, 300, 40, 30))
    ranked = [Ranked(old, 0.8, 60.0, {}), Ranked(new, 0.7, 40.0, {}, 0.7), Ranked(other, 0.1, 2.0, {}, 0.7)]
    assert [r.sighting.id for r in choose(ranked, 0.5)] == [2, 1]


def test_a_moved_thing_is_followed_by_its_looks() -> None:
    old, new = stay(1, 0, 300), stay(2, 600, 3600, (400, 200, 40, 30))
    alike = Ranked(new, 0.3, 10.0, {}, like_best=0.9)
    assert choose([Ranked(old, 0.8, 60.0, {}), alike], 0.5)[0].sighting.id == 2
    unlike = Ranked(new, 0.3, 10.0, {}, like_best=0.5)
    assert [r.sighting.id for r in choose([Ranked(old, 0.8, 60.0, {}), unlike], 0.5)] == [1]
    another = Ranked(new, 0.7, 40.0, {}, like_best=0.5)
    assert [r.sighting.id for r in choose([Ranked(old, 0.8, 60.0, {}), another], 0.5)] == [1]


def test_two_sightings_of_one_stay_are_told_once() -> None:
    twin = stay(2, 0, 3600, (202, 201, 40, 30))
    ranked = [Ranked(stay(1, 0, 3600), 0.8, 60.0, {}), Ranked(twin, 0.7, 50.0, {}, 0.7)]
    assert len(choose(ranked, 0.5)) == 1


def test_what_stays_under_the_threshold_is_not_seen_and_the_hours_are_told() -> None:
    assert choose([Ranked(stay(1, 0, 300), 0.49, 9.0, {})], 0.5) == []
    text = sentence("the mug", Found((), 0.49, tuple(COVERAGE)), NOW, "en")
    assert text == (
        "Not seen (the mug). Looked through: study from 10:00 to 11:00; hallway from 10:00 to 11:00"
        " (without 10:10–10:15)."
    )
    assert sentence("杯子", Found((), 0.1, tuple(COVERAGE)), NOW, "zh").startswith(
        "没有看到“杯子”。已查看：study 10:00–11:00"
    )
    assert sentence("the mug", Found((), 0.0, ()), NOW, "en") == "Not seen (the mug): no footage is indexed yet."


def test_times_are_told_as_people_say_them() -> None:
    assert clock(T0, NOW, "en") == "10:00"
    assert clock(T0 - 86400, NOW, "en") == "10:00 yesterday"
    assert clock(T0 - 3 * 86400, NOW, "en") == "10:00 on 27 February"
    assert clock(T0 - 3 * 86400, NOW, "zh") == "2月27日10:00"


def test_hours_are_summed_without_gaps() -> None:
    assert span_hours(COVERAGE) == 1.92
