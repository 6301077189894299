"""Worker processes: call, stream, cancel, crash, restart, and the end of the parent."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from runtime.cancellation import Cancellation
from runtime.errors import (
    ArgumentError,
    CallCancelled,
    ModelMissingError,
    WorkerDiedError,
    WorkerError,
    WorkerTimeoutError,
)
from runtime.residency import Priority
from runtime.worker import Worker, WorkerSpec
from runtime.worker_service import DONE, FAILED, READY, Emit, serve


class Service:
    """What the tests run in a worker."""

    def __init__(self, start: int = 0, note: str = "", pause_s: float = 0.0) -> None:
        if note:
            with Path(note).open("a") as file:
                file.write(f"{os.getpid()}\n")
        time.sleep(pause_s)
        self.value = start

    def add(self, number: int) -> int:
        self.value += number
        return self.value

    def count(self, limit: int, pause_s: float = 0.0, *, emit: Any) -> str:
        for number in range(limit):
            emit(number)
            time.sleep(pause_s)
        return f"counted {limit}"

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wrong(self) -> None:
        raise ArgumentError("The number is wrong.", remedy="Give another.")

    def foreign(self) -> None:
        raise ZeroDivisionError("nothing by nothing")

    def broken_pipe(self) -> None:
        raise BrokenPipeError("a pipe of its own")

    def unsendable(self) -> object:
        return threading.Lock()

    def pid(self) -> int:
        return os.getpid()

    def niceness(self) -> tuple[int, str]:
        group = Path("/proc/self/autogroup")
        return os.nice(0), group.read_text() if group.exists() else ""


class Refusing:
    """A service that cannot be built."""

    def __init__(self) -> None:
        raise ModelMissingError("The model is not installed.", remedy="Get it.")


class Dying:
    """A service whose building kills the process, as an illegal instruction does."""

    def __init__(self) -> None:
        os.kill(os.getpid(), signal.SIGILL)


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(WorkerSpec("test", f"{__name__}:Service", {"start": 5}))
    yield made
    made.close()


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_state_lives_in_another_process(worker: Worker) -> None:
    assert worker.call("add", 2) == 7
    assert worker.call("add", 2) == 9
    assert worker.call("pid") == worker.pid != os.getpid()
    assert worker.resident_bytes > 1_000_000


def test_stream_and_items(worker: Worker) -> None:
    assert list(worker.stream("count", 4)) == [0, 1, 2, 3]
    seen: list[int] = []
    assert worker.call("count", 3, on_item=seen.append) == "counted 3"
    assert seen == [0, 1, 2]


def test_errors_keep_their_kind_and_remedy(worker: Worker) -> None:
    with pytest.raises(ArgumentError, match="The number is wrong") as caught:
        worker.call("wrong")
    assert caught.value.remedy == "Give another."
    with pytest.raises(WorkerError, match=r"ZeroDivisionError: nothing by nothing \(foreign, line \d+\)"):
        worker.call("foreign")
    with pytest.raises(WorkerError, match="cannot be sent"):
        worker.call("unsendable")
    with pytest.raises(WorkerError, match="cannot be sent"):
        worker.call("add", threading.Lock())
    with pytest.raises(WorkerError, match="BrokenPipeError"):
        worker.call("broken_pipe")
    with pytest.raises(WorkerError, match="private"):
        worker.call("__init__")
    assert worker.call("add", 0) == 5
    assert worker.restarts == 0


def test_cancel_ends_the_call_and_keeps_the_worker(worker: Worker) -> None:
    cancellation = Cancellation()
    seen: list[int] = []
    with pytest.raises(CallCancelled):
        for item in worker.stream("count", 10_000, 0.01, cancellation=cancellation):
            seen.append(item)
            if item == 3:
                cancellation.cancel()
    assert 4 <= len(seen) < 1000
    pid = worker.pid
    with pytest.raises(CallCancelled):
        worker.call("add", 1, cancellation=cancellation)
    assert worker.call("add", 1) == 6
    assert worker.pid == pid


def test_leaving_a_stream_early_cancels_it(worker: Worker) -> None:
    stream = worker.stream("count", 100_000, 0.01)
    assert next(stream) == 0
    stream.close()  # type: ignore[attr-defined]
    assert worker.call("add", 1, timeout_s=20) == 6


def test_a_listener_that_raises_ends_the_call(worker: Worker) -> None:
    def refuse(_: int) -> None:
        raise ValueError("not this")

    with pytest.raises(ValueError, match="not this"):
        worker.call("count", 100_000, 0.01, on_item=refuse)
    assert worker.call("add", 1, timeout_s=20) == 6


def test_kill_in_the_middle_of_a_stream_then_restart(worker: Worker) -> None:
    stream = worker.stream("count", 100_000, 0.01)
    assert next(stream) == 0
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDiedError, match=r"test worker ended unexpectedly \(signal 9\)"):
        list(stream)
    assert worker.call("add", 1) == 6
    assert worker.pid != pid
    assert worker.restarts == 1


def test_death_while_idle_is_not_seen_by_the_next_call(worker: Worker) -> None:
    worker.start()
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not worker.alive)  # its threads die one by one: only then has the process ended
    assert worker.call("add", 1) == 6


def test_every_waiting_call_hears_of_the_death(worker: Worker) -> None:
    worker.start()
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            worker.call("sleep", 60)
        except WorkerError as problem:
            caught.append(problem)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    os.kill(worker.pid or 0, signal.SIGKILL)
    for thread in threads:
        thread.join(20)
    assert [type(problem) for problem in caught] == [WorkerDiedError] * 3


def test_a_constructor_that_fails_is_the_callers_error() -> None:
    worker = Worker(WorkerSpec("refusing", f"{__name__}:Refusing"))
    for _ in range(2):
        with pytest.raises(ModelMissingError, match="not installed"):
            worker.call("anything")
    assert not worker.alive
    dying = Worker(WorkerSpec("dying", f"{__name__}:Dying"))
    with pytest.raises(WorkerDiedError, match="signal 4"):
        dying.start()
    absent = Worker(WorkerSpec("absent", "runtime.no_such_module:Service"))
    with pytest.raises(WorkerError, match="ModuleNotFoundError"):
        absent.start()


def test_two_callers_share_one_start(tmp_path: Path) -> None:
    note = tmp_path / "starts"
    worker = Worker(WorkerSpec("shared", f"{__name__}:Service", {"note": str(note), "pause_s": 0.3}))
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(worker.call("add", 1))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    worker.close()
    assert sorted(results) == [1, 2, 3, 4]
    assert len(note.read_text().split()) == 1


def test_cancel_and_timeout_while_starting(tmp_path: Path) -> None:
    note = tmp_path / "starts"
    slow = WorkerSpec("slow", f"{__name__}:Service", {"note": str(note), "pause_s": 1.5})
    worker, cancellation = Worker(slow), Cancellation()
    threading.Timer(0.2, cancellation.cancel).start()
    with pytest.raises(CallCancelled):
        worker.call("add", 1, cancellation=cancellation)
    assert worker.call("add", 1) == 1
    assert len(note.read_text().split()) == 1
    worker.close()
    late = Worker(WorkerSpec("late", f"{__name__}:Service", {"pause_s": 60.0}), start_timeout_s=0.5)
    with pytest.raises(WorkerTimeoutError, match="was not ready"):
        late.start()
    assert not late.alive


def test_timeout_of_a_call(worker: Worker) -> None:
    worker.start()
    with pytest.raises(WorkerTimeoutError):
        worker.call("sleep", 1.0, timeout_s=0.2)
    assert worker.call("add", 1) == 6


def died_and_closed(spec: WorkerSpec) -> None:
    """A worker's life: started, killed, started anew, closed."""
    worker = Worker(spec)
    worker.start()
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not worker.alive)
    worker.start()
    worker.close()
    worker.close()
    assert not worker.alive and worker.pid is None


