"""The rendered homes that measure the finder: shapes, story, truth, score; and one small scene that is found in."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cv2")
pytest.importorskip("av")

from benchmarks.finder import Tally
from benchmarks.scenes.ask import ask_scene
from benchmarks.scenes.build import height_of, place
from benchmarks.scenes.generate import photo, write_scene
from benchmarks.scenes.layouts import Layout, table_top, whole_room
from benchmarks.scenes.nuisance import Nuisances
from benchmarks.scenes.people import dressed
from benchmarks.scenes.plan import Plan, plan, radius_of
from benchmarks.scenes.score import Answer, iou, mark, sheet
from benchmarks.scenes.script import Leg, Spot, Touch, Visit
from benchmarks.scenes.stage import Light, Stage
from benchmarks.scenes.stock import KINDS, make, make_cover

CAMERA = "study_cam"


def spot(layout: Layout, zone: int, along: float = 0.0) -> Spot:
    surface = layout.surfaces[zone]
    at = (surface.centre[0], surface.height, surface.centre[1] + along * surface.half[1])
    return Spot(at, 0.4, surface.zone, surface.stand)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(table_top(np.random.default_rng(4), "study"))


@pytest.fixture(scope="module")
def scene_folder(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Path:
    """A mug is put down; a wallet that lay there is covered by a towel; keys are carried out."""
    rng, layout = np.random.default_rng(7), stage.layout
    mug, wallet, keys = (make(kind, kind, rng) for kind in ("mug", "wallet", "keys"))
    towel = make_cover("cover_wallet", False, rng)
    left, right, low = spot(layout, 0, 0.2), spot(layout, 2, 0.3), spot(layout, 2, -0.7)
    over = Spot((right.at[0], right.at[1] + height_of(wallet.parts), right.at[2]), 0.1, right.zone, right.stand)
    person, visits, begin = dressed("one", rng), [], 5.0
    for touch, held in (
        (Touch("mug", False, left), "mug"),
        (Touch("cover_wallet", False, over), "cover_wallet"),
        (Touch("keys", True, low), None),
    ):
        visits.append(Visit(CAMERA, person, begin, Leg(CAMERA, (touch,), held), layout.door, layout.hub))
        begin = visits[-1].end + 4.5
    things = {thing.name: thing for thing in (mug, wallet, keys, towel)}
    roles = {"mug": "target", "wallet": "target", "keys": "target", "cover_wallet": "cover"}
    fates = {"mug": "stay", "wallet": "cover", "keys": "out"}
    made = Plan(
        "table",
        things,
        roles,
        {CAMERA: {"wallet": right, "keys": low}},
        visits,
        fates,
        [(make("absent_clock", "clock", rng), "far")],
    )
    calm = Nuisances(1.5, 0, 0.4, "gradual", 0.1, None, None, 5)
    folder = tmp_path_factory.mktemp("scene")
    write_scene(folder, made, {CAMERA: stage}, {CAMERA: calm}, 7, rng)
    return folder


@pytest.fixture(scope="module")
def truth(scene_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((scene_folder / "truth.json").read_text())
    return found


def test_truth_tells_where_each_thing_ends(truth: dict[str, Any]) -> None:
    final = {name: item["final"] for name, item in truth["items"].items()}
    assert (final["mug"]["state"], final["mug"]["place"]) == ("visible", truth["events"][0]["place"])
    assert final["mug"]["last_visible_s"] == pytest.approx(truth["duration_s"] - 0.1, abs=0.2)
    assert (final["wallet"]["state"], final["wallet"]["covered_by"]) == ("covered", "cover_wallet")
    assert final["wallet"]["last_visible_s"] < truth["events"][1]["t"]
    assert (final["keys"]["state"], final["keys"]["gone"], final["keys"]["place"]) == ("carried", True, None)
    taken = next(e["t"] for e in truth["events"] if e["item"] == "keys")
    assert final["keys"]["last_visible_s"] > taken
    assert [e["type"] for e in truth["events"]] == ["placed", "placed", "covered", "removed", "carried_out"]
    for item in truth["items"].values():
        spans = [(row["from"], row["to"]) for row in item["track"]]
        assert spans == sorted(spans)
        assert all(since < until <= truth["duration_s"] for since, until in spans)


def test_boxes_lie_where_the_pixels_change(scene_folder: Path, truth: dict[str, Any]) -> None:
    import av

    with av.open(str(scene_folder / f"{CAMERA}.mp4")) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(frames) == round(truth["duration_s"] * truth["fps"])
    assert frames[0].shape == (540, 960, 3)
    x, y, w, h = truth["items"]["mug"]["final"]["box"]
    changed = np.abs(frames[-1].astype(int) - frames[5].astype(int)).sum(2)
    inside = changed[y : y + h, x : x + w].mean()
    corner = changed[:60, :60].mean()
    assert inside > 5 * corner


def test_a_plainly_visible_thing_is_found_in_the_right_place(
    scene_folder: Path, truth: dict[str, Any], tmp_path: Path, need_model: Any
) -> None:
    for model in ("ssd-mobilenet-v2-coco", "efficientnet-lite0"):
        need_model(model)
    asked = ask_scene(
        scene_folder, {**truth, "items": {"mug": truth["items"]["mug"]}, "absent_items": []}, tmp_path, "starter"
    )
    got = mark("mug", truth["items"]["mug"], asked.answers["photo"][0])
    assert (got.found, got.thing, got.camera, got.place, got.state) == (True, True, True, True, True), asked.answers
    assert got.error_s is not None
    assert got.error_s <= 2.0
    tally = Tally()
    tally.add("table", "one", truth, asked)
    figures = tally.as_json(True)
    assert figures["table"]["photo"]["things"] == 3
    assert figures["table"]["photo"]["found_by_state"]["visible"] == 1.0
    assert figures["footage_s"] == pytest.approx(truth["duration_s"], abs=0.5)


def test_putting_a_thing_changes_its_surroundings_only(stage: Stage) -> None:
    thing = make("ball", "ball", np.random.default_rng(1))
    stage.show({})
    before = stage.picture(Light())
    where = spot(stage.layout, 1)
    stage.show({"ball": place(thing.parts, where.at, 0.0, "ball")})
    after, share = stage.picture(Light()), stage.share("ball")
    rows, columns = np.nonzero(share > 0.5)
    assert len(rows) > 300
    assert np.abs(after - before)[share > 0.9].mean() > 0.05
    changed = np.abs(after - before).max(2) > 1e-4
    reach = 14 * int(np.ptp(columns)) + 60
    assert not changed[:, : max(0, columns.min() - reach)].any()
    stage.show({})
    assert np.array_equal(stage.picture(Light()), before)


def test_what_stands_before_a_thing_hides_it(stage: Stage) -> None:
    rng = np.random.default_rng(2)
    low, cover = make("wallet", "wallet", rng), make_cover("cover", True, rng)
    where = spot(stage.layout, 0)
    lying = {"wallet": place(low.parts, where.at, 0.0, "wallet")}
    stage.show(lying)
    seen = float(stage.share("wallet").sum())
    assert seen == pytest.approx(float(stage.alone("wallet").sum()), rel=0.02)
    stage.show({**lying, "cover": place(cover.parts, where.at, 0.0, "cover")})
    assert float(stage.share("wallet").sum()) < 0.05 * seen
    stage.show({})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_fits_its_photo(kind: str) -> None:
    rng = np.random.default_rng(3)
    thing = make(kind, kind, rng)
    assert thing.looks.first in thing.description
    assert 0.02 < radius_of(thing) < 0.3
    assert 0.004 < height_of(thing.parts) < 0.3


def test_a_photo_shows_the_thing_whole() -> None:
    rng = np.random.default_rng(5)
    picture = photo(make("red", "lunch box", rng), rng)
    assert picture.shape == (320, 320, 3)
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(int)
    assert border.std(0).max() < 20
    assert np.abs(picture.astype(int) - np.median(border, 0)).sum(2).max() > 150


def test_the_same_seed_gives_the_same_story_and_visits_never_overlap() -> None:
    def made(seed: int) -> Plan:
        rng = np.random.default_rng(seed)
        layouts = {name: whole_room(rng, name) for name in ("kitchen", "study")}
        return plan("room", layouts, lambda camera, point: True, rng)

    one, again, other = made(1), made(1), made(2)
    assert [(v.camera, v.begin, v.leg) for v in one.visits] == [(v.camera, v.begin, v.leg) for v in again.visits]
    assert {n: t.description for n, t in one.things.items()} == {n: t.description for n, t in again.things.items()}
    assert one.visits[0].leg != other.visits[0].leg
    for story in (one, other, made(3), made(4)):
        assert len(story.fates) == 4
        for camera in ("kitchen", "study"):
            mine = sorted((v for v in story.visits if v.camera == camera), key=lambda v: v.begin)
            assert all(a.end < b.begin for a, b in pairwise(mine))
        _follow(story)


def _follow(story: Plan) -> None:
    """Walk through a story: nothing is taken that does not lie there, nothing is put that is not in the hand."""
    lies = {name: spot for lying in story.lying.values() for name, spot in lying.items()}
    pairs = [(m, t) for v in story.visits for m, t in zip(v.moments, v.leg.touches, strict=True)]
    for _, touch in sorted(pairs, key=lambda pair: pair[0]):
        if touch.takes:
            assert lies.pop(touch.thing) == touch.spot
        else:
            assert touch.thing not in lies
            lies[touch.thing] = touch.spot
    assert {n for n, fate in story.fates.items() if fate == "out"}.isdisjoint(lies)


ITEM = {
    "final": {"camera": "a", "place": "desk", "state": "visible", "last_visible_s": 50.0, "box": [10, 10, 20, 20],
              "rest_box": [10, 10, 20, 20], "rest_place": "desk", "px": 300},
    "track": [{"state": "visible", "from": 20.0, "to": 50.0}],
}  # fmt: skip
GONE = {
    "final": {"camera": "a", "place": None, "state": "carried", "last_visible_s": 30.0, "box": [80, 0, 9, 9],
              "rest_box": [10, 10, 20, 20], "rest_place": "desk", "px": 90},
    "track": [{"state": "carried", "from": 28.0, "to": 30.0}],
}  # fmt: skip


def test_marks_follow_their_definitions() -> None:
    right = Answer("x", True, "a", 25.0, (12, 12, 20, 20), "desk", "visible")
    got = mark("x", ITEM, right)
    assert (got.thing, got.camera, got.place, got.box, got.state, got.error_s) == (True, True, True, True, True, 0.0)
    assert mark("x", ITEM, Answer("x", True, "a", 12.5, (12, 12, 20, 20), "desk", "visible")).error_s == 7.5
    elsewhere = mark("x", ITEM, Answer("x", True, "b", 25.0, (12, 12, 20, 20), "desk", "visible"))
    assert (elsewhere.found, elsewhere.thing, elsewhere.place, elsewhere.box) == (True, False, False, False)
    gone = mark("x", GONE, Answer("x", True, "a", 28.0, (10, 10, 20, 20), "desk", "gone"))
    assert (gone.thing, gone.place, gone.box, gone.loose, gone.state, gone.error_s) == (
        True,
        True,
        False,
        True,
        True,
        2.0,
    )
    assert not mark("x", ITEM, None).found
    assert iou([0, 0, 10, 10], [5, 0, 10, 10]) == pytest.approx(1 / 3)
    assert iou(None, [0, 0, 1, 1]) == 0.0


def test_sheets_count_what_is_found_and_what_should_not_be() -> None:
    truth = {
        "items": {"x": ITEM, "y": GONE},
        "absent_items": [{"item": "n", "similarity": "near"}, {"item": "f", "similarity": "far"}],
    }
    answers = [Answer("x", True, "a", 25.0, (12, 12, 20, 20), "desk", "visible"), Answer("n", True, "a")]
    figures = (sheet(truth, answers) + sheet(truth, [])).as_json()
    assert (figures["things"], figures["found"], figures["right_thing"]) == (4, 0.25, 0.25)
    assert figures["of_found"]["place"] == 1.0
    assert figures["false_found"] == {"near": 0.5, "far": 0.0}
    assert figures["found_by_state"] == {"visible": 0.5, "covered": None, "carried": 0.0}
