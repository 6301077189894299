"""Thousands of random steps on leases of real worker processes: `python -m tests.residency_stress SEED STEPS FOLDER`.

Every worker enters itself in a ledger of living processes when it is born, and looks there whether all that live take
more than the budget: so the check is made on processes, at the only moment at which the budget could be exceeded.
Prints one JSON object. Its imports stand inside functions: each worker process imports this module.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.residency import Residency
    from runtime.worker import Worker, WorkerSpec

GIB = 1024**3
BUDGET_GIB = 10.0
SIZES = {"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.0, "e": 6.0, "f": 9.0}
"""GiB that the workers declare; a to d fit together, e and f drive others out."""
HOT = "abcd"
THREADS = 6
PATIENCE_S = 400.0


class Entered:
    """A service that enters itself in the ledger `folder` as NAME-PID, and notes there if too much lives."""

    def __init__(self, name: str, folder: str) -> None:
        self._name = name
        ledger = Path(folder)
        (ledger / f"{name}-{os.getpid()}").touch()
        living = alive(ledger)
        if sum(SIZES[one] for one, _ in living) > BUDGET_GIB or len({one for one, _ in living}) != len(living):
            (ledger / f"OVER-{os.getpid()}").write_text(repr(living))

    def name(self) -> str:
        """The name."""
        return self._name

    def work(self, seconds: float, *, emit: Any) -> None:
        """Work until the time is over or the call is cancelled."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            emit.check()
            time.sleep(0.001)


def alive(ledger: Path) -> list[tuple[str, int]]:
    """Name and process of those in the ledger that live; one that only waits to be collected does not."""
    found = []
    for entry in ledger.iterdir():
        name, _, pid = entry.name.partition("-")
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if name in SIZES and state not in "ZX":
            found.append((name, int(pid)))
    return found


class Player:
    """One thread's random steps. `wrong` gets what must not happen; `counts` what did."""

    def __init__(self, residency: Residency, folder: Path, seed: int, steps: int, wrong: list[str]) -> None:
        self.dice = random.Random(seed)
        self.residency, self.folder, self.steps, self.wrong = residency, folder, steps, wrong
        self.counts: dict[str, int] = {}
        self.held: list[tuple[str, Worker, ExitStack]] = []
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        try:
            for _ in range(self.steps):
                self.step()
        except BaseException as problem:
            self.wrong.append(f"{type(problem).__name__}: {problem}")
        finally:
            while self.held:
                self.release()

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def step(self) -> None:
        roll = self.dice.random()
        if not self.held or (len(self.held) < 2 and roll < 0.25):
            self.acquire()
        elif roll < 0.75:
            self.release()
        elif roll < 0.965:
            self.use()
        elif roll < 0.992:
            self.cancel()
        else:
            self.crash()

    def acquire(self) -> None:
        from runtime.cancellation import Cancellation
        from runtime.errors import BudgetError, CallCancelled, WorkerDiedError

        name = self.dice.choice(HOT) if self.dice.random() > 0.008 else self.dice.choice("ef")
        cancellation = Cancellation()
        if self.dice.random() < 0.05:
            threading.Timer(self.dice.random() * 0.02, cancellation.cancel).start()
        stack = ExitStack()
        try:
            worker = stack.enter_context(self.residency.lease(self.spec(name), cancellation))
        except BudgetError:
            self.count("refused")
        except CallCancelled:
            self.count("cancelled")
        except WorkerDiedError as problem:  # killed by another player while it started
            if "was closed" in problem.message:
                self.wrong.append(f"{name} was ended while it started: {problem.message}")
            self.count("died")
        else:
            self.held.append((name, worker, stack))
            self.count("acquired")

    def spec(self, name: str) -> WorkerSpec:
        from runtime.worker import WorkerSpec

        size = int(SIZES[name] * GIB)
        kwargs = {"name": name, "folder": str(self.folder)}
        return WorkerSpec(name, "tests.residency_stress:Entered", kwargs, cpu_bytes=size, priority=ord(name) % 3)

    def release(self) -> None:
        self.held.pop(self.dice.randrange(len(self.held)))[2].close()
        self.count("released")

    def use(self) -> None:
        from runtime.errors import WorkerDiedError

        name, worker, _ = self.dice.choice(self.held)
        try:
            if worker.call("name") != name:
                self.wrong.append(f"{name} answered as another")
            self.count("used")
        except WorkerDiedError as problem:
            self.died(name, problem)

    def cancel(self) -> None:
        from runtime.cancellation import Cancellation
        from runtime.errors import CallCancelled, WorkerDiedError

        name, worker, _ = self.dice.choice(self.held)
        cancellation = Cancellation()
        timer = threading.Timer(self.dice.random() * 0.01, cancellation.cancel)
        timer.start()
        try:
            worker.call("work", 30.0, cancellation=cancellation)
            self.wrong.append("a cancelled call went to its end")
        except CallCancelled:
            self.count("cancelled")
        except WorkerDiedError as problem:
            self.died(name, problem)

    def crash(self) -> None:
        _, worker, _ = self.dice.choice(self.held)
        pid = worker.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self.count("crashed")

    def died(self, name: str, problem: Exception) -> None:
        """A worker may die by a player's hand, never by the residency's while a lease on it is held."""
        if "was closed" in str(problem):
            self.wrong.append(f"{name} was ended while in use: {problem}")
        self.count("died")


def slow_ends(seed: int) -> None:
    """Let every third end of a worker take its time: a new one must wait for it."""
    from runtime.worker import Worker

    dice, close = random.Random(seed), Worker.close

    def slow(worker: Worker, **more: Any) -> None:
        if dice.random() < 0.34:
            time.sleep(0.4)
        close(worker, **more)

    Worker.close = slow  # type: ignore[method-assign]


def main(seed: int, steps: int, folder: Path) -> dict[str, Any]:
    """Play, close, and look what is left."""
    import psutil

    from runtime.residency import Residency
    from runtime.settings import BudgetSettings

    slow_ends(seed)
    wrong: list[str] = []
    seen: list[int] = []
    started = time.monotonic()
    settings = BudgetSettings(cpu_gib=BUDGET_GIB, wait_s=5.0)  # type: ignore[call-arg]
    with Residency(settings) as residency:
        residency.listen(lambda event: seen.append(event.cpu_used))
        players = [Player(residency, folder, seed * 100 + n, steps // THREADS + 1, wrong) for n in range(THREADS)]
        for player in players:
            player.thread.start()
        for player in players:
            player.thread.join(max(1.0, PATIENCE_S - (time.monotonic() - started)))
            if player.thread.is_alive():
                wrong.append("a thread did not come to its end")
        held = [info.name for info in residency.status() if info.in_use]
    counts: dict[str, int] = {}
    for player in players:
        for what, count in player.counts.items():
            counts[what] = counts.get(what, 0) + count
    return {
        "steps": sum(player.steps for player in players),
        "counts": counts,
        "wrong": wrong[:10],
        "over": [entry.read_text() for entry in folder.glob("OVER-*")],
        "started": sum(entry.name.partition("-")[0] in SIZES for entry in folder.iterdir()),
        "still_held": held,
        "alive": alive(folder),
        "children": [
            child.pid for child in psutil.Process().children() if "resource_tracker" not in str(child.cmdline())
        ],
        "used_after": residency.used().cpu_bytes,
        "most_used": max(seen) / GIB,
        "seconds": round(time.monotonic() - started, 1),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
