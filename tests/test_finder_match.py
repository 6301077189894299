"""Which thing is meant, and how likely each sighting is it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.errors import UnknownNameError
from runtime.house import House
from tools.finder.answering.camera_names import match_camera
from tools.finder.answering.colour_evidence import PART_TURNED_AWAY
from tools.finder.answering.evidence import by_clash, by_words, usual
from tools.finder.answering.facts import FACT, PLACED, TAKEN, Table, fact_of
from tools.finder.answering.match import Hit, rank
from tools.finder.answering.prior import handled, standing
from tools.finder.answering.query import Wanted, understand
from tools.finder.answering.scale import scales
from tools.finder.answering.within import FURNITURE, inside
from tools.finder.looks.appearance_types import margin_box
from tools.finder.looks.colours import NAMES, Look
from tools.finder.looks.layout import PALETTE, join, shares_of, take_apart
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Box, Camera, Sighting, Zone


def vector(shades: dict[str, float], feature: Sequence[float] = (1.0, 0.0, 0.0, 0.0)) -> NDArray[np.float32]:
    """A vector of a thing with these shares of shades and a network feature of 4 dimensions."""
    shares = np.array([shades.get(name, 0.0) for name in NAMES], np.float32)
    palette = np.zeros(PALETTE, np.float32)
    palette[: len(NAMES)] = np.sqrt(shares)
    unit = np.array(feature, np.float32) / np.linalg.norm(feature)
    return np.array(join(unit, Look(shares, palette, ())), np.float32)


def seen(id_: int, box: Box, label: str | None = None, score: float = 0.0, placed: int | None = None) -> Sighting:
    origin = "detector" if label else "region"
    return Sighting(id_, 1, 1, 0.0, 100.0, box, None, placed, None, origin, label, score)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind", "colours", "parts", "position"),
    [
        ("the blue mug", "mug", ("blue",), (), None),
        ("蓝色的杯子", "cup", ("blue",), (), None),
        ("die linke Flasche", "bottle", (), (), "left"),
        ("左边的瓶子", "bottle", (), (), "left"),
        ("la botella de la derecha", "bottle", (), (), "right"),
        ("ma montre rouge", "watch", ("red",), (), None),
        ("grandfather's watch", "watch", (), (), None),
        ("scissors with orange handles", "scissors", (), ("orange",), None),
        ("带绿色挂件的钥匙", "keys", (), ("green",), None),
        ("phone in a yellow case", "phone", ("yellow",), (), None),
        ("das schwarze Portemonnaie", "wallet", ("black",), (), None),
        ("navy blue glasses case", "glasses case", ("navy",), (), None),
        ("mi cartera marrón", "wallet", ("brown",), (), None),
    ],
)
def test_words_are_understood(
    text: str, kind: str, colours: tuple[str, ...], parts: tuple[str, ...], position: str | None
) -> None:
    wanted = understand(text)
    assert wanted.kinds[0].name == kind
    assert (wanted.colours, wanted.parts, wanted.position) == (colours, parts, position)


def test_a_name_in_no_table_goes_to_the_nearest_kind_or_to_none(house: House) -> None:
    from memory.embedder import Embedder

    embedder = Embedder(house)
    wanted = understand("my prescription drugs", embedder.embed)
    assert (wanted.kinds[0].name, wanted.guessed) == ("pills", True)
    assert understand("skateboard", embedder.embed).kinds == ()


class Held:
    """Vectors in memory, as `Looks` gives them."""

    def __init__(self, looks: dict[int, NDArray[np.float32]]) -> None:
        self._looks = looks

    def matrix(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.stack([self._looks[int(i)] for i in ids])


def table_of(things: list[Sighting], looks: dict[int, NDArray[np.float32]]) -> Table:
    rows = np.array([fact_of(thing) for thing in things], FACT)
    shares = np.round(shares_of(np.stack([looks[thing.id] for thing in things])) * 255)
    table = Table.of(rows, np.concatenate([shares, np.ones((len(shares), 1))], 1).astype(np.uint8))
    table.rows["within"][:] = inside(table.rows, table.flag(PLACED), table.flag(TAKEN), table.labelled(FURNITURE))
    return table


def ranked(
    things: list[Sighting],
    looks: dict[int, NDArray[np.float32]],
    wanted: Wanted | None,
    photo: NDArray[np.float32] | None = None,
) -> list[Hit]:
    table = table_of(things, looks)
    weights = handled(table) * standing(table, {}, {})
    return rank(table, table, Held(looks), wanted, photo, scales(table, []), weights)


def crowd() -> tuple[list[Sighting], dict[int, NDArray[np.float32]]]:
    """Thirty brown and grey things, as a room has them."""
    things = [seen(i, (20.0 * i, 100, 24, 16)) for i in range(1, 31)]
    looks = {t.id: vector({"brown": 0.7, "grey": 0.3} if t.id % 2 else {"grey": 0.9}) for t in things}
    return things, looks


def test_a_rare_colour_is_found_and_a_common_one_is_not() -> None:
    things, looks = crowd()
    things.append(seen(50, (300, 200, 22, 16), placed=7))
    looks[50] = vector({"turquoise": 0.9, "black": 0.1})
    best = ranked(things, looks, understand("turquoise phone"))
    assert best[0].id == 50
    assert best[0].score > 0.5 > 0.2 > best[1].score
    common = ranked(things, looks, understand("brown wallet"))
    assert common[0].score < 0.5
    absent = ranked(things, looks, understand("pink phone"))
    assert absent[0].score < 0.5


def test_the_detector_s_label_counts_for_and_against() -> None:
    things, looks = crowd()
    things += [seen(50, (300, 200, 24, 30), "cup", 0.9), seen(51, (400, 200, 24, 30), "book", 0.9)]
    looks[50] = looks[51] = vector({"red": 1.0})
    best = ranked(things, looks, understand("red cup"))
    ratios = {r.id: r.ratio for r in best}
    assert best[0].id == 50
    assert ratios[50] > 10 * ratios[51]


def test_a_photo_is_matched_by_feature_and_palette() -> None:
    rng = np.random.default_rng(5)
    things = [seen(i, (20.0 * i, 100, 24, 16)) for i in range(1, 31)]
    looks = {t.id: vector({"brown": 1.0}, (0.4, *rng.normal(0, 1, 3))) for t in things}
    things.append(seen(50, (300, 200, 22, 16)))
    looks[50] = vector({"purple": 0.8, "white": 0.2}, (1, 0.1, 0, 0))
    photo = np.stack([vector({"purple": 0.7, "white": 0.3}, (1, 0, 0, 0))])
    best = ranked(things, looks, None, photo)
    assert best[0].id == 50
    assert best[0].score > 0.5 > best[1].score


def test_plain_colours_that_only_one_has_speak_against_a_photo() -> None:
    """The same keys with another tag, a thing of which the photo shows a further side, and one in another colour."""
    crops = [{"silver": 0.7, "green": 0.3}, {"silver": 0.7, "red": 0.3}, {"silver": 1.0}, {"green": 1.0}]
    rows, photo = [vector(shades) for shades in crops], vector({"silver": 0.7, "red": 0.3})
    other, same, aside, foreign = by_clash(take_apart(np.stack(rows)), take_apart(photo[None])).tolist()
    assert same > 1 > 0.2 > max(other, foreign)
    assert aside > 0.5


def test_plain_colours_that_nobody_named_speak_against_a_thing() -> None:
    crops = [{"silver": 0.7, "green": 0.3}, {"silver": 0.3, "green": 0.2, "red": 0.5}, {"grey": 0.6, "green": 0.4}]
    things = [seen(i, (60.0 * i, 100, 24, 16)) for i in range(1, 4)]
    table = table_of(things, {thing.id: vector(shades) for thing, shades in zip(things, crops, strict=True)})
    own, other, dull = by_words(table, understand("keys with a green tag"), {}, table)["unnamed"].tolist()
    assert own == dull == 1.0
    assert other < 0.2


def test_a_part_that_is_out_of_sight_speaks_less_against_a_thing_than_its_own_colour() -> None:
    things, looks = crowd()
    things += [seen(id_, (30.0 * id_, 200, 22, 16), placed=7) for id_ in (50, 51, 52)]
    looks |= {50: vector({"blue": 0.8, "yellow": 0.2}), 51: vector({"blue": 1.0}), 52: vector({"yellow": 0.2})}
    table = table_of(things, looks)
    evidence = by_words(table, understand("blue mug with yellow dots"), {}, table)
    whole, turned, other = (evidence["colour"] * evidence["part"])[-3:].tolist()
    assert whole > 5 * turned
    assert turned > 3 * other
    assert evidence["part"][-2] >= PART_TURNED_AWAY


def test_what_is_taken_for_usual_counts_by_its_share() -> None:
    features = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.float32)
    alike, handled_ones = usual(features), usual(features, np.array([81.0, 1.0, 1.0, 1.0]))
    assert alike.mean.tolist() == [0.25, 0.75]
    assert handled_ones.mean.tolist() == [0.75, 0.25]


def test_nothing_seen_ranks_nothing() -> None:
    empty = Table.of(np.zeros(0, FACT), np.zeros((0, len(NAMES) + 1), np.uint8))
    assert rank(empty, empty, Held({}), understand("red cup"), None, {}, handled(empty)) == []


def test_handled_things_on_a_surface_weigh_most() -> None:
    camera = Camera(1, "study", "x", None, (Zone("desk", ((0, 0), (400, 0), (400, 400), (0, 400))),))
    things = [
        seen(1, (50, 50, 30, 30), placed=3),
        seen(2, (150, 50, 30, 30)),
        seen(3, (500, 50, 30, 30)),
        seen(4, (155, 55, 10, 10)),
        seen(5, (250, 50, 200, 200), "chair", 0.9),
    ]
    table = table_of(things, {thing.id: vector({"red": 1.0}) for thing in things})
    weights = handled(table) * standing(table, {1: camera}, {1: (600, 500)})
    assert weights[0] > weights[1] > weights[3]
    assert weights[1] > weights[2]
    assert weights[0] > weights[4]


def test_scale_comes_from_things_of_known_size() -> None:
    things = [seen(i, (100.0, 100, 180, 90), "chair", 0.9) for i in range(1, 4)]
    table = table_of(things, {thing.id: vector({"red": 1.0}) for thing in things})
    assert scales(table, [])[1].px_per_cm == pytest.approx(2.0, rel=0.3)


def test_margin_box_stays_inside_the_picture() -> None:
    assert margin_box((10, 10, 20, 10), 100, 100) == (4, 4, 36, 26)
    assert margin_box((0, 0, 20, 10), 22, 12) == (0, 0, 22, 12)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("front door camera", "front_door"), ("the garage", "garage"), ("车库", "garage"),
        ("厨房的摄像头", "kitchen_cam"),
        ("Küche", "kitchen_cam"), ("la cámara de la cocina", "kitchen_cam"), ("kitchen_cam", "kitchen_cam"),
        ("haustür", "front_door"), ("garag", "garage"), ("all", None), (None, None),
    ],
)  # fmt: skip
def test_cameras_are_matched_loosely(said: str | None, name: str | None) -> None:
    assert match_camera(said, ["front_door", "garage", "kitchen_cam"]) == name


def test_an_unknown_camera_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"front_door, garage"):
        match_camera("swimming pool", ["front_door", "garage"])


def test_vectors_are_kept_replaced_and_forgotten(house: House) -> None:
    vectors = Vectors(house, "test-1")
    things = [seen(1, (0, 0, 5, 5)), seen(2, (9, 0, 5, 5))]
    vectors.add([1, 2], [vector({"red": 1.0}).tolist(), vector({"blue": 1.0}).tolist()])
    assert vectors.nearest(vector({"blue": 0.9, "grey": 0.1}).tolist(), 1)[0][0] == 2
    vectors.add([2], [vector({"green": 1.0}).tolist()])
    assert np.allclose(vectors.of(things)[2], vector({"green": 1.0}), atol=1e-3)
    vectors.remove([1])
    assert set(vectors.of(things)) == {2}
    assert Vectors(house, "test-2").of(things) == {}
