"""Workers that are killed or run out of memory: a message, nothing else dies, and the next call starts them anew."""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from agent import Session
from benchmarks.trust.faulting.processes import ENTRY, hausgeist, some_worker, started, wait_until_gone
from benchmarks.trust.faulting.result import CannotTry, Outcome, environment
from runtime.errors import WorkerDiedError, WorkerError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import Worker, WorkerSpec

SMALL = "smollm2-135m-instruct"


class Hungry:
    """A service that takes memory, as a model does at a long prompt."""

    def take(self, megabytes: int) -> int:
        """Allocate so much and touch all of it."""
        return len(bytearray(os.urandom(1)) * (megabytes << 20)) >> 20


def chat_killed_in_a_reply(folder: Path, dice: random.Random) -> Outcome:
    """The chat worker dies while a reply is written; the turn fails with a message, the next one is answered."""
    environ, outcome = environment(folder), Outcome(tried=1)
    with House.open(environ, [f"chat.model={SMALL}", "chat.max_reply_tokens=200"]) as house:
        if not house.catalogue.installed(SMALL):
            raise CannotTry(f"the model {SMALL} is not installed")
        with Session.open(house, "kills") as session:
            killed: list[int] = []
            with mock.patch.object(Worker, "stream", _dying_in_a_reply(killed)):
                first = session.ask("Write a long story about a lighthouse.")
            before = len(session.memory.history("kills"))
            second = session.ask("Say hello.")
            outcome.check(bool(killed), "no chat worker was there to be killed")
            outcome.check(
                first.exit_status == 1 and bool(first.error), f"the turn said: {first.reply!r} {first.error!r}"
            )
            outcome.check(second.exit_status == 0, f"the next turn: {second.error}")
            outcome.check(before == 0, "the turn that failed is in the history")
    return outcome


def _dying_in_a_reply(killed: list[int]) -> Callable[..., Iterator[Any]]:
    """`Worker.stream`, but that the first worker which writes is killed after its first piece of text."""
    whole = Worker.stream

    def stream(worker: Worker, method: str, /, *args: Any, **kwargs: Any) -> Iterator[Any]:
        for piece in whole(worker, method, *args, **kwargs):
            yield piece
            if method == "complete" and worker.pid and not killed:
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

    return stream


def embedder_killed(folder: Path, _: random.Random) -> Outcome:
    """The embedder dies between two calls: nobody notices but the doctor."""
    from memory.memory import Memory

    outcome = Outcome(tried=1)
    with House.open(environment(folder)) as house, Memory(house) as memory:
        memory.remember("The ladder is in the shed.", source="fault")
        memory.search("ladder")
        for info in house.residency.status():
            if info.pid:
                os.kill(info.pid, signal.SIGKILL)
                psutil.Process(info.pid).wait(10)
        found = memory.search("Where do I climb up?")
        outcome.check([hit.fact.text for hit in found] == ["The ladder is in the shed."], f"the search found {found}")
    return outcome


def out_of_memory(folder: Path, dice: random.Random) -> Outcome:
    """A worker may not have the memory it asks for: its call fails with a message, and it works on when it may."""
    spec = WorkerSpec("hungry", f"{__name__}:Hungry", {}, cpu_bytes=50_000_000, priority=Priority.BACKGROUND)
    outcome = Outcome(tried=2)
    with House.open(environment(folder)) as house, house.residency.lease(spec) as worker:
        outcome.check(worker.call("take", 10) == 10, "the worker does not work at all")
        pid = next(info.pid for info in house.residency.status() if info.name == "hungry")
        assert pid is not None
        held = psutil.Process(pid).memory_info().vms
        resource.prlimit(pid, resource.RLIMIT_AS, (held + (32 << 20), held + (32 << 20)))
        for _ in range(2):
            try:
                worker.call("take", 600 + dice.randrange(100))
                outcome.check(False, "more memory than it may have was given out")
            except WorkerError as problem:
                named = "hungry" in str(problem) or "memory" in str(problem).lower()
                outcome.check(named, f"out of memory is told as: {problem}")
            except MemoryError as problem:
                outcome.check(False, f"a bare MemoryError reached the caller: {problem}")
        try:
            outcome.check(worker.call("take", 5) == 5, "the worker does not go on")
        except WorkerDiedError as problem:
            outcome.check(False, f"the worker was not started anew: {problem}")
    return outcome


def main_killed_leaves_no_worker(folder: Path, dice: random.Random) -> Outcome:
    """When the main process dies, its workers end by themselves."""
    environ, outcome = environment(folder), Outcome(tried=1)
    code = (
        "from memory.memory import Memory\nfrom runtime.house import House\nimport time\n"
        "with House.open() as house, Memory(house) as memory:\n"
        "    memory.remember('x is y', source='f'); memory.search('x'); print('ready', flush=True); time.sleep(100)\n"
    )
    process = started(environ, [sys.executable, "-c", code])
    assert process.stdout is not None
    process.stdout.readline()
    workers = psutil.Process(process.pid).children(recursive=True)
    outcome.check(some_worker(process, dice) is not None, "there was no worker")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = wait_until_gone(workers)
    outcome.check(not left, f"still there: {left}")
    return outcome


def scanner_killed_while_indexing(folder: Path, dice: random.Random) -> Outcome:
    """The scan worker dies: the recording is named, the others are indexed, and the next run does the one again."""
    from tests.footage import put, record, table

    recordings = folder / "hall"
    recordings.mkdir()
    for number in range(3):

        def draw(t: float, number: int = number) -> object:
            scene = table()
            if t > 3:
                put(scene, (40 + 60 * number, 60, 34, 30), (60, 60, 190))
            return scene

        record(recordings / f"2026-03-02_08-00-{number * 10:02d}.mp4", 10.0, draw)  # type: ignore[arg-type]
    environ, outcome = environment(folder), Outcome(tried=1)
    environ["HAUSGEIST_MODELS"] = str(folder / "none")
    hausgeist(environ, "cameras", "add", "hall", str(recordings))
    process = started(environ, [*ENTRY, "cameras", "index", "--json"])
    deadline = time.monotonic() + 60
    while (worker := some_worker(process, dice)) is None and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(dice.uniform(0.2, 1.5))
    if worker is not None and worker.is_running():
        worker.kill()
    process.wait(120)
    outcome.check(process.returncode in (0, 1), f"indexing ended with {process.returncode}")
    for file in recordings.iterdir():  # what could not be read is looked at again when it has changed
        file.touch()
    again = hausgeist(environ, "cameras", "index", "--json")
    listed = hausgeist(environ, "cameras", "list", "--json").json["cameras"][0]
    outcome.check(again.status == 0 and listed["indexed"] == 3, f"after it was run again: {again.out}{again.err}")
    outcome.lost = 3 - listed["indexed"]
    return outcome


FAULTS = (
    chat_killed_in_a_reply, embedder_killed, out_of_memory, main_killed_leaves_no_worker, scanner_killed_while_indexing,
)  # fmt: skip
