"""The chat model's worker: started at its first call, or before it, beside other work."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from agent.engine import Engine
from runtime.errors import BudgetError
from runtime.residency import Residency
from runtime.worker import Worker

from .residency_kit import budget, spec

WAIT_S = 30.0


@pytest.fixture
def residency() -> Iterator[Residency]:
    with Residency(budget(cpu_gib=1.0)) as made:
        yield made


def test_a_turn_that_needs_no_model_starts_none(residency: Residency) -> None:
    with Engine(residency, spec("a"), lambda worker: None):
        pass
    assert residency.status() == []


def test_it_is_begun_beside_the_work_of_the_caller_and_leased_once(residency: Residency) -> None:
    prepared = threading.Event()
    pids: list[int | None] = []

    def prepare(worker: Worker) -> None:
        pids.append(worker.pid)
        prepared.set()

    with Engine(residency, spec("a"), prepare) as engine:
        engine.begin()
        engine.begin()
        assert prepared.wait(WAIT_S), "nothing was begun while the caller did something else"
        assert engine.call("name") == "a"
    assert set(pids) == {residency.status()[0].pid}
    assert not residency.status()[0].in_use


def test_what_is_begun_and_never_called_is_given_back(residency: Residency) -> None:
    with Engine(residency, spec("a"), lambda worker: None) as engine:
        engine.begin()
    assert [info.in_use for info in residency.status()] == [False]


def test_an_error_of_the_beginning_is_raised_where_the_model_is_needed(residency: Residency) -> None:
    with Engine(residency, spec("a", 5.0), lambda worker: None) as engine:
        engine.begin()
        with pytest.raises(BudgetError, match="a"):
            engine.call("name")
