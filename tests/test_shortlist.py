"""What is not looked at in a search of many cannot be the thing: bounds hold, and nothing near the best is left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runtime.house import House
from tools.finder.answering.colour_evidence import by_colours, colour_ratios, most_by_colours
from tools.finder.answering.evidence import by_label, by_shape, by_size
from tools.finder.answering.facts import CHANGE, DARK, DETECTOR, PLACED, Facts, Table, code
from tools.finder.answering.match import by_looks, most_by_looks
from tools.finder.answering.prior import NO_ZONE, TINY_PX, handled, standing
from tools.finder.answering.query import understand
from tools.finder.answering.rough import Background, Rough
from tools.finder.answering.scale import Scale
from tools.finder.answering.shortlist import NEAR, SHORT, WHOLE, Asked, _Cascade, shortlist
from tools.finder.looks.colours import NAMES
from tools.finder.looks.layout import Parts
from tools.finder.looks.vectors import Vectors
from tools.finder.records import Camera, Zone

from .test_finder_rows import crowd

CAMERA = Camera(1, "study", "/rec", None, (Zone("desk", ((50, 50), (450, 60), (400, 280), (30, 250))),))


def shades(count: int, seed: int) -> np.ndarray:
    """Shares in bytes, few and many of each, [count, 16]."""
    rng = np.random.default_rng(seed)
    shares = np.concatenate([rng.dirichlet(np.full(len(NAMES), a), count // 2) for a in (0.1, 2.0)])
    return np.concatenate([np.round(shares * 255), np.ones((len(shares), 1))], 1).astype(np.uint8)


@pytest.mark.parametrize(
    "words", ["the turquoise wallet", "keys with a red tag", "dark blue bottle", "light mug", "my phone", "紫色的杯子"]
)
def test_shades_say_at_most_what_they_are_said_to(words: str) -> None:
    wanted, rng = understand(words), np.random.default_rng(1)
    flags = np.where(rng.random(4000) < 0.5, DARK, 0).astype(np.uint8)
    house, table = Table({"flags": flags[:200]}, shades(200, 2)), Table({"flags": flags}, shades(4000, 3))
    ratios = colour_ratios(wanted, house, rng.random(200) + 0.1)
    said = sum(by_colours(table, wanted, ratios).values(), np.zeros(len(flags), np.float32))
    assert said.max() <= most_by_colours(wanted, ratios) + 1e-5
    if wanted.colours:
        assert said.max() > most_by_colours(wanted, ratios) - 4.0


@pytest.mark.parametrize("told_apart", [True, False])
def test_looks_say_at_most_what_they_are_said_to(told_apart: bool) -> None:
    rng = np.random.default_rng(4)

    def parts(count: int, seed: int) -> Parts:
        features, palettes = (np.abs(rng.standard_normal((count, wide))).astype(np.float32) for wide in (24, 30))
        features, palettes = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (features, palettes))
        return Parts(features, palettes, (shades(count, seed)[:, :-1] / 255).astype(np.float32))

    house, photo = parts(300, 5), parts(4, 6)
    photo = Parts(photo.features, photo.palettes, photo.shares, told_apart)
    many = parts(3000, 7)
    joined = [np.concatenate(pair) for pair in ((many.features, photo.features), (many.palettes, photo.palettes))]
    things = Parts(joined[0], joined[1], np.concatenate([many.shares, photo.shares]))
    seen, kind = rng.uniform(0.1, 1, len(things.features)).astype(np.float32), house.features[:3] - house.features[3]
    for views, directions in ((photo, None), (None, kind), (photo, kind)):
        evidence = by_looks(things, house, views, None, directions, seen)
        said = np.sum([np.log(one) for one in evidence.values()], 0)
        assert (said <= most_by_looks(house, views, None, directions, seen, None) + 1e-4).all()


def test_columns_say_nearly_what_whole_facts_do(house: House) -> None:
    facts, vectors, _ = crowd(house, 3000)
    scan, rng = facts.scan(), np.random.default_rng(8)
    ids = np.asarray(scan["id"])
    table = Table(facts.rows(ids), vectors.shares(ids))
    made = {
        "flags": rng.choice([PLACED, CHANGE, DETECTOR], len(ids)),
        "within": rng.random(len(ids)) < 0.3,
        "label": rng.choice([0, code("wallet"), code("chair")], len(ids)),
    }
    for name, values in made.items():
        table.rows[name][:], scan[name] = values, values.astype(table.rows[name].dtype)
    wanted, scales = understand("the wallet"), {1: Scale(2.0, 0.5)}
    usual = Background({1: CAMERA}, scales, table.take(np.arange(0, 3000, 10)), np.ones(300))
    found = Rough(wanted, None, usual).by_columns(scan, np.arange(256, dtype=np.float32)) - scan["length"]
    weights = handled(table) * standing(table, {1: CAMERA}, {})
    exact = np.log(weights * by_size(table, wanted, scales) * by_shape(table, wanted) * by_label(table, wanted))
    away = (found - exact)[np.abs(table.rows["box"][:, 2:].max(1) - TINY_PX) > 1]
    assert away.min() > -0.4, "in doubt a thing stands in a zone"
    assert away.max() < 0.4 - np.log(NO_ZONE)
    assert float(np.mean(np.abs(away) < 0.4)) > 0.8


@pytest.mark.parametrize("by", ["words", "photo"])
def test_nothing_near_the_best_is_left_out(house: House, by: str) -> None:
    facts, vectors, _ = crowd(house, 3 * WHOLE)
    asked = near_question(vectors, by)
    usual, columns, shares = background(facts, vectors)
    every = np.arange(len(shares))
    cascade = _Cascade(columns, shares, asked, usual, vectors)
    places, score = cascade.weighed(every, cascade.lowered(every), -math.inf)
    assert (places == every).all()
    assert (score <= cascade.bound + 1e-3).all()
    near = np.flatnonzero(score >= score.max() - NEAR)
    assert len(near) < SHORT
    assert set(near.tolist()) <= set(shortlist(columns, shares, asked, usual, facts, vectors).tolist())


def near_question(vectors: Vectors, by: str) -> Asked:
    """A question that only some things answer."""
    if by == "words":
        return Asked(understand("the turquoise wallet"), None)
    return Asked(None, vectors.matrix([17]))


def background(facts: Facts, vectors: Vectors) -> tuple[Background, dict[str, np.ndarray], np.ndarray]:
    """What is usual in a crowd, its columns and its shades."""
    scan = facts.scan()
    ids = np.asarray(scan["id"])
    some = ids[:: len(ids) // 800]
    seen = Table(facts.rows(some), vectors.shares(some))
    return Background({1: CAMERA}, {1: Scale(2.0, 0.5)}, seen, handled(seen)), scan, vectors.shares(ids)
