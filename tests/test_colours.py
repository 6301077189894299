"""Colour words, foregrounds and palettes on drawn pictures and a real photograph."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from tools.finder.looks.colours import NAMES, foreground, likeness, look, shares, to_lab


def patch(rgb: tuple[int, int, int], ground: tuple[int, int, int] = (150, 110, 70), seed: int = 1) -> np.ndarray:
    """A 40 x 40 thing of one colour in the middle of a 64 x 64 crop, with sensor noise."""
    noise = np.random.default_rng(seed).normal(0, 4, (64, 64, 3))
    crop = np.broadcast_to(np.array(ground, float), (64, 64, 3)).copy()
    crop[12:52, 12:52] = rgb
    return (crop + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("rgb", "word"),
    [
        ((20, 20, 22), "black"), ((245, 245, 245), "white"), ((128, 128, 128), "grey"), ((200, 20, 30), "red"),
        ((255, 140, 0), "orange"), ((240, 210, 20), "yellow"), ((30, 140, 40), "green"), ((40, 90, 220), "blue"),
        ((110, 40, 160), "purple"), ((255, 150, 200), "pink"), ((230, 215, 180), "beige"),
    ],
)  # fmt: skip
def test_each_basic_colour_is_named_on_a_brown_table(rgb: tuple[int, int, int], word: str) -> None:
    assert look(patch(rgb)).words[0] == word


def test_brown_is_named_on_a_white_table() -> None:
    assert look(patch((110, 65, 30), (235, 235, 230))).words[0] == "brown"


def test_the_names_stay_when_the_light_halves() -> None:
    for rgb, word in (((200, 20, 30), "red"), ((40, 90, 220), "blue"), ((30, 140, 40), "green")):
        dim = (patch(rgb) * 0.6).astype(np.uint8)
        assert look(dim).words[0] == word


def test_foreground_is_the_thing_and_not_its_ground() -> None:
    mask = foreground(patch((40, 90, 220)))
    assert mask[14:50, 14:50].mean() > 0.95
    assert mask[:8].sum() == 0


def test_a_thing_in_the_colour_of_its_ground_still_has_a_foreground() -> None:
    mask = foreground(patch((150, 110, 70)))
    assert mask.any()


def test_lab_of_white_black_and_red_is_that_of_the_standard() -> None:
    lab = to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], np.uint8))
    assert lab == pytest.approx(np.array([[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]]), abs=0.1)


def test_likeness_is_high_for_the_colour_and_low_for_others() -> None:
    found = np.array([look(patch((40, 90, 220))).shares, look(patch((200, 20, 30))).shares])
    blue, red = found @ likeness("blue"), found @ likeness("red")
    assert blue[0] > 0.8 > 0.2 > blue[1]
    assert red[1] > 0.8 > 0.2 > red[0]


def test_palettes_of_the_same_thing_are_nearer_than_of_another() -> None:
    things = (((40, 90, 220), 1), ((40, 90, 220), 9), ((200, 20, 30), 1))
    blue, again, red = (look(patch(colour, seed=seed)).palette for colour, seed in things)
    assert float(blue @ again) > 0.95 > 0.3 > float(blue @ red)


def test_shares_of_a_real_photograph_sum_to_at_most_one() -> None:
    found = shares(data.coffee().reshape(-1, 3)[::50])
    assert 0.5 < sum(found.values()) <= 1.0 + 1e-6
    assert set(found) <= set(NAMES)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_no_pixels_have_no_colours() -> None:
    assert shares(np.empty((0, 3), np.uint8)) == {}
