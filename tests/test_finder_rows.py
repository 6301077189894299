"""What a search scans: rows in mapped files, brought into line with the truth, and the shortlist of many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.house import House
from tools.finder.answering.facts import FACT, PLACED, TAKEN, Facts, Table, fact_of
from tools.finder.answering.index_view import open_index
from tools.finder.answering.match import LIKELY, rank
from tools.finder.answering.place import zone_of
from tools.finder.answering.prior import NO_ZONE, PART, handled, standing
from tools.finder.answering.query import understand
from tools.finder.answering.rough import Background
from tools.finder.answering.scale import Scale
from tools.finder.answering.shortlist import FEW, SHORT, WHOLE, Asked, shortlist
from tools.finder.answering.within import FURNITURE, inside
from tools.finder.looks.appearance_types import TextLooks
from tools.finder.looks.blocks import ROWS, Blocks
from tools.finder.looks.colours import NAMES
from tools.finder.looks.labels import LabelDirections
from tools.finder.looks.layout import PALETTE, WEIGHTS, take_apart
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
    assert (again.run(5, 4 * ROWS) == again.read(np.arange(5, 5 + 4 * ROWS))).all()


def test_half_precision_is_read_as_it_was_written(house: House) -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(-1, 64)
    vectors = Vectors(house, "test-1")
    with np.errstate(over="ignore"):
        vectors.add(range(1, len(finite) + 1), finite.astype(np.float32))
    assert (vectors.matrix(np.arange(1, len(finite) + 1)) == finite.astype(np.float32)).all()


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


def test_columns_of_cameras_times_and_broken_off_blocks_are_found(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "facts")
    ids = [3, 4, 5, ROWS + 2, 3 * ROWS + 1]
    rows = [fact_of(Sighting(id_, 1, 1 + id_ % 2, 0.0, 10.0 * id_, (5, 5, 20, 10), None, None, None, "region"))
            for id_ in ids]  # fmt: skip
    facts.keep(np.array(rows, FACT))
    assert facts.scan()["id"].tolist() == ids
    assert facts.scan(camera=2)["id"].tolist() == [3, 5, 3 * ROWS + 1]
    assert facts.scan(since=45.0)["id"].tolist() == ids[2:]
    assert facts.scan(camera=7)["id"].tolist() == []
    scan = facts.scan()
    assert all((scan[name] == facts.rows(np.array(ids))[name]).all() for name in scan)


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


def crowd(house: House, count: int) -> tuple[Facts, Vectors, list[int]]:
    """A house of one camera in which `count` sightings were made: of two hundred things, each seen again and again."""
    rng = np.random.default_rng(4)
    things = rng.integers(0, 200, count)
    looks = np.abs(rng.standard_normal((200, 128))) + np.abs(rng.standard_normal((200, 8))) @ rng.random((8, 128))
    shares = rng.dirichlet(np.full(len(NAMES), 0.3), 200)[things]
    features = looks[things] + 0.2 * rng.standard_normal((count, 128))
    palettes = np.abs(rng.standard_normal((200, PALETTE)))[things] + 0.1 * rng.random((count, PALETTE))
    parts = zip((features, palettes, np.sqrt(shares)), WEIGHTS, strict=True)
    vectors = np.concatenate([w * part / np.linalg.norm(part, axis=1, keepdims=True) for part, w in parts], 1)
    boxes = np.stack([rng.uniform(5, 500, count), rng.uniform(5, 300, count), *rng.uniform(8, 60, (2, count))], 1)
    changed = [None if one else "placed" for one in rng.random(count) < 0.8]
    seen = [Sighting(i + 1, 1, 1, 10.0 * i, 10.0 * i + 9, tuple(boxes[i].tolist()), None, None, None, "region")
            for i in range(count)]  # fmt: skip
    rows = [fact_of(one, placed) for one, placed in zip(seen, changed, strict=True)]
    facts, held = Facts(house.paths.finder / "facts"), Vectors(house, "test-1")
    facts.keep(np.array(rows, FACT))
    held.add(range(1, count + 1), vectors)
    return facts, held, things.tolist()


@pytest.mark.parametrize("by", ["words", "kind", "photo", "text"])
def test_the_shortlist_of_many_holds_what_an_exact_search_would_find(house: House, by: str) -> None:
    facts, vectors, things = crowd(house, 2 * WHOLE)
    scan = facts.scan()
    ids = np.asarray(scan["id"])
    camera = Camera(1, "study", "/rec", None, (Zone("desk", ((50, 50), (450, 60), (400, 280), (30, 250))),))
    table = Table(facts.rows(ids), vectors.shares(ids))
    wanted = understand("the turquoise wallet") if by != "photo" else None
    first = vectors.matrix([things.index(7) + 1])
    direction = take_apart(first).features - take_apart(vectors.matrix(ids[:500])).features.mean(0)
    asked = Asked(
        wanted,
        first if by == "photo" else None,
        TextLooks(take_apart(first).features, 100.0, -60.0) if by == "text" else None,
        direction / np.linalg.norm(direction) if by == "kind" else None,
    )
    usual = Background({1: camera}, {1: Scale(2.0, 0.5)}, table.take(np.arange(0, len(ids), 10)), np.ones(WHOLE // 5))
    places = shortlist(scan, table.shares, asked, usual, facts, vectors)
    assert FEW <= len(places) <= SHORT
    found = []
    for some in (table.take(places), table):
        weights = handled(some) * standing(some, {1: camera}, {})
        more = (asked.text, asked.kind)
        hits = rank(some, usual.seen, vectors, wanted, asked.photo, usual.scales, weights, *more, share=usual.share)
        times = dict(zip(some.rows["id"].tolist(), some.rows["last"].tolist(), strict=True))
        likely = sorted((h.id for h in hits if h.ratio >= LIKELY * hits[0].ratio), key=lambda id_: -times[id_])
        found.append((hits[0].id, likely[:5]))
    assert found[0] == found[1]
    if by == "photo":
        assert things[found[0][0] - 1] == 7


def test_the_newest_of_many_that_are_alike_is_handed_on(house: House) -> None:
    facts, vectors, _ = crowd(house, 2 * WHOLE)
    ids = np.asarray(facts.scan()["id"])
    rows = facts.rows(ids)
    facts.keep(np.array([fact_of(Sighting(int(i), 1, 1, 0.0, float(-i), (9, 9, 30, 20), None, None, None, "region"))
                         for i in ids], FACT))  # fmt: skip
    assert len(rows["id"]) == len(ids)
    scan, shares = facts.scan(), vectors.shares(ids)
    shares[:] = shares[0]  # all alike: only their times, which run against their numbers, tell them apart
    usual = Background({}, {1: Scale(2.0, 0.5)}, Table(facts.rows(ids[:900]), shares[:900]), np.ones(900))
    places = shortlist(scan, shares, Asked(understand("the turquoise wallet"), None), usual, facts, vectors)
    assert set(range(SHORT // 2)) <= set(places.tolist())


def test_sketches_follow_the_vectors_and_the_basis_is_found_again_while_the_house_is_young(house: House) -> None:
    _, vectors, _ = crowd(house, 5000)
    ids = np.arange(1, 5001)
    assert vectors.sketches.basis() is None
    young = vectors.sketches.prepare(1000, lambda: ids[:1000], vectors.matrix)
    assert vectors.sketches.prepare(3000, lambda: ids[:3000], vectors.matrix).fitted == young.fitted == 1000
    vectors.add([7000], vectors.matrix([1]))
    vectors.remove([2])
    rows = vectors.sketches.read(np.array([1, 2, 7000]), young)
    assert (rows[0] == rows[2]).all()
    assert rows[0].any() and not rows[1].any()
    grown = vectors.basis()
    assert grown.fitted == 7001
    assert not list(vectors.folder.glob("*-000001000*"))
    assert vectors.sketches.read(np.array([7000]), grown).any()
    parts = grown.parts(vectors.sketches.read(ids, grown), np.zeros((5000, len(NAMES)), np.float32))
    whole = take_apart(vectors.matrix(ids))
    there = grown.reduce(whole)
    for rough, exact, limit in ((parts.features, whole.features, 0.05), (parts.palettes, whole.palettes, 0.05)):
        seen = rough @ (there.features if exact is whole.features else there.palettes)[99]
        assert float(np.abs(seen - exact @ exact[99])[10:].mean()) < limit


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
    table.rows["within"][:] = inside(table.rows, table.flag(PLACED), table.flag(TAKEN), table.labelled(FURNITURE))
    camera = Camera(1, "study", "/rec", None, (Zone("desk", ((0, 0), (100, 0), (100, 100), (0, 100))),))
    weights = standing(table, {1: camera}, {1: (640, 360)})
    zoned = [zone_of(one.box, camera.zones) is not None for one in seen]
    assert zoned == [True, True, True, True, False, False]
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
