"""Zones, neighbours and parts of the picture in words."""

from __future__ import annotations

import pytest

from tools.finder.answering.place import area, inside, place_of, zone_of
from tools.finder.records import Box, Camera, Sighting, Zone

DESK = Zone("desk", ((100, 200), (500, 200), (560, 400), (40, 400)))
TRAY = Zone("tray", ((200, 250), (300, 250), (300, 350), (200, 350)))
CAMERA = Camera(1, "study", "study.mp4", None, (DESK, TRAY))
BARE = Camera(2, "hall", "hall.mp4")
SIZE = (600, 450)


def seen(box: Box, label: str, score: float = 0.9) -> Sighting:
    return Sighting(9, 1, 1, 0.0, 10.0, box, None, None, None, "detector", label, score)


def test_the_smallest_zone_under_the_foot_is_the_place() -> None:
    found = zone_of((230, 270, 40, 40), CAMERA.zones)
    assert found is TRAY
    assert zone_of((400, 270, 40, 40), CAMERA.zones) is DESK


def test_a_tall_thing_stands_where_its_foot_is() -> None:
    assert zone_of((400, 100, 30, 140), CAMERA.zones) is DESK
    assert zone_of((400, 20, 30, 60), CAMERA.zones) is None


def test_place_names_zone_and_neighbour_in_both_languages() -> None:
    place = place_of((400, 270, 40, 40), CAMERA, SIZE, [seen((450, 230, 80, 90), "laptop")])
    assert (place.zone, place.words_en) == ("desk", "on the desk, left of the laptop")
    assert place.words("zh") == "desk，笔记本电脑左边"


def test_a_neighbour_has_the_name_that_people_use() -> None:
    place = place_of((400, 270, 40, 40), CAMERA, SIZE, [seen((450, 130, 80, 190), "table lamp")])
    assert place.words_en == "on the desk, left of the lamp"
    assert place.words("zh") == "desk，台灯左边"


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((340, 280, 30, 30), "right of the laptop"), ((160, 280, 30, 30), "left of the laptop"),
        ((250, 330, 30, 30), "in front of the laptop"), ((250, 190, 30, 20), "behind the laptop"),
    ],
)  # fmt: skip
def test_each_side_of_a_neighbour(box: Box, words: str) -> None:
    assert place_of(box, BARE, SIZE, [seen((220, 230, 100, 90), "laptop")]).words_en == words


def test_unsure_small_or_far_things_are_no_neighbours() -> None:
    others = [seen((100, 230, 80, 90), "laptop", 0.3), seen((60, 270, 20, 20), "cup"), seen((500, 20, 60, 60), "chair")]
    assert place_of((20, 380, 20, 20), BARE, SIZE, others).words_en == "at the bottom left of the picture"


def test_without_zone_and_neighbour_the_part_of_the_picture_is_told() -> None:
    place = place_of((280, 200, 40, 40), BARE, SIZE)
    assert (place.zone, place.words_en, place.words_zh) == (None, "in the middle of the picture", "画面中间")


def test_polygons() -> None:
    assert inside((250, 300), TRAY.polygon)
    assert not inside((350, 300), TRAY.polygon)
    assert area(TRAY.polygon) == 10_000
