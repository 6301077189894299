"""Waiting, priorities, pins, measured sizes, events: the finer rules of the budget, on real worker processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.cancellation import Cancellation
from runtime.errors import BudgetError, CallCancelled, WorkerDiedError
from runtime.footprints import Footprint, SizeBook, measure
from runtime.residency import GIB, Priority, Residency
from runtime.residency_events import ResidencyEvent
from runtime.residency_room import Holding, Wish, hopeless, relieving, victims
from runtime.worker import WorkerSpec

from .residency_kit import budget, spec, wait_for


@pytest.fixture
def residency() -> Iterator[Residency]:
    with Residency(budget(cpu_gib=1.0, wait_s=60.0), gpu_free=lambda: 2 * GIB) as made:
        yield made


class Holder(threading.Thread):
    """Holds a lease in a thread of its own until told to end it."""

    def __init__(self, residency: Residency, wanted: WorkerSpec, cancellation: Cancellation | None = None) -> None:
        super().__init__(daemon=True)
        self.residency, self.wanted, self.cancellation = residency, wanted, cancellation
        self.has, self.go = threading.Event(), threading.Event()
        self.problem: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            with self.residency.lease(self.wanted, self.cancellation):
                self.has.set()
                self.go.wait(60)
        except Exception as problem:
            self.problem = problem
            self.has.set()

    def end(self) -> None:
        self.go.set()
        self.join(60)
        assert not self.is_alive()


def names(residency: Residency) -> list[str]:
    return [info.name for info in residency.status()]


def kinds(events: list[ResidencyEvent], name: str) -> list[str]:
    return [event.kind for event in events if event.name == name]


def test_a_lease_waits_for_another_thread_to_end_its_own(residency: Residency) -> None:
    events: list[ResidencyEvent] = []
    residency.listen(events.append)
    first = Holder(residency, spec("first", 0.8))
    assert first.has.wait(60)
    second = Holder(residency, spec("second", 0.8))
    wait_for(lambda: "waiting" in kinds(events, "second"))
    assert names(residency) == ["first"] and not second.has.is_set()
    first.end()
    assert second.has.wait(60) and second.problem is None
    assert names(residency) == ["second"]
    second.end()
    assert kinds(events, "first") == ["starting", "ready", "idle", "evicted"]
    assert kinds(events, "second") == ["waiting", "starting", "ready", "idle"]
    assert all(event.cpu_used <= event.cpu_budget == GIB for event in events)


def test_the_higher_priority_goes_first(residency: Residency) -> None:
    events: list[ResidencyEvent] = []
    residency.listen(events.append)
    holder = Holder(residency, spec("holder", 0.9))
    assert holder.has.wait(60)
    waiters = []
    for name, priority in (("image", Priority.IMAGE), ("speech", Priority.SPEECH), ("chat", Priority.CHAT)):
        waiters.append(Holder(residency, spec(name, 0.9, priority=priority)))
        wait_for(lambda name=name: "waiting" in kinds(events, name))  # type: ignore[misc]
        waiters[-1].go.set()
    holder.end()
    for waiter in waiters:
        waiter.join(60)
        assert waiter.problem is None
    assert [event.name for event in events if event.kind == "ready"] == ["holder", "speech", "chat", "image"]


def test_waiting_ends_with_the_time_and_with_a_cancellation() -> None:
    with Residency(budget(cpu_gib=1.0, wait_s=0.3)) as residency:
        holder = Holder(residency, spec("holder", 0.8))
        assert holder.has.wait(60)
        with (
            pytest.raises(BudgetError, match=r"in use: holder 0\.8 GiB.*waited for 0 s"),
            residency.lease(spec("b", 0.8)),
        ):
            pass
        holder.end()
    with Residency(budget(cpu_gib=1.0, wait_s=60)) as residency:
        holder = Holder(residency, spec("holder", 0.8))
        assert holder.has.wait(60)
        cancellation = Cancellation()
        waiter = Holder(residency, spec("b", 0.8), cancellation)
        cancellation.cancel()
        waiter.join(60)
        assert isinstance(waiter.problem, CallCancelled)
        holder.end()


def test_two_threads_that_would_wait_for_each_other_are_told(residency: Residency) -> None:
    barrier = threading.Barrier(2, timeout=60)
    told: list[object] = []

    def cross(one: str, other: str) -> None:
        with residency.lease(spec(one, 0.5)):
            barrier.wait()
            try:
                with residency.lease(spec(other, 0.4)) as worker:
                    told.append(worker.call("name"))
            except BudgetError as problem:
                told.append(problem)

    threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "c"), ("b", "d"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    refused = [one for one in told if isinstance(one, BudgetError)]
    assert len(told) == 2 and refused
    assert all("budget of 1.0 GiB" in str(one) for one in refused)


def test_who_holds_a_lease_is_not_kept_behind_the_queue(residency: Residency) -> None:
    events: list[ResidencyEvent] = []
    residency.listen(events.append)
    with residency.lease(spec("mine", 0.5, priority=Priority.BACKGROUND)):
        waiter = Holder(residency, spec("large", 0.9, priority=Priority.SPEECH))
        wait_for(lambda: "waiting" in kinds(events, "large"))
        with residency.lease(spec("small", 0.2, priority=Priority.BACKGROUND)) as worker:
            assert worker.call("name") == "small"
    assert waiter.has.wait(60) and waiter.problem is None
    waiter.end()


def test_pinned_workers_stay() -> None:
    now = [0.0]
    settings = budget(cpu_gib=1.0, idle_s=10, pinned=("chat",))
    with Residency(settings, clock=lambda: now[0]) as residency:
        with residency.lease(spec("chat", 0.4)), residency.lease(spec("chatter", 0.1)):
            pass
        now[0] = 100.0
        residency.release_idle()
        assert names(residency) == ["chat"]
        assert residency.status()[0].pinned and residency.status()[0].idle_s == 100
        with pytest.raises(BudgetError, match=r"pinned: chat 0\.4 GiB") as caught, residency.lease(spec("b", 0.7)):
            pass
        assert "budget.pinned" in str(caught.value.remedy)


def test_idle_workers_go_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    with Residency(budget(cpu_gib=1.0, idle_s=0.2)) as residency:
        events: list[ResidencyEvent] = []
        residency.listen(events.append)
        with residency.lease(spec("a")) as worker:
            pass
        wait_for(lambda: not worker.alive)
        wait_for(lambda: kinds(events, "a") == ["starting", "ready", "idle", "timed out"])


def test_sizes_are_measured_kept_and_used(tmp_path: Path) -> None:
    file = tmp_path / "sizes.json"
    wanted = spec("growing", 0.01)
    with Residency(budget(cpu_gib=1.0), sizes=SizeBook(file)) as residency:
        assert residency.needs(wanted) == Footprint(wanted.cpu_bytes)
        with residency.lease(wanted) as worker:
            loaded = residency.needs(wanted).cpu_bytes
            assert loaded > 5_000_000
            worker.call("take", 100_000_000)
        grown = residency.needs(wanted).cpu_bytes
        assert loaded + 90_000_000 < grown < loaded + 200_000_000
    with Residency(budget(cpu_gib=1.0), sizes=SizeBook(file)) as later:
        assert later.needs(wanted).cpu_bytes == grown
        assert [(row.name, row.cpu_bytes) for row in later.measured()] == [("growing", grown)]
    small = Residency(budget(cpu_gib=grown / GIB - 0.01), sizes=SizeBook(file))
    with small, pytest.raises(BudgetError, match="growing model needs"), small.lease(wanted):
        pass
    file.write_text("{broken")
    assert SizeBook(file).get(wanted.key) is None


def test_a_worker_that_outgrows_its_plan_ends_idle_ones(tmp_path: Path) -> None:
    base = 0.2
    with Residency(budget(cpu_gib=base), sizes=SizeBook(tmp_path / "sizes.json")) as residency:
        with residency.lease(spec("idle", 0.01)), residency.lease(spec("growing", 0.01)):
            pass
        assert names(residency) == ["growing", "idle"]
        with residency.lease(spec("growing", 0.01)) as worker:
            worker.call("take", int(base * 0.8 * GIB))
        assert names(residency) == ["growing"]


def test_closing_during_a_start_leaves_no_process(residency: Residency) -> None:
    events: list[ResidencyEvent] = []

    def close(event: ResidencyEvent) -> None:
        events.append(event)
        if event.kind == "starting":
            threading.Thread(target=residency.close).start()

    residency.listen(close)
    try:
        with residency.lease(spec("a")) as worker:
            wait_for(lambda: not worker.alive)
    except WorkerDiedError:
        pass
    wait_for(lambda: residency.used().cpu_bytes == 0)
    assert residency.status() == []


def test_an_observer_that_fails_stops_nothing(residency: Residency, caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: ResidencyEvent) -> None:
        raise RuntimeError("the observer's own fault")

    heard: list[ResidencyEvent] = []
    stop = residency.listen(fail)
    residency.listen(heard.append)
    with residency.lease(spec("a")):
        pass
    assert kinds(heard, "a") == ["starting", "ready", "idle"]
    assert "observer" in caplog.text
    stop()
    with pytest.raises(BudgetError), residency.lease(spec("huge", 3)):
        pass
    assert heard[-1].kind == "refused" and "3.0 GiB" in heard[-1].note


def held(key: str, size: int, *, priority: int = 0, used: float = 0.0, **more: object) -> Holding:
    return Holding(key, key, Footprint(size), priority, used, **more)  # type: ignore[arg-type]


def test_no_more_is_ended_than_is_needed() -> None:
    wish = Wish("w", Footprint(50), 1)
    everyone = [held("small", 5, used=1), held("large", 40, used=2), held("pinned", 10, pinned=True)]
    assert [one.key for one in victims(wish, everyone, {"cpu": 70, "gpu": 0}) or []] == ["large"]
    assert [one.key for one in victims(wish, everyone, {"cpu": 60, "gpu": 0}) or []] == ["small", "large"]
    assert victims(wish, everyone, {"cpu": 59, "gpu": 0}) is None
    assert victims(wish, everyone, {"cpu": 200, "gpu": 0}) == []
    assert [one.key for one in relieving(6, everyone)] == ["small", "large"]
    assert [one.key for one in relieving(5, everyone)] == ["small"]
    assert relieving(0, everyone) == []


def test_what_waiting_cannot_change_is_refused_at_once() -> None:
    wish = Wish("w", Footprint(50), 1)
    mine, theirs = frozenset({1}), frozenset({2})
    limits = {"cpu": 100, "gpu": 0}
    assert hopeless(wish, [held("a", 60, threads=theirs)], limits, []) is None
    assert hopeless(wish, [held("a", 60, threads=mine)], limits, []) is not None
    assert hopeless(wish, [held("a", 60, threads=theirs)], limits, [2]) is not None
    assert hopeless(wish, [held("a", 60, leaving=True)], limits, [2]) is None
    assert hopeless(Wish("w", Footprint(101), 1), [], limits, []) is not None


def test_the_peak_of_a_process_is_measured() -> None:
    import os

    found = measure(os.getpid(), on_gpu=True, gpu_of=lambda pid: 7)
    assert found is not None and found.cpu_bytes > 10_000_000 and found.gpu_bytes == 7
    assert measure(2**22 + 1, on_gpu=False) is None
