"""The timeline's lanes: what stands in which cell, the hours over it, the part of the day that is drawn."""

from __future__ import annotations

from tui.app.lanes import NAME, lane, scale, window

DAY = 1_000_000.0 - 1_000_000.0 % 86400
HOUR = 3600.0


def row(**spans: list[list[float]]) -> dict[str, object]:
    empty: dict[str, object] = {"camera": "kitchen", "covered": [], "people": [], "thing": []}
    return empty | spans


def drawn(width: int, **spans: list[list[float]]) -> str:
    return lane(row(**spans), DAY, DAY + width * HOUR, width).plain[NAME:]


def test_each_kind_has_its_own_sign_and_the_more_important_wins() -> None:
    covered = [[DAY + HOUR, DAY + 5 * HOUR]]
    people = [[DAY + 2 * HOUR, DAY + 4 * HOUR]]
    thing = [[DAY + 3 * HOUR, DAY + 4 * HOUR]]
    assert drawn(6, covered=covered, people=people, thing=thing) == "·─▄█─·"


def test_a_moment_is_one_cell_and_what_is_outside_is_none() -> None:
    assert drawn(4, thing=[[DAY + 2.5 * HOUR, DAY + 2.5 * HOUR]]) == "··█·"
    assert drawn(4, thing=[[DAY - 9 * HOUR, DAY - HOUR], [DAY + 5 * HOUR, DAY + 9 * HOUR]]) == "····"
    assert drawn(4, covered=[[DAY - HOUR, DAY + 99 * HOUR]]) == "────"


def test_whole_hours_around_all_footage_are_drawn() -> None:
    lanes = [
        row(covered=[[DAY + 10.7 * HOUR, DAY + 10.8 * HOUR]]),
        row(covered=[[DAY + 12.1 * HOUR, DAY + 12.2 * HOUR]]),
    ]
    assert window(lanes, DAY, DAY + 24 * HOUR) == (DAY + 10 * HOUR, DAY + 13 * HOUR)
    assert window([row()], DAY, DAY + 24 * HOUR) == (DAY, DAY + 24 * HOUR)
    night = [row(covered=[[DAY - HOUR, DAY + 99 * HOUR]])]
    assert window(night, DAY, DAY + 24 * HOUR) == (DAY, DAY + 24 * HOUR)


def test_hours_and_minutes_stand_over_the_lanes() -> None:
    hours = scale(DAY, DAY + 24 * HOUR, DAY, 96).plain
    assert hours[NAME : NAME + 5] == "00:00"
    assert hours[NAME + 48 : NAME + 53] == "12:00"
    minutes = scale(DAY + 10 * HOUR, DAY + 11 * HOUR, DAY, 60).plain
    assert minutes[NAME : NAME + 5] == "10:00"
    assert "10:30" in minutes
    assert len(scale(DAY, DAY + HOUR, DAY, 20).plain) == NAME + 20
