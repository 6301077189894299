"""From changes to stays: opened, closed, covered, uncovered, replaced."""

from __future__ import annotations

from tools.finder.looks.appearance_types import Proposal
from tools.finder.scan.result import Scan, ScanChange, ScanStill
from tools.finder.scan.stays import Stays, covers, iou, match

CUP, CLOTH = (100.0, 100.0, 40.0, 40.0), (60.0, 60.0, 160.0, 160.0)


def change(offset: float, kind: str, box: tuple[float, float, float, float], still: int = 0) -> ScanChange:
    return ScanChange(offset, kind, box, 0.9, still, still, None, b"crop")  # type: ignore[arg-type]


def build(*found: ScanChange, proposals: tuple[Proposal, ...] = (), same: bool = True) -> Stays:
    stills = (ScanStill(0.0, b""), ScanStill(99.0, b""))
    scan = Scan(640, 360, 10.0, 100.0, None, (), stills, found, (), 0, 1)
    stays = Stays(scan, 1000.0, lambda a, b, box: same)
    stays.begin_with(proposals)
    stays.run()
    return stays


def spans(stays: Stays) -> list[tuple[float, float]]:
    return [(s.first_seen - 1000.0, s.last_seen - 1000.0) for s in stays.sightings]


def test_placed_and_removed_make_one_stay() -> None:
    stays = build(change(10, "placed", CUP), change(50, "removed", (102.0, 99.0, 40.0, 41.0)))
    assert spans(stays) == [(10.0, 50.0)]
    assert (stays.sightings[0].placed_by, stays.sightings[0].ended_by) == (0, 1)


def test_what_was_removed_but_never_placed_lay_there_from_the_beginning() -> None:
    assert spans(build(change(30, "removed", CUP))) == [(0.0, 30.0)]
    assert spans(build(change(30, "placed", CUP))) == [(30.0, 100.0)]


def test_a_cover_ends_the_stay_and_its_removal_goes_on_with_it() -> None:
    stays = build(change(10, "placed", CUP), change(30, "placed", CLOTH), change(60, "removed", CLOTH))
    assert [c.type for c in stays.changes] == ["placed", "placed", "covered", "removed", "uncovered"]
    assert spans(stays) == [(10.0, 30.0), (30.0, 60.0), (60.0, 100.0)]
    first, _, again = stays.sightings
    assert stays.changes[first.ended_by or 0].type == "covered"
    assert stays.changes[again.placed_by or 0].type == "uncovered"
    assert again.box == CUP


def test_what_was_taken_from_under_the_cover_is_not_uncovered() -> None:
    found = (change(10, "placed", CUP), change(30, "placed", CLOTH), change(60, "removed", CLOTH))
    stays = build(*found, same=False)
    assert [c.type for c in stays.changes] == ["placed", "placed", "covered", "removed"]
    assert spans(stays) == [(10.0, 30.0), (30.0, 60.0)]


def test_a_proposal_lies_there_from_the_beginning_until_it_is_covered() -> None:
    book = Proposal(CUP, "book", 0.8, ("blue",), (1.0,), b"crop")
    page = Proposal((110.0, 110.0, 8.0, 8.0), None, 0.0, (), (1.0,), b"crop", "region")
    stays = build(change(30, "placed", CLOTH), proposals=(book, page))
    assert [c.type for c in stays.changes] == ["placed", "covered"]
    assert spans(stays) == [(0.0, 30.0), (0.0, 30.0), (30.0, 100.0)]
    stays.end_with((Proposal((70.0, 70.0, 20.0, 20.0), None, 0.0, (), (1.0,), b"", "region"),))
    assert len(stays.sightings) == 3, "a part of the cloth is not a thing of its own"


def test_boxes() -> None:
    assert iou(CUP, CUP) == 1.0
    assert match(CUP, (300.0, 0.0, 5.0, 5.0)) == 0.0
    assert covers(CLOTH, CUP)
    assert not covers(CUP, CLOTH)
    assert not covers(CUP, CUP)


def test_parts_of_a_removed_thing_go_with_it_and_small_regions_make_no_events() -> None:
    cap = Proposal((110.0, 100.0, 10.0, 8.0), "cap", 0.3, (), (1.0,), b"crop", "region")
    dot = Proposal((90.0, 90.0, 6.0, 6.0), None, 0.0, (), (1.0,), b"crop", "region")
    stays = build(change(30, "removed", CUP), change(50, "placed", CLOTH), proposals=(cap, dot))
    assert [c.type for c in stays.changes] == ["removed", "placed"]
    assert sorted(spans(stays)) == [(0.0, 30.0), (0.0, 30.0), (0.0, 50.0), (50.0, 100.0)]


def test_what_is_taken_behind_something_lay_there_until_then() -> None:
    found = (change(10, "placed", CUP), change(30, "placed", CLOTH), change(32, "removed", CUP))
    stays = build(*found, change(34, "removed", CLOTH), same=False)
    assert spans(stays) == [(10.0, 32.0), (30.0, 34.0)]
    ended = stays.sightings[0].ended_by
    assert ended is not None and stays.changes[ended].type == "removed"