def test_workers_that_died_or_were_closed_leave_no_handle_open() -> None:
    """Not even until the collector of garbage comes by: a house that runs for weeks starts many."""
    spec = WorkerSpec("test", f"{__name__}:Service")
    gc.disable()
    try:
        Worker(spec).close()
        first = Worker(spec)
        first.start()
        first.close()
        before = psutil.Process().num_fds()
        for _ in range(3):
            died_and_closed(spec)
        assert psutil.Process().num_fds() == before
    finally:
        gc.enable()


def test_close_ends_the_process_and_the_calls_in_flight(worker: Worker) -> None:
    stream = worker.stream("count", 100_000, 0.01)
    next(stream)
    pid = worker.pid or 0
    worker.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(WorkerDiedError, match="was closed"):
        list(stream)
    worker.close()
    assert worker.call("add", 1) == 6
    assert worker.restarts == 0


def test_close_ends_a_process_that_does_not_listen(worker: Worker) -> None:
    worker.start()
    pid = worker.pid or 0
    os.kill(pid, signal.SIGSTOP)
    worker.close(grace_s=0.2)
    assert not psutil.pid_exists(pid)


def test_the_worker_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import time\nfrom runtime.worker import Worker, WorkerSpec\n"
        "if __name__ == '__main__':\n"
        f"    worker = Worker(WorkerSpec('orphan', '{__name__}:Service'))\n"
        "    worker.start()\n    print(worker.pid, flush=True)\n    worker.call('sleep', 600)\n"
    )
    root = Path(__file__).resolve().parent
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root.parent), str(root)])}
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environ)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_a_plain_script_may_use_workers_at_its_top_level(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    lines = (
        "from runtime.worker import Worker, WorkerSpec",
        "print('begun')",
        "worker = Worker(WorkerSpec('plain', 'fractions:Fraction', {'numerator': 3}))",
        "print(worker.call('limit_denominator', 10))",
        "worker.close()",
    )
    script.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["begun", "3"]), done.stderr


