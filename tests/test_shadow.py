"""What of a change is the thing: without its shadow, whole over two grounds, and cut out for the index."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.footage import HEIGHT, WIDTH, put, table
from tools.finder.looks.colours import cut_out as is_cut_out
from tools.finder.looks.colours import look, standing_out
from tools.finder.scan.judge_backend import alone, judge, split
from tools.finder.scan.regions import Region
from tools.finder.scan.settled_backend import SettledModel
from tools.finder.scan.spots_backend import cut_out
from tools.finder.scan.stays import iou

Scene = NDArray[np.float32]
CUP, RED = (200, 120, 34, 30), (60, 60, 190)


def shaded(scene: Scene) -> Scene:
    """A hard shadow to the lower left of the cup's place, a little bluish, as beside a window."""
    scene[138:166, 170:214] *= np.array([0.64, 0.6, 0.57], np.float32)
    return scene


def change(before: Scene, after: Scene) -> tuple[Region, NDArray[np.uint8]]:
    """The one region of that change, and the last picture."""
    random, model = np.random.default_rng(3), SettledModel()
    for number, scene in enumerate([before] * 4 + [after] * 4):
        image = np.clip(scene + random.normal(0, 1.5, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.7), np.uint8)
        for region in model.step(image, 2.0 * number).regions:
            return region, image
    raise AssertionError("nothing changed")


def cup_in_shadow() -> Scene:
    scene = shaded(table())
    put(scene, CUP, RED)
    return scene


def test_the_box_of_what_was_placed_leaves_out_its_hard_shadow() -> None:
    region, _ = change(table(), cup_in_shadow())
    assert iou(region.box, CUP) < 0.6
    assert iou(judge(region).box, CUP) > 0.75


def test_so_does_that_of_what_was_taken() -> None:
    region, _ = change(cup_in_shadow(), table())
    verdict = judge(region)
    assert verdict.presence < 0
    assert iou(verdict.box, CUP) > 0.75


def test_a_dark_grey_thing_on_a_grey_ground_is_not_taken_for_a_shadow() -> None:
    def scene(thing: bool) -> Scene:
        drawn = np.full((HEIGHT, WIDTH, 3), 180.0, np.float32)
        if thing:
            drawn[120:150, 200:234] = 100.0
        return drawn

    region, _ = change(scene(False), scene(True))
    assert alone(region)[0].sum() > 0.8 * 34 * 30


def test_a_thing_over_two_grounds_stays_one_thing() -> None:
    def scene(thing: bool) -> Scene:
        drawn = table()
        drawn[100:135, 150:300] = (150.0, 120.0, 30.0)
        if thing:
            drawn[110:170, 200:240] = (190.0, 150.0, 235.0)
        return drawn

    region, _ = change(scene(False), scene(True))
    assert len(split(region)) == 1


def test_the_crop_shows_the_thing_alone_on_its_ground() -> None:
    scene = cup_in_shadow()
    scene[95:175, 236:260] = (190, 60, 40)
    ground = shaded(table())
    ground[138:166, 170:214] = table()[138:166, 170:214]
    ground[95:175, 236:260] = (190, 60, 40)
    region, image = change(ground, scene)
    crop = np.asarray(cv2.imdecode(np.frombuffer(cut_out(region, image, judge(region).box), np.uint8), 1), np.uint8)
    rim = np.concatenate([crop[:4].reshape(-1, 3), crop[-4:].reshape(-1, 3), crop[:, -4:].reshape(-1, 3)])
    assert np.abs(rim.astype(float) - (95, 130, 165)).max() < 25
    assert look(np.ascontiguousarray(crop[..., ::-1])).words[0] == "red"
    assert "blue" not in look(np.ascontiguousarray(crop[..., ::-1])).words
    assert is_cut_out(np.ascontiguousarray(crop[..., ::-1]))
    assert not is_cut_out(image[90:180, 170:270])


def test_a_region_stands_out_when_it_has_a_colour_of_its_own() -> None:
    noise = np.random.default_rng(2).normal(0, 3, (64, 64, 3))
    thing, edge = np.full((64, 64, 3), (150.0, 110.0, 70.0)), np.full((64, 64, 3), (150.0, 110.0, 70.0))
    thing[14:50, 14:50] = (40, 90, 220)
    edge[:, 30:] = (230, 230, 228)
    assert standing_out((thing + noise).clip(0, 255).astype(np.uint8)) > 0.5
    assert standing_out((edge + noise).clip(0, 255).astype(np.uint8)) < 0.05
