"""The starter's models on real photographs: labels, features, regions, crops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from runtime.errors import MediaError, ModelCorruptError
from tools.finder.looks.appearance import CLASSIFIER, DETECTOR
from tools.finder.looks.colours import NAMES
from tools.finder.looks.layout import PALETTE, take_apart
from tools.finder.looks.region_backend import regions
from tools.finder.looks.starter_backend import StarterVision, cut, decode, encode, overlap


@pytest.fixture(scope="module")
def vision(need_model: Callable[[str], Path]) -> StarterVision:
    return StarterVision(str(need_model(DETECTOR)), str(need_model(CLASSIFIER)))


def jpeg(rgb: np.ndarray) -> bytes:
    return encode(np.ascontiguousarray(rgb[..., ::-1]))


def test_the_detector_finds_a_cat_and_a_cup(vision: StarterVision) -> None:
    cat = vision.detect(jpeg(data.chelsea()))[0]
    assert cat[1] == "cat"
    assert cat[2] > 0.7
    cup = vision.detect(jpeg(data.coffee()))[0]
    assert cup[1] == "cup"
    assert overlap(cup[0], (170, 15, 240, 230)) > 0.7


def test_the_classifier_knows_cat_and_coffee(vision: StarterVision) -> None:
    labels = vision._classifier.labels
    for picture, words in ((data.chelsea(), {"Egyptian cat", "tiger cat", "tabby"}), (data.coffee(), {"espresso"})):
        side = min(picture.shape[:2])
        square = picture[:side, (picture.shape[1] - side) // 2 :][:, :side]
        step = np.linspace(0, side - 1, 224).astype(int)
        features, chances = vision._classifier.look([np.ascontiguousarray(square[step][:, step])])
        assert labels[int(chances[0].argmax())] in words
        assert np.linalg.norm(features[0]) == pytest.approx(1, abs=1e-4)


def test_a_description_has_a_unit_vector_that_can_be_taken_apart(vision: StarterVision) -> None:
    found = vision.describe([encode(cut(decode(jpeg(data.coffee())), (173.0, 12.0, 235.0, 232.0)))])[0]
    assert found.label == "cup"
    vector = np.array([found.vector], np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
    assert vector.shape == (1, 1280 + PALETTE + len(NAMES))
    parts = take_apart(vector)
    assert np.linalg.norm(parts.features) == pytest.approx(1, abs=1e-4)
    assert parts.shares.sum() == pytest.approx(1, abs=1e-4)


def test_proposals_name_the_cup_and_carry_their_crops(vision: StarterVision) -> None:
    found = vision.propose(jpeg(data.coffee()))
    assert found[0].label == "cup"
    assert found[0].origin == "detector"
    assert all(decode(one.crop).shape[0] <= 160 for one in found)


def test_regions_find_nameless_things_on_a_grained_table() -> None:
    rng = np.random.default_rng(3)
    table = (np.array([90.0, 130.0, 170.0]) + rng.normal(0, 5, (400, 600, 3))).clip(0, 255)
    things = [(80, 90, 40, 25), (300, 200, 60, 60), (500, 320, 18, 14)]
    for (x, y, w, h), colour in zip(things, ((30, 30, 30), (40, 40, 200), (220, 220, 220)), strict=True):
        table[y : y + h, x : x + w] = colour
    found = regions(table.astype(np.uint8))
    for thing in things:
        assert max(overlap(one.box, thing) for one in found) > 0.7
    assert len(found) < 12


def test_parts_that_lie_near_each_other_are_one_region() -> None:
    """A bunch of grey keys and its red fob, with wood between them."""
    grain = np.random.default_rng(2).normal(0, 2, (540, 960, 1))
    table = np.clip(np.array([110, 140, 170]) + grain, 0, 255).astype(np.uint8)
    table[200:212, 300:314] = (150, 150, 150)
    table[202:211, 319:328] = (40, 40, 180)
    found = regions(table)
    assert max(overlap(region.box, (300, 200, 28, 12)) for region in found) > 0.8
    assert len(found) <= 3


def test_bytes_that_are_no_picture_and_files_that_are_no_model_are_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        decode(b"not a picture")
    (tmp_path / "x.pth").write_bytes(b"junk")
    (tmp_path / "labels.txt").write_text("a\n")
    with pytest.raises(ModelCorruptError):
        StarterVision(str(tmp_path), str(tmp_path))


def checked(height: int = 540, width: int = 960) -> NDArray[np.uint8]:
    """A cloth with lines of blue both ways, darker where they cross, with the grain of a camera."""
    rows, columns = np.mgrid[:height, :width]
    crossing = ((rows // 12) % 3 == 0).astype(float) + ((columns // 12) % 3 == 0)
    cloth = np.full((height, width, 3), (225, 230, 232), float) - crossing[..., None] * np.array((20, 75, 85))
    noise = np.random.default_rng(4).normal(0, 2, cloth.shape)
    return np.asarray(np.clip(cloth + noise, 0, 255), np.uint8)


def test_things_are_found_on_a_pattern() -> None:
    cloth = checked()
    things = {"mug": (200, 150, 60, 66), "phone": (600, 300, 90, 46), "lid": (430, 420, 40, 40)}
    colours = {"mug": (40, 40, 190), "phone": (60, 150, 50), "lid": (40, 190, 230)}
    for name, (x, y, w, h) in things.items():
        cloth[y : y + h, x : x + w] = colours[name]
    found = regions(cloth, 40)
    for name, box in things.items():
        assert max(overlap(region.box, box) for region in found) > 0.6, name
