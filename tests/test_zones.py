"""Zones are simple polygons inside the picture, in pixels or fractions of it."""

from __future__ import annotations

import pytest

from runtime.errors import UsageError
from tools.finder.records import Zone
from tools.finder.zones import area, in_pixels, is_simple, parse_polygon


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,0 10,0 10,10 0,10", 100.0),
        ("0,0; 10,0; 10,10; 0,10", 100.0),
        ("0, 0  10 ,0 10,10", 50.0),
        ("0,0 10,0 10,10 0,10 0,0", 100.0),  # closed by hand
        ("0.1,0.1 0.6,0.1 0.6,0.9", 0.2),
        ("0,0 5,0 5,5 2,1 0,5", 15.0),
    ],
)
def test_corners_are_read(text: str, expected: float) -> None:
    assert area(parse_polygon("desk", text)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0,0 10,0", "2 points"),
        ("", "0 points"),
        ("0,0 5,5 10,10", "no area"),
        ("0,0 10,10 10,0 0,10", "cross each other"),
        ("0,0 10,0 5,0 5,5", "cross each other"),
        ("0,0 4,0 4,4 2,0 0,4", "cross each other"),
        ("0,0 10,0 10,-1", "outside the picture"),
        ("0,0 10,0 ten,10", "no point"),
        ("0,0 10,0 1,2,3", "no point"),
        ("0,0 10,0 inf,3", "outside the picture"),
    ],
)
def test_what_is_no_zone_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_polygon("desk", text)


def test_a_polygon_crosses_itself_wherever_it_begins() -> None:
    bow = [(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)]
    star = [(5.0, 0.0), (8.0, 9.0), (0.0, 3.0), (10.0, 3.0), (2.0, 9.0)]
    house = [(0.0, 5.0), (5.0, 0.0), (10.0, 5.0), (10.0, 10.0), (0.0, 10.0)]
    for turn in range(5):
        assert not is_simple(tuple(bow[turn % 4 :] + bow[: turn % 4]))
        assert not is_simple(tuple(star[turn:] + star[:turn]))
        assert is_simple(tuple(house[turn:] + house[:turn]))
        assert is_simple(tuple(reversed(house[turn:] + house[:turn])))


def test_fractions_become_pixels_and_pixels_stay_inside() -> None:
    half = Zone("left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)))
    assert in_pixels(half, (640, 360)).polygon == ((0, 0), (320, 0), (320, 360))
    whole = Zone("all", ((0.0, 0.0), (640.0, 0.0), (640.0, 360.0)))
    assert in_pixels(whole, (640, 360)) == whole
    assert in_pixels(whole, None) == whole
    with pytest.raises(UsageError, match=r"640,360 of the zone 'all' is outside the picture \(640 × 240\)"):
        in_pixels(whole, (640, 240))
    with pytest.raises(UsageError, match="size of the picture is not known"):
        in_pixels(half, None)
