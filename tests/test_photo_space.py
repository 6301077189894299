"""Photos and crops of one thing are compared by what sets them apart from their own kinds of pictures."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.scenes.generate import photo
from benchmarks.scenes.stock import make
from runtime.house import House
from tools.finder.answering.evidence import by_features, usual
from tools.finder.looks.appearance import STARTER_VERSION, LeasedAppearance, open_appearance
from tools.finder.looks.layout import PALETTE, take_apart
from tools.finder.looks.photo import SIDES, TURNS
from tools.finder.looks.photo_backend import photo_views
from tools.finder.looks.photo_space import FILE, seen_on_photo, starter_space

Floats = NDArray[np.float32]
KINDS = ("keys", "mug", "remote", "book", "scissors", "headphones", "wallet", "tape")
SEEN_PX = 24


@pytest.fixture
def appearance(house: House, need_model: object) -> Iterator[LeasedAppearance]:
    need_model("efficientnet-lite0")  # type: ignore[operator]
    need_model("ssd-mobilenet-v2-coco")  # type: ignore[operator]
    with open_appearance(house) as leased:
        yield leased


def vectors(rows: int, features: int) -> Floats:
    """Some vectors [rows, features + 216 + 15]."""
    return np.abs(np.random.default_rng(5).standard_normal((rows, features + PALETTE + 15))).astype(np.float32)


def png(bgr: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", bgr)[1].tobytes())


def test_the_space_is_of_the_network_that_the_starter_has() -> None:
    space = starter_space()
    assert space.version == STARTER_VERSION
    assert space.photos.shape == space.crops.shape == (1280,)
    assert space.axes.shape == (len(space.kept), 1280)
    assert np.allclose(space.axes @ space.axes.T, np.eye(len(space.axes)), atol=5e-3)
    assert ((space.kept > 0) & (space.kept < 1)).all()


def test_directions_are_units_and_hold_little_of_what_differs_in_one_thing() -> None:
    space = starter_space()
    views = space.photos + 0.1 * np.random.default_rng(1).standard_normal((4, 1280)).astype(np.float32)
    found, plain = space.apart(views), views - space.photos
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.abs(found @ space.axes[:8].T).mean() < 0.3 * np.abs(plain @ space.axes[:8].T).mean()


def test_a_picture_from_a_camera_is_compared_as_a_crop() -> None:
    space = starter_space()
    aside = 0.1 * np.random.default_rng(2).standard_normal((1, 1280)).astype(np.float32)
    assert np.allclose(space.apart(space.crops + aside), space.apart(space.photos + aside), atol=1e-3)


def test_features_of_another_network_stay_as_they_are() -> None:
    given = vectors(12, 768)
    found = seen_on_photo(given)
    assert not found.told_apart
    assert np.array_equal(found.features, take_apart(given).features)


def test_each_picture_of_a_thing_is_taken_for_itself() -> None:
    each = len(SIDES) * TURNS
    given = vectors(2 * each, 1280)
    both = seen_on_photo(given)
    assert both.told_apart
    assert np.allclose(both.features[each:], seen_on_photo(given[each:]).features, atol=1e-5)


def small(picture: bytes) -> bytes:
    """The thing on a photo as a camera across a room has it: some pixels, with noise."""
    view = Image.open(io.BytesIO(photo_views(picture, [SEEN_PX], 1)[0])).convert("RGB")
    noisy = np.asarray(view, float) + np.random.default_rng(3).normal(0, 3, (view.height, view.width, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=70)
    return out.getvalue()


def test_a_thing_is_told_from_others_of_its_colour_by_another_photo(appearance: LeasedAppearance) -> None:
    rng = np.random.default_rng(11)
    things = [make(kind, kind, rng, frozenset(("red", "green", "yellow", "pink"))) for kind in KINDS]
    pairs = [(png(photo(thing, rng)), small(png(photo(thing, rng)))) for thing in things]
    crops = take_apart(appearance.vectors([seen for _, seen in pairs]))
    house, sure = usual(crops.features), np.ones(len(things), np.float32)

    shown = [seen_on_photo(appearance.vectors(photo_views(one, SIDES, TURNS))) for one, _ in pairs]
    best = [int(by_features(crops, one, house, sure).argmax()) for one in shown]
    assert sum(place == found for place, found in enumerate(best)) >= 6


def test_the_file_is_taken_into_the_package() -> None:
    root = Path(__file__).resolve().parent.parent
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    assert any(fnmatch(FILE, pattern) for pattern in patterns)
