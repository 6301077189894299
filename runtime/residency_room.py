"""Who must go so that a worker fits, and whether waiting can help: decisions on numbers alone. Owns no process.

Two rules keep it free of deadlocks: a lease is refused at once where what its own thread holds (or what is pinned)
leaves too little whatever the others do, and where everybody who holds something waits as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runtime.errors import BudgetError
from runtime.footprints import Footprint

GIB = 1024**3
KINDS: Mapping[str, str] = {"cpu": "main memory", "gpu": "GPU memory"}


@dataclass(frozen=True)
class Holding:
    """What one worker takes, and whether it could go.

    `threads` are those that hold a lease on it. One that is `leaving` was told to end and still has its memory.
    """

    key: str
    name: str
    size: Footprint
    priority: int
    last_used: float
    threads: frozenset[int] = frozenset()
    pinned: bool = False
    leaving: bool = False

    @property
    def idle(self) -> bool:
        """Whether it may be ended."""
        return not (self.threads or self.pinned or self.leaving)

    def bytes_of(self, kind: str) -> int:
        """Bytes of "cpu" or "gpu" memory."""
        return self.size.cpu_bytes if kind == "cpu" else self.size.gpu_bytes


@dataclass(frozen=True)
class Wish:
    """A worker that shall start: its size, and who wants it."""

    name: str
    size: Footprint
    thread: int

    def bytes_of(self, kind: str) -> int:
        """Bytes of "cpu" or "gpu" memory."""
        return self.size.cpu_bytes if kind == "cpu" else self.size.gpu_bytes


def victims(wish: Wish, holdings: Iterable[Holding], budget: Mapping[str, int]) -> list[Holding] | None:
    """The idle workers to end so that `wish` fits: lowest priority first, then least recently used; no more than are
    needed. An empty list when it fits as it is; None when it does not fit by ending idle ones.
    """
    holdings = list(holdings)
    chosen: list[Holding] = []
    for kind in KINDS:
        if not wish.bytes_of(kind):
            continue
        lacking = wish.bytes_of(kind) - budget[kind] + sum(held.bytes_of(kind) for held in holdings)
        lacking -= sum(held.bytes_of(kind) for held in chosen)
        for held in sorted(holdings, key=lambda held: (held.priority, held.last_used)):
            if lacking > 0 and held.idle and held.bytes_of(kind) and held not in chosen:
                chosen.append(held)
                lacking -= held.bytes_of(kind)
        if lacking > 0:
            return None
    return _spared(wish, holdings, budget, chosen)


def _spared(wish: Wish, holdings: list[Holding], budget: Mapping[str, int], chosen: list[Holding]) -> list[Holding]:
    """`chosen` without those that need not go after all, the most valuable looked at first."""
    kept = list(chosen)
    for held in reversed(chosen):
        without = [other for other in kept if other is not held]
        if all(
            wish.bytes_of(kind) + sum(h.bytes_of(kind) for h in holdings if h not in without) <= budget[kind]
            for kind in KINDS
            if wish.bytes_of(kind)
        ):
            kept = without
    return kept


def relieving(over: int, holdings: Iterable[Holding]) -> list[Holding]:
    """The idle workers to end so that `over` bytes of main memory come free, as far as there are such."""
    chosen: list[Holding] = []
    for held in sorted(holdings, key=lambda held: (held.priority, held.last_used)):
        if over > 0 and held.idle and held.size.cpu_bytes:
            chosen.append(held)
            over -= held.size.cpu_bytes
    return chosen


def hopeless(
    wish: Wish, holdings: Iterable[Holding], budget: Mapping[str, int], waiting: Iterable[int]
) -> BudgetError | None:
    """Why waiting cannot help, as the error to raise; None when it can.

    `waiting` are the threads that wait for memory already.
    """
    holdings = list(holdings)
    for kind in KINDS:
        fixed = sum(held.bytes_of(kind) for held in holdings if held.pinned or wish.thread in held.threads)
        if wish.bytes_of(kind) and wish.bytes_of(kind) > budget[kind] - fixed:
            return refusal(kind, wish, holdings, budget[kind])
    stuck = {*waiting, wish.thread}
    used = [held for held in holdings if held.threads]
    if not any(held.leaving for held in holdings) and all(held.threads <= stuck for held in used):
        return next(iter(_short(wish, holdings, budget)), None)
    return None


def timed_out(wish: Wish, holdings: Iterable[Holding], budget: Mapping[str, int], seconds: float) -> BudgetError:
    """The error after waiting in vain for `seconds`."""
    error = next(iter(_short(wish, list(holdings), budget)), None)
    waited = f" It was waited for {seconds:.0f} s."
    if error is None:
        return BudgetError(
            f"Others were given the memory that the {wish.name} model waits for.{waited}", remedy="Try again."
        )
    return BudgetError(error.message + waited, remedy=error.remedy)


def _short(wish: Wish, holdings: list[Holding], budget: Mapping[str, int]) -> Iterator[BudgetError]:
    for kind in KINDS:
        if wish.bytes_of(kind) + sum(h.bytes_of(kind) for h in holdings if not h.idle) > budget[kind]:
            yield refusal(kind, wish, holdings, budget[kind])


def refusal(kind: str, wish: Wish, holdings: Iterable[Holding], budget: int) -> BudgetError:
    """The refusal with its numbers and the setting that would help."""
    holdings = [held for held in holdings if held.bytes_of(kind)]
    free = budget - sum(held.bytes_of(kind) for held in holdings)
    message = (
        f"The {wish.name} model needs {wish.bytes_of(kind) / GIB:.1f} GiB of {KINDS[kind]};"
        f" {max(free, 0) / GIB:.1f} GiB are free of a budget of {budget / GIB:.1f} GiB"
    )
    used = [f"{held.name} {held.bytes_of(kind) / GIB:.1f} GiB" for held in holdings if held.threads]
    pinned = [f"{held.name} {held.bytes_of(kind) / GIB:.1f} GiB" for held in holdings if held.pinned]
    told = [f"in use: {', '.join(used)}"] if used else []
    told += [f"pinned: {', '.join(pinned)}"] if pinned else []
    remedy = f"Raise budget.{kind}_gib, choose a smaller model, or wait until the others are idle."
    if pinned:
        remedy = f"Raise budget.{kind}_gib, choose a smaller model, or take one out of budget.pinned."
    detail = f" ({'; '.join(told)})" if told else ""
    return BudgetError(f"{message}{detail}.", remedy=remedy)