def test_the_lower_the_priority_the_further_a_worker_stands_back() -> None:
    own = os.nice(0)
    told = {}
    for name, spec in {
        "speech": WorkerSpec("speech", f"{__name__}:Service", priority=Priority.SPEECH),
        "chat": WorkerSpec("chat", f"{__name__}:Service", priority=Priority.CHAT),
        "index": WorkerSpec("index", f"{__name__}:Service", priority=Priority.BACKGROUND),
        "camera": WorkerSpec("camera", f"{__name__}:Service", priority=Priority.BACKGROUND, keeps_pace=True),
    }.items():
        worker = Worker(spec)
        told[name] = worker.call("niceness")
        worker.close()
    assert told["speech"][0] == told["camera"][0] == own
    assert own <= told["chat"][0] <= told["index"][0]
    assert told["index"][0] == min(own + 10, 19)
    if group := told["index"][1]:
        assert group.split()[:1] != told["chat"][1].split()[:1], "background has a scheduling group of its own"
        assert group.split()[-1] == "5"


def test_cancellation_listeners() -> None:
    cancellation, heard = Cancellation(), []
    cancellation.listen(lambda: heard.append("first"))
    cancellation.listen(lambda: heard.append("second"))()
    cancellation.cancel()
    cancellation.cancel()
    cancellation.listen(lambda: heard.append("late"))
    assert heard == ["first", "late"]
    assert cancellation.wait(0)
    with pytest.raises(CallCancelled):
        cancellation.check()


def test_a_cancellation_of_a_later_call_with_a_lower_number_is_kept() -> None:
    """Calls of several threads may be sent out of their order; the end of one must not forget another's cancel."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, "tests.test_worker:Slow", {}))
    process.start()
    assert ours.recv()[1] == READY
    for message in (("call", 2, "work", (1.0,), {}), ("call", 1, "work", (60.0,), {}), ("cancel", 1, "", (), {})):
        ours.send(message)
    assert ours.poll(30) and ours.recv()[:2] == (2, DONE)
    assert ours.poll(30), "the cancelled call went on"
    call_id, kind, problem = ours.recv()
    assert (call_id, kind) == (1, FAILED) and isinstance(problem, CallCancelled)
    ours.send(("stop", 0, "", (), {}))
    process.join(30)
    assert process.exitcode == 0


class Slow:
    """Works for some seconds, or until it is cancelled."""

    def work(self, seconds: float, *, emit: Emit) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            emit.check()
            time.sleep(0.005)
