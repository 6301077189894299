"""The scale of a camera: from things and people of usual size, whoever else is seen."""

from __future__ import annotations

import numpy as np
import pytest

from tools.finder.answering.facts import FACT, Table, fact_of
from tools.finder.answering.scale import Scale, scales
from tools.finder.records import Box, Person, Sighting


def seen(id_: int, box: Box, label: str | None = None, seconds: float = 100.0) -> Sighting:
    origin, placed = ("detector", None) if label else ("change", 1)
    score = 0.9 if label else 0.0
    return Sighting(id_, 1, 1, 0.0, seconds, box, None, placed, None, origin, label, score)  # type: ignore[arg-type]


def scale(things: list[Sighting], people: list[Person] | None = None) -> Scale:
    rows = np.array([fact_of(thing) for thing in things], FACT)
    return scales(Table.of(rows, np.zeros((len(rows), 16), np.uint8)), people or [])[1]


def on_a_table() -> list[Sighting]:
    """Eight things of usual size on a table that is 170 cm wide and 960 pixels."""
    return [seen(i, (90.0 * i, 60.0 + 50 * (i % 3), 80.0 + 5 * i, 50.0)) for i in range(1, 9)]


def test_specks_and_a_wrong_name_do_not_spoil_it() -> None:
    specks = [seen(20 + i, (20.0 * i, 400.0, 9.0, 7.0)) for i in range(40)]
    found = scale([*on_a_table(), *specks, seen(70, (600.0, 20.0, 20.0, 300.0), "vase")])
    assert found.px_per_cm == pytest.approx(5.6, rel=0.35)
    assert scale(on_a_table()).spread <= found.spread < 0.8


def test_who_stood_there_for_a_moment_says_nothing() -> None:
    cups = [seen(i, (90.0 * i, 60.0, 25.0, 20.0)) for i in range(1, 6)]
    stood = [seen(10 + i, (100.0 * i, 50.0, 90.0, 300.0), seconds=2.0) for i in range(1, 6)]
    assert scale([*cups, *stood]).px_per_cm == pytest.approx(scale(cups).px_per_cm, rel=0.1)
    lay = [seen(10 + i, (100.0 * i, 50.0, 90.0, 300.0)) for i in range(1, 6)]
    assert scale([*cups, *lay]).px_per_cm > 2 * scale(cups).px_per_cm


def test_people_tell_more_than_what_is_called_furniture() -> None:
    path = tuple((float(t), 300.0, 40.0, 90.0, 330.0) for t in range(9))
    people = [Person(i, 1, 1, 0.0, 9.0, path) for i in (1, 2, 3)]
    benches = [seen(i, (100.0, 100.0, 900.0, 200.0), "bench") for i in (1, 2, 3, 4)]
    assert scale(benches).px_per_cm > 4
    assert scale(benches, people).px_per_cm == pytest.approx(2.0, rel=0.25)
