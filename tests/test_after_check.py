"""What an answer adds to a sighting: the spot's pixels, the way of who took it, the habit, names of covers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from runtime.house import House
from tools.finder.answering.answer import Found, Reported, report
from tools.finder.answering.habit import Usual, usual_places
from tools.finder.answering.index_view import open_index
from tools.finder.answering.journey import Step, Stop, stops
from tools.finder.answering.journey_words import say_journey, say_usual
from tools.finder.answering.match import Ranked
from tools.finder.answering.naming import thing_name
from tools.finder.answering.place import Place
from tools.finder.answering.same import choose
from tools.finder.answering.spot_backend import differing_share
from tools.finder.answering.wording import sentence
from tools.finder.records import Box, Sighting, Zone
from tools.finder.scan.drafts import ChangeDraft, PersonDraft, SegmentDraft, SegmentFile, SightingDraft, StillDraft
from tools.finder.store import FinderStore

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC).timestamp()
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MUG: Box = (100, 100, 30, 30)
DESK = Zone("desk", ((0.0, 60.0), (320.0, 60.0), (320.0, 240.0), (0.0, 240.0)))


def picture(tmp_path: Path, things: dict[Box, str], light: float = 1.0, seed: int = 0) -> bytes:
    """A still of a table with things on it, with noise, JPEG."""
    image = Image.new("RGB", (320, 240), (150, 120, 90))
    pen = ImageDraw.Draw(image)
    for (x, y, w, h), colour in things.items():
        pen.rectangle((x, y, x + w - 1, y + h - 1), fill=colour)
    noise = np.random.default_rng(seed).normal(0, 3, (240, 320, 3))
    noisy = np.clip(np.asarray(image) * light + noise, 0, 255).astype(np.uint8)
    file = tmp_path / f"{len(list(tmp_path.glob('*.jpg')))}.jpg"
    Image.fromarray(noisy).save(file, "JPEG", quality=92)
    return file.read_bytes()


def test_a_spot_is_compared_whatever_the_light(tmp_path: Path) -> None:
    picture(tmp_path, {MUG: "red"})
    picture(tmp_path, {MUG: "red", (200, 100, 60, 60): "blue"}, light=0.7, seed=1)
    picture(tmp_path, {(90, 90, 70, 60): "blue"}, seed=2)
    first, dimmer, covered = (tmp_path / f"{i}.jpg" for i in range(3))
    assert (differing_share(first, dimmer, MUG, (1.0, 1.0)) or 0.0) < 0.2
    assert (differing_share(first, covered, MUG, (1.0, 1.0)) or 0.0) > 0.8
    assert differing_share(first, tmp_path / "none.jpg", MUG, (1.0, 1.0)) is None
    assert differing_share(first, covered, MUG, (1.0, 0.5)) is None


def reported(house: House, tmp_path: Path, after: dict[Box, str], kind: str, cover: Box) -> Reported:
    """The mug's stay, ended at 300 s by a change of `kind`, with stills from before and after it."""
    stills = [StillDraft(T0 + 10, picture(tmp_path, {MUG: "red"})), StillDraft(T0 + 310, picture(tmp_path, after))]
    segment = SegmentDraft(
        SegmentFile("/rec/a.mp4", 1, 1, T0, 600.0, 320, 240, 10.0),
        stills=stills,
        changes=[
            ChangeDraft(T0 + 300, "placed" if kind == "covered" else "removed", cover, 0.9, 0, 1, 0),
            ChangeDraft(T0 + 300, kind, MUG, 0.9, 0, 1, 0),  # type: ignore[arg-type]
        ],
        sightings=[
            SightingDraft(T0, T0 + 300, MUG, "change", 0, None, 1, "cup", 0.8, ("red",)),
            SightingDraft(
                T0 + 300, T0 + 600, cover, "change", 1, 0, None, "dishrag", 0.3, ("blue",)
            ),
        ],
        people=[PersonDraft([(T0 + 295 + i, 100 + 40 * max(0, i - 4), 50, 40, 120) for i in range(12)])],
    )  # fmt: skip
    with FinderStore(house.paths.finder) as store:
        camera = store.add_camera("study", "/rec", zones=[DESK])
        ids, _ = store.write_segment(camera.id, segment)
        later = PersonDraft([(T0 + 320 + i, 50, 50, 40, 120) for i in range(9)])
        hall = SegmentDraft(SegmentFile("/rec/b.mp4", 1, 1, T0, 600.0, 320, 240, 10.0), people=[later])
        store.write_segment(store.add_camera("hall", "/hall").id, hall)
        sighting = store.sightings_by_id(ids)[ids[0]]
        return report([Ranked(sighting, 0.9, 50.0, {})], open_index(house, store, None, None).history)[0]


def test_a_covered_thing_says_by_what(house: House, tmp_path: Path) -> None:
    one = reported(house, tmp_path, {(90, 90, 70, 60): "blue"}, "covered", (90, 90, 70, 60))
    assert (one.state, one.cover, one.by) == ("covered", "blue cloth", "person")


