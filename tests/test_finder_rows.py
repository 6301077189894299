"""What a search scans: rows in mapped files, brought into line with the truth, and the shortlist of many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.house import House
from tools.finder.answering.facts import FACT, Facts, Table, fact_of
from tools.finder.answering.index_view import open_index
from tools.finder.answering.place import zone_of
from tools.finder.answering.prior import NO_ZONE, PART, standing
from tools.finder.answering.query import understand
from tools.finder.answering.scale import Scale
from tools.finder.answering.shortlist import SHORT, WHOLE, shortlist
from tools.finder.looks.blocks import ROWS, Blocks
from tools.finder.looks.colours import NAMES
from tools.finder.looks.labels import LabelDirections
from tools.finder.looks.layout import PALETTE
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Camera, Sighting, Zone
from tools.finder.store import FinderStore

from .test_finder_store import draft


def test_rows_are_kept_over_blocks_overwritten_and_erased(tmp_path: Path) -> None:
    blocks = Blocks(tmp_path, "row", np.float32, 3)
    ids = [1, 2, 7, ROWS - 1, ROWS, 3 * ROWS + 5]
    rows = np.arange(18, dtype=np.float32).reshape(6, 3) + 1
    blocks.write(ids, rows)
    again = Blocks(tmp_path, "row", np.float32, 3)
    assert (again.read(ids) == rows).all()
    assert (again.read([7, 1, 4, 10 * ROWS]) == np.array([rows[2], rows[0], [0] * 3, [0] * 3])).all()
    again.write([7], np.array([[9, 9, 9]]))
    again.erase([1, ROWS, 5, 10 * ROWS])
    assert again.read([7, 1, ROWS]).tolist() == [[9, 9, 9], [0, 0, 0], [0, 0, 0]]
    whole = again.whole(again.lengths())
    assert len(whole) == ROWS + 1 + 6
    assert whole[7].tolist() == [9, 9, 9]


def test_columns_follow_the_truth_through_writing_replacing_and_removing(tmp_path: Path) -> None:
    with FinderStore(tmp_path / "finder") as store:
        camera = store.add_camera("study", "/rec")
        first, _ = store.write_segment(camera.id, draft())
        facts = Facts(tmp_path / "facts")
        assert facts.catch_up(store) == 1
        assert facts.catch_up(store) == 0
        scan = facts.scan()
        assert (scan["id"].tolist(), scan["camera"].tolist()) == (first, [camera.id])
        rows = facts.rows(scan["id"])
        assert rows["box"].tolist() == [[1, 2, 3, 4]]
        second, replaced = store.write_segment(camera.id, draft(still=b"other"))
        assert replaced == first
        facts.catch_up(store)
        assert facts.scan()["id"].tolist() == second
        assert facts.scan(since=5000.0)["id"].tolist() == []
        store.remove_camera("study")
        facts.catch_up(store)
        assert facts.scan()["id"].tolist() == []


def test_lost_columns_are_made_again(tmp_path: Path) -> None:
    with FinderStore(tmp_path / "finder") as store:
        ids, _ = store.write_segment(store.add_camera("study", "/rec").id, draft())
        facts = Facts(tmp_path / "facts")
        facts.catch_up(store)
        (tmp_path / "facts" / "layout").unlink()
        assert Facts(tmp_path / "facts").catch_up(store) == 1
        assert Facts(tmp_path / "facts").scan()["id"].tolist() == ids


def test_vectors_of_what_is_gone_are_forgotten_whoever_deleted_it(house: House) -> None:
    with FinderStore(house.paths.finder) as store:
        camera = store.add_camera("study", "/rec")
        ids, _ = store.write_segment(camera.id, draft())
        index = open_index(house, store, None, None)
        width = 4 + PALETTE + len(NAMES)
        index.vectors.add(ids, np.ones((1, width), np.float32))
        assert index.vectors.matrix(ids).any()
        store.write_segment(camera.id, draft(still=b"other"))  # replaces the sighting, and says so to nobody
        index = open_index(house, store, None, None)
        assert not index.vectors.matrix(ids).any()
        assert index.ids.tolist() != ids


def test_sketches_keep_likeness_and_the_nearest_is_found_among_many(house: House) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((3000, 300)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    held = Vectors(house, "test-1")
    held.add(range(1, 3001), vectors)
    ids = np.arange(1, 3001)
    rough, exact = held.likeness(ids, vectors[:1])[:, 0], vectors @ vectors[0]
    assert float(np.abs(rough - exact).mean()) < 0.15
    assert [id_ for id_, _ in held.nearest((vectors[1999] + 0.3 * vectors[5]).tolist(), 2)] == [2000, 6]


def test_a_shortlist_of_many_holds_the_rare_thing_whether_new_or_old() -> None:
    rng = np.random.default_rng(4)
    count = 3 * WHOLE
    scan: dict[str, NDArray[Any]] = {
        "id": np.arange(1, count + 1), "camera": np.ones(count, np.uint16), "label": np.zeros(count, np.uint32),
        "flags": np.zeros(count, np.uint8), "length": rng.integers(20, 90, count).astype(np.uint8),
        "aspect": rng.integers(0, 20, count).astype(np.uint8),
    }  # fmt: skip
    shares = np.zeros((count, len(NAMES) + 1), np.uint8)
    shares[:, NAMES.index("brown")], shares[:, -1] = 250, 1
    for place in (17, count - 3):
        shares[place] = 0
        shares[place, NAMES.index("turquoise")], shares[place, -1] = 250, 1
        scan["length"][place] = round(16 * np.log(22))
    scales = {1: Scale(2.0, 0.5)}
    places = shortlist(scan, shares, understand("the turquoise wallet"), scales, None)
    assert len(places) == SHORT
    assert {17, count - 3} <= set(places.tolist())
    liked = np.zeros(count, np.float32)
    liked[4321] = 0.9
    assert 4321 in shortlist(scan, shares, None, scales, liked)
    alike = np.flatnonzero(shares[:, NAMES.index("brown")])[-SHORT // 4 :]
    scan["length"][alike], shares[alike] = round(16 * np.log(22)), shares[17]
    newest = set(range(count - SHORT // 4, count))  # all of them as good as the old one, which stays
    assert newest | {17} <= set(shortlist(scan, shares, understand("the turquoise wallet"), scales, None).tolist())
    assert len(shortlist({k: v[:50] for k, v in scan.items()}, shares[:50], None, scales, None)) == 50


def test_stays_within_others_and_off_the_zones_weigh_less() -> None:
    def thing(id_: int, first: float, last: float, box: tuple[float, float, float, float], **more: Any) -> Sighting:
        return Sighting(id_, 1, 1, first, last, box, None, more.get("placed"), None, "region", more.get("label"))

    seen = [
        thing(1, 0.0, 100.0, (10, 10, 40, 40)),
        thing(2, 50.0, 150.0, (12, 12, 30, 30)),  # lies within 1 while that is there
        thing(3, 150.0, 200.0, (12, 12, 30, 30)),  # later
        thing(4, 50.0, 150.0, (12, 12, 30, 30), placed=9),  # was put there
        thing(5, 0.0, 200.0, (200, 10, 40, 40), label="chair"),
        thing(6, 10.0, 90.0, (205, 15, 30, 30)),  # on the chair
    ]
    table = Table.of(np.array([fact_of(one) for one in seen], FACT), np.zeros((6, 16), np.uint8))
    camera = Camera(1, "study", "/rec", None, (Zone("desk", ((0, 0), (100, 0), (100, 100), (0, 100))),))
    weights = standing(table, {1: camera}, {1: (640, 360)})
    inside = [zone_of(one.box, camera.zones) is not None for one in seen]
    assert inside == [True, True, True, True, False, False]
    assert weights.tolist() == pytest.approx([1.0, PART, 1.0, 1.0, NO_ZONE, NO_ZONE])


def test_a_table_takes_rows_with_their_flags() -> None:
    things = [
        Sighting(i, 1, 1, 0.0, 9.0, (5, 5, 20, 10), None, placed, None, "region", label)
        for i, placed, label in ((1, None, None), (2, 5, "Cup"))
    ]
    table = Table.of(np.array([fact_of(thing) for thing in things], FACT), np.zeros((2, 16), np.uint8))
    assert table.labelled(["cup"]).tolist() == [False, True]
    assert table.take(np.array([1])).rows["id"].tolist() == [2]


def test_labels_give_their_directions() -> None:
    known = LabelDirections(("cup", "book"), np.eye(2, dtype=np.float32))
    assert known.of(["BOOK", "unheard of"]).tolist() == [[0.0, 1.0]]
    assert known.of([]).shape == (0, 2)


@pytest.mark.parametrize(("first", "second", "gaps"), [(100.0, 160.5, 0), (100.0, 200.0, 1)])
def test_coverage_joins_recordings_that_follow_each_other(
    tmp_path: Path, first: float, second: float, gaps: int
) -> None:
    with FinderStore(tmp_path) as store:
        camera = store.add_camera("study", "/rec")
        store.write_segment(camera.id, draft("/rec/a.mp4", first))
        store.write_segment(camera.id, draft("/rec/b.mp4", second))
        store.write_segment(camera.id, draft("/rec/inside.mp4", second + 0.1))
        found = store.coverage("study")
        assert (found.start, len(found.gaps)) == (first, gaps)
        assert found.end == pytest.approx(second + 60.1)
