"""Leases on workers within a budget: who is started, who is freed, what is told."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from runtime.errors import BudgetError, ModelMissingError
from runtime.residency import GIB, Priority, Residency

from .residency_kit import budget, spec


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def residency(clock: Clock) -> Iterator[Residency]:
    with Residency(budget(cpu_gib=1.0, idle_s=1000), clock=clock, gpu_free=lambda: 2 * GIB) as made:
        yield made


def names(residency: Residency) -> list[str]:
    return [info.name for info in residency.status()]


def test_the_same_worker_serves_the_same_spec(residency: Residency) -> None:
    with residency.lease(spec("a")) as first, residency.lease(spec("a")) as second:
        assert first is second
        assert first.call("name") == "a"
        info = residency.status()[0]
        assert (info.name, info.pid, info.in_use, info.restarts) == ("a", first.pid, True, 0)
        assert info.cpu_bytes > 1_000_000
    assert not residency.status()[0].in_use


def test_the_least_recently_used_idle_worker_of_the_lowest_priority_goes(residency: Residency) -> None:
    for name, priority in (("voice", Priority.SPEECH), ("old", Priority.IMAGE), ("new", Priority.IMAGE)):
        with residency.lease(spec(name, 0.3, priority=priority)):
            pass
    with residency.lease(spec("old", 0.3, priority=Priority.IMAGE)):
        pass
    with residency.lease(spec("next", 0.3, priority=Priority.CHAT)):
        assert names(residency) == ["next", "old", "voice"]


def test_only_as_much_as_needed_is_freed_and_never_one_in_use(residency: Residency) -> None:
    with residency.lease(spec("kept", 0.5, priority=Priority.BACKGROUND)):
        with residency.lease(spec("idle", 0.4, priority=Priority.SPEECH)):
            pass
        with residency.lease(spec("small", 0.05)):
            assert names(residency) == ["idle", "kept", "small"]
        with residency.lease(spec("large", 0.45)):
            assert names(residency) == ["kept", "large", "small"]
        with (
            pytest.raises(BudgetError, match=r"needs 0\.8 GiB of main memory") as caught,
            residency.lease(spec("too much", 0.8)),
        ):
            pass
        assert "budget.cpu_gib" in (caught.value.remedy or "")
    with pytest.raises(BudgetError, match=r"budget of 1\.0 GiB"), residency.lease(spec("huge", 3.0)):
        pass


def test_gpu_memory_is_counted_apart(residency: Residency) -> None:
    with residency.lease(spec("gpu", 0.1, gpu_gib=1.5)):
        with residency.lease(spec("cpu", 0.1)):
            pass
        refused = r"0\.5 GiB of GPU memory; 0\.3 GiB are free of a budget of 1\.8"
        with pytest.raises(BudgetError, match=refused), residency.lease(spec("second", 0.1, gpu_gib=0.5)):
            pass
        assert names(residency) == ["cpu", "gpu"]
    with residency.lease(spec("second", 0.1, gpu_gib=0.5)):
        assert names(residency) == ["cpu", "second"]


def test_a_worker_that_failed_to_start_or_died_takes_no_budget(residency: Residency) -> None:
    with pytest.raises(ModelMissingError), residency.lease(spec("refusing", 0.9)):
        pass
    with residency.lease(spec("dies", 0.9)) as worker:
        os.kill(worker.pid or 0, signal.SIGKILL)
    with residency.lease(spec("next", 0.9)) as worker:
        assert worker.call("name") == "next"


def test_idle_workers_are_given_back_after_a_while(residency: Residency, clock: Clock) -> None:
    with residency.lease(spec("a")):
        pass
    clock.now += 1000
    residency.release_idle()
    assert names(residency) == []
    with residency.lease(spec("used")):
        clock.now += 5000
        residency.release_idle()
        assert names(residency) == ["used"]


def test_leases_from_many_threads(residency: Residency) -> None:
    heard: list[str] = []

    def use(name: str) -> None:
        with residency.lease(spec(name, 0.2)) as worker:
            heard.append(worker.call("name"))

    threads = [threading.Thread(target=use, args=(name,)) for name in "abab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(heard) == ["a", "a", "b", "b"]
    assert names(residency) == ["a", "b"]


def test_close_ends_all(residency: Residency) -> None:
    with residency.lease(spec("a")) as worker:
        residency.close()
        assert not worker.alive
    assert residency.status() == []