def test_what_lies_beside_a_thing_does_not_cover_it(house: House, tmp_path: Path) -> None:
    beside = {MUG: "red", (125, 60, 90, 100): "blue"}
    one = reported(house, tmp_path, {**beside, (100, 100, 29, 30): "red"}, "covered", (70, 60, 140, 100))
    assert (one.state, one.cover, one.checked) == ("visible", None, "same")


def test_who_took_it_is_followed_with_the_places_where_they_stopped(house: House, tmp_path: Path) -> None:
    one = reported(house, tmp_path, {}, "removed", MUG)
    assert one.state == "carried"
    assert [step.camera for step in one.path] == ["study", "hall"]
    assert [len(step.stops) for step in one.path] == [0, 1]
    told = sentence("the mug", Found((one,), 0.9), NOW, "en")
    assert "Afterwards a person was seen on hall (10:05, stopping at the" in told
    assert "hall（10:05，停留：" in sentence("杯子", Found((one,), 0.9), NOW, "zh")


def test_somebody_who_stands_still_has_stopped_and_who_walks_has_not() -> None:
    standing = [(float(t), 100.0 + t % 2, 50.0, 40.0, 120.0) for t in range(5)]
    walking = [(5.0 + t, 150.0 + 60 * t, 50.0, 40.0, 120.0) for t in range(5)]
    assert [time for time, _ in stops([*standing, *walking])] == [0.0]
    assert stops(walking) == []
    assert stops([]) == []


def test_stops_before_the_door_are_told() -> None:
    place = Place("desk", "on the desk", "书桌")
    path = (Step("study", T0, T0 + 9, (Stop(T0 + 60, place),)),)
    assert say_journey(path, NOW, "en") == " They stopped on the desk (10:01)."
    assert say_journey((), NOW, "en") == ""


def sighting(id_: int, first: float, last: float, box: Box = MUG, segment: int = 1) -> Sighting:
    return Sighting(id_, segment, 1, first, last, box, None, None, None, "change")


def test_a_stay_over_two_recordings_is_told_once_from_its_beginning() -> None:
    ranked = [
        Ranked(sighting(2, T0 + 600, T0 + 1200, segment=2), 0.9, 50.0, {}),
        Ranked(sighting(1, T0, T0 + 600), 0.8, 40.0, {}, 0.9),
    ]
    (one,) = choose(ranked, 0.5)
    assert (one.sighting.first_seen, one.sighting.last_seen) == (T0, T0 + 1200)


def test_where_a_thing_is_at_this_hour_is_learned_from_earlier_days(house: House) -> None:
    with FinderStore(house.paths.finder) as store:
        store.add_camera("study", "/rec", zones=[DESK])
        history = open_index(house, store, None, None).history
        noon = NOW.timestamp()
        ranked = [
            Ranked(sighting(day, noon - day * 86400 - 3000, noon - day * 86400 + 3000), 0.9, 50.0, {}, 0.9)
            for day in range(1, 5)
        ]
        night = noon - 86400 - 9 * 3600
        ranked.append(Ranked(sighting(9, night, night + 3600, (10, 10, 20, 20)), 0.9, 50.0, {}, 0.9))
        (usual,) = usual_places(ranked, 0.5, history, NOW)
        assert (usual.camera, usual.place.zone, usual.days) == ("study", "desk", 4)
        assert usual_places(ranked[:1], 0.5, history, NOW) == ()
        assert usual_places(ranked, 0.5, history, NOW + timedelta(hours=6)) == ()
    told = sentence("the keys", Found((), 0.1, (), (usual,)), NOW, "en")
    assert told.endswith("At this hour it is usually on the desk (camera study, seen there on 4 days).")
    assert "通常在：study，desk" in say_usual([Usual("study", usual.place, 1.0, 4)], "zh")


def test_gaps_since_the_last_sight_are_told() -> None:
    one = Reported(
        sighting(1, T0, T0 + 60), 0.9, "study", Place(None, "on the desk", "书桌"), "visible",
        missed=((T0 + 600, T0 + 900),),
    )  # fmt: skip
    assert sentence("it", Found((one,), 0.9), NOW, "en").endswith("Since then that camera did not record 10:10–10:15.")


def test_things_are_named_as_far_as_they_are_known() -> None:
    def named(label: str | None, score: float, colours: tuple[str, ...], box: Box = MUG) -> str | None:
        one = Sighting(1, 1, 1, 0, 1, box, None, None, None, "change", label, score, colours)
        return thing_name(one, 2.0)

    assert named("cup", 0.8, ("red",)) == "red cup"
    assert named("comic book", 0.25, ("light", "blue")) == "blue magazine"
    assert named("dugong", 0.2, ("grey",)) == "grey thing"
    assert named(None, 0.0, ("grey",), (0, 0, 200, 90)) == "large grey thing"
    assert named(None, 0.0, ()) is None
