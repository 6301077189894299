"""How long a thing is for its width, from its crop or its photo, and what that is worth to a search."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tools.finder.answering.kinds import kinds
from tools.finder.answering.match import Ranked
from tools.finder.answering.outlines import (
    BY_KIND,
    CLOSELY,
    OPEN_KINDS,
    OTHERWISE,
    SURELY,
    SURELY_NOT,
    USUALLY_OPEN,
    Shape,
    by_fill,
    by_length,
    outlined,
    wanted_shape,
)
from tools.finder.answering.query import understand
from tools.finder.looks.outline_backend import Outline, of_mask, outline, photo_outline
from tools.finder.looks.outline_rows import OutlineRows
from tools.finder.records import Sighting

WOOD, RED = (170, 130, 90), (190, 40, 40)


def drawn(length: float, width: float, degrees: float = 0.0, side: int = 160) -> Image.Image:
    """A red bar on wood, in the middle of a picture."""
    angle, middle = math.radians(degrees), side / 2
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]])
    corners = [a * along * length / 2 + b * across * width / 2 for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    picture = Image.new("RGB", (side, side), WOOD)
    ImageDraw.Draw(picture).polygon([(middle + x, middle + y) for x, y in (c.tolist() for c in corners)], fill=RED)
    return picture


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def crop(length: float, width: float, degrees: float = 0.0) -> bytes:
    """The bar in a crop that has the usual margin around its box."""
    angle = math.radians(degrees)
    w = length * abs(math.cos(angle)) + width * abs(math.sin(angle))
    h = length * abs(math.sin(angle)) + width * abs(math.cos(angle))
    pad = 0.3 * max(w, h)
    box = (80 - w / 2 - pad, 80 - h / 2 - pad, 80 + w / 2 + pad, 80 + h / 2 + pad)
    return jpeg(drawn(length, width, degrees).crop(tuple(round(v) for v in box)))  # type: ignore[arg-type]


def ranked(id_: int, crop_: bytes | None, score: float = 0.4, like: float = 0.3) -> Ranked:
    sighting = Sighting(id_, 1, 1, 0.0, 9.0, (0.0, 0.0, 9.0, 9.0), None, None, None, "change", crop=crop_)
    return Ranked(sighting, score, score / (1 - score), {"colour": 2.0}, like)


@pytest.mark.parametrize("degrees", [0.0, 30.0, 45.0, 75.0])
def test_the_outline_stays_when_a_thing_is_turned(degrees: float) -> None:
    found = outline(crop(88.0, 22.0, degrees))
    assert found is not None
    assert found.length == pytest.approx(4.0, rel=0.15)
    assert found.fill == pytest.approx(1.0, abs=0.1)
    assert found.pixels == pytest.approx(88 * 22, rel=0.25)


def test_a_ring_fills_less_than_a_disc() -> None:
    y, x = np.mgrid[-30:31, -30:31]
    away: NDArray[np.float64] = np.hypot(x, y)
    disc, ring = of_mask(away < 28), of_mask((away < 28) & (away > 22))
    assert disc is not None and ring is not None
    assert (disc.length, ring.length) == pytest.approx((1.0, 1.0), abs=0.02)
    assert disc.fill > 0.95 > 0.6 > ring.fill


def test_of_hardly_any_pixels_or_a_broken_crop_there_is_no_outline() -> None:
    assert of_mask(np.eye(5, dtype=bool)) is None
    assert outline(b"no picture") is None


def test_a_photo_tells_its_thing_s_length_where_it_stands_alone(tmp_path: Path) -> None:
    rows = OutlineRows(tmp_path / "rows")
    alone = photo_outline(jpeg(drawn(120.0, 24.0, 20.0, 320)))
    assert alone is not None
    assert [rows.of_photo(jpeg(drawn(120.0, 24.0, 20.0, 320))) for _ in range(2)] == [alone, alone]
    assert alone.length == pytest.approx(5.0, rel=0.15)
    noise = np.random.default_rng(1).integers(0, 255, (320, 320, 3)).astype(np.uint8)
    assert photo_outline(jpeg(Image.fromarray(noise))) is None
    assert rows.of_photo(jpeg(Image.fromarray(noise))) is rows.of_photo(jpeg(Image.fromarray(noise))) is None
    file, wanted = tmp_path / "bar.jpg", understand("my red wallet")
    file.write_bytes(jpeg(drawn(120.0, 24.0, 20.0, 320)))
    assert wanted_shape(wanted, [file], rows).lengths[0] == pytest.approx((5.0,), rel=0.15)
    assert wanted_shape(wanted, [file], rows).open == SURELY_NOT
    assert wanted_shape(wanted, [tmp_path / "gone.jpg"], rows) == wanted_shape(wanted, [], rows)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert wanted_shape(wanted, [tmp_path / "broken.jpg"], rows) == wanted_shape(wanted, [], rows)
    assert wanted_shape(wanted, [], rows).lengths == tuple(kind.lengths for kind in wanted.kinds)
    assert wanted_shape(None, [], rows).lengths == ()
    assert wanted_shape(understand("my keys"), [], rows).open == SURELY
    (buckled,) = wanted_shape(understand("my watch"), [], rows).lengths
    assert max(buckled) > 2 > min(buckled)


def test_a_length_speaks_for_and_against_and_the_less_the_fewer_pixels_there_are() -> None:
    long, round_ = Outline(4.2, 1.0, 2000), Outline(1.1, 1.0, 2000)
    assert by_length(long, 4.0, BY_KIND) > 2.0
    assert OTHERWISE < by_length(round_, 4.0, BY_KIND) < 0.4
    assert by_length(round_, 4.0, BY_KIND) < by_length(Outline(1.1, 1.0, 30), 4.0, BY_KIND) < 1.0
    assert by_length(round_, 1.2, BY_KIND) > by_length(long, 1.2, BY_KIND)


def test_what_is_solid_is_hardly_a_bunch_of_keys_and_the_other_way_round() -> None:
    solid, wiry, speck = Outline(1.2, 1.01, 900), Outline(1.2, 0.52, 900), Outline(1.2, 1.01, 40)
    assert by_fill(solid, SURELY) < 0.4 < 1.0 < by_fill(solid, SURELY_NOT)
    assert by_fill(wiry, SURELY) > 2.0 > 0.6 > by_fill(wiry, SURELY_NOT)
    assert by_fill(speck, SURELY) == by_fill(speck, SURELY_NOT) == 1.0
    assert by_fill(solid, USUALLY_OPEN) == pytest.approx(1.0)
    assert {kind.name for kind in kinds()} >= OPEN_KINDS


def test_of_things_that_look_alike_the_one_of_the_right_length_is_best(tmp_path: Path) -> None:
    square, long = ranked(1, crop(50.0, 40.0), 0.45), ranked(2, crop(88.0, 22.0, 40.0))
    without = ranked(3, None, 0.3)
    rows = OutlineRows(tmp_path)
    best = outlined([square, long, without], wanted_shape(understand("red remote control"), [], rows), rows)
    assert [one.sighting.id for one in best] == [2, 3, 1]
    assert best[1].score == pytest.approx(0.3)
    assert best[0].score > 0.6
    assert best[0].ratio == pytest.approx(long.ratio * best[0].evidence["outline"])
    assert outlined([square, long], Shape(()), rows) == [square, long]


def test_what_looks_like_the_best_one_has_its_outline_too(tmp_path: Path) -> None:
    first = [ranked(number, crop(50.0, 40.0)) for number in range(CLOSELY)]
    same, other = ranked(90, crop(50.0, 40.0), 0.35, 0.95), ranked(91, crop(50.0, 40.0), 0.35, 0.4)
    best = {one.sighting.id: one for one in outlined([*first, same, other], Shape(((5.0,),)), OutlineRows(tmp_path))}
    assert best[90].score < 0.2
    assert best[91].score == pytest.approx(0.35)


def test_outlines_are_made_once_and_kept_until_the_crop_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, square, plain = crop(88.0, 22.0), crop(50.0, 40.0), jpeg(Image.new("RGB", (3, 3), WOOD))
    expected = [outline(long), outline(square), None, None]
    rows = OutlineRows(tmp_path)
    rows.add([70_000, 3], [long, square])
    assert rows.of([70_000, 3, 5, 4], [long, square, None, plain]) == expected
    made: list[bytes] = []

    def making(data: bytes) -> Outline | None:
        made.append(data)
        return outline(data)

    monkeypatch.setattr("tools.finder.looks.outline_backend.outline", making)
    again = OutlineRows(tmp_path)
    assert again.of([3, 70_000, 4], [square, long, plain]) == [expected[1], expected[0], None]
    assert made == []
    assert again.of([3], [long]) == [expected[0]]
    again.erase([70_000, 99])
    assert again.of([70_000, 3], [long, long]) == [expected[0]] * 2
    assert made == [long, long]
