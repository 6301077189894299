"""A thing is followed in the hand that takes it, and was seen last there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage import WIDTH, put, record, table
from tests.test_finder_store import draft
from tests.test_scan import scan
from tools.finder.answering.answer import report
from tools.finder.answering.history import History
from tools.finder.answering.match import Ranked
from tools.finder.records import Camera
from tools.finder.scan.drafts import CarriedDraft
from tools.finder.scan.result import Scan
from tools.finder.scan.stays import Stays
from tools.finder.store import FinderStore

CUP = (120, 120, 34, 30)
TAKEN_S, GONE_S = 8.0, 10.5


def carrying(colour: tuple[int, int, int], held: bool = True) -> Callable[[float], NDArray[np.float32]]:
    """Somebody in grey takes the cup at `TAKEN_S` and is out of the picture, to the right, with it at `GONE_S`."""

    def draw(t: float) -> NDArray[np.float32]:
        scene = table()
        way = min(max((t - TAKEN_S) / (GONE_S - TAKEN_S), 0.0), 1.0)
        x = round(CUP[0] + way * (WIDTH - CUP[0] + 20))
        if t < TAKEN_S or (held and t < GONE_S and x + 20 < WIDTH):
            width = min(CUP[2], WIDTH - x)
            put(scene, (x if t >= TAKEN_S else CUP[0], CUP[1], width, CUP[3]), colour)
        if TAKEN_S - 1.0 <= t < GONE_S + 0.3:
            scene[: CUP[1] + 6, x + 4 : x + 44] = (70, 74, 72)
        return scene

    return draw


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(record(tmp_path_factory.mktemp("carry") / "taken.mp4", 18.0, carrying((60, 60, 190))))


def test_it_is_followed_to_the_edge_of_the_picture(taken: Scan) -> None:
    (change,) = taken.changes
    assert change.kind == "removed"
    assert change.carried is not None
    assert change.carried.offset == pytest.approx(GONE_S, abs=0.8)
    x, y, w, h = change.carried.box
    assert x + w > 0.8 * WIDTH
    assert abs(y - CUP[1]) < 15
    assert w * h > 200


def test_a_still_of_that_moment_is_kept(taken: Scan) -> None:
    carried = taken.changes[0].carried
    assert carried is not None
    still = taken.stills[carried.still]
    assert still.offset == pytest.approx(carried.offset, abs=0.02)
    assert still.jpeg[:2] == b"\xff\xd8"


def test_the_change_of_the_index_tells_it(taken: Scan) -> None:
    stays = Stays(taken, 1000.0, lambda first, second, box: True)
    stays.run()
    carried, found = stays.changes[0].carried, taken.changes[0].carried
    assert carried is not None
    assert found is not None
    assert (carried.time, carried.box, carried.still) == (1000.0 + found.offset, found.box, found.still)


def test_what_nobody_holds_is_not_followed(tmp_path: Path) -> None:
    (change,) = scan(record(tmp_path / "gone.mp4", 18.0, carrying((60, 60, 190), held=False))).changes
    assert change.kind == "removed"
    assert change.carried is None


def test_the_answer_is_the_last_sight_in_the_hand_and_the_place_where_it_lay(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        camera = store.add_camera("a", "/a")
        plain = draft()
        plain.changes[1] = replace(plain.changes[1], carried=CarriedDraft(1043.5, (600, 100, 20, 20), 1))
        store.write_segment(camera.id, plain)
        (sighting,) = store.sightings()
        (told,) = report([Ranked(sighting, 0.9, 9.0, {})], _history(store, camera))
        assert told.state == "carried"
        assert told.sighting.last_seen == 1043.5
        assert told.sighting.box == (600, 100, 20, 20)
        assert told.place.words_en == "at the top left of the picture"
        assert told.sighting.still_id == store.carried(sighting.ended_by or 0).still_id  # type: ignore[union-attr]


def test_a_still_with_a_hand_in_it_is_no_settled_frame(tmp_path: Path) -> None:
    with FinderStore(tmp_path) as store:
        camera = store.add_camera("a", "/a")
        plain = draft()
        store.write_segment(camera.id, plain)
        newest = store.newest_still(camera.id)
        plain.changes[1] = replace(plain.changes[1], carried=CarriedDraft(1030.0, (600, 100, 20, 20), 1))
        store.write_segment(camera.id, plain)
        settled = store.newest_still(camera.id)
        assert newest is not None
        assert settled is not None
        assert store.still(settled) is not None
        assert store.still(settled).time == 1001.0  # type: ignore[union-attr]


def _history(store: FinderStore, camera: Camera) -> History:
    return History(store, [camera], [store.coverage(camera.name)], {camera.id: (640, 360)})
