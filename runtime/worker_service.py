"""The inside of a worker process: builds the service, answers calls, notices cancellation and the parent's
end.
"""

from __future__ import annotations

import importlib
import inspect
import os
import queue
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

from runtime.errors import CallCancelled, HausgeistError, WorkerError
from runtime.niceness import stand_back
from runtime.telemetry import forbid_telemetry

READY, ITEM, DONE, FAILED = "ready", "item", "done", "failed"


class Emit:
    """What a streaming method calls: `emit(item)` hands out an item; both forms raise when the call was
    cancelled.
    """

    def __init__(self, connection: Connection, call_id: int, cancelled: set[int], lock: threading.Lock) -> None:
        self._connection, self._call_id, self._cancelled, self._lock = connection, call_id, cancelled, lock

    def __call__(self, item: Any) -> None:
        """Hand `item` (anything that pickles) to the caller."""
        self.check()
        with self._lock:
            self._connection.send((self._call_id, ITEM, item))

    def check(self) -> None:
        """Raise `CallCancelled` when the caller has cancelled."""
        if self.cancelled:
            raise CallCancelled("The work was cancelled.")

    @property
    def cancelled(self) -> bool:
        """Whether the caller has cancelled."""
        return self._call_id in self._cancelled


def serve(connection: Connection, target: str, kwargs: dict[str, Any], niceness: int = 0) -> None:
    """Run in the new process: build `target` with `kwargs`, then answer calls until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stand_back(niceness)
    forbid_telemetry()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle OpenMP threads sleep: other workers need the cores,
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # but not between the many small steps of one computation
    lock = threading.Lock()

    def answer(call_id: int, kind: str, payload: Any) -> None:
        with lock:
            connection.send((call_id, kind, payload))

    calls: queue.SimpleQueue[tuple[int, str, tuple[Any, ...], dict[str, Any]]] = queue.SimpleQueue()
    waiting: set[int] = set()
    cancelled: set[int] = set()
    threading.Thread(target=_receive, args=(connection, calls, waiting, cancelled), daemon=True).start()
    try:
        module, _, name = target.partition(":")
        service = getattr(importlib.import_module(module), name)(**kwargs)
    except BaseException as problem:
        answer(0, FAILED, _portable(problem))
        return
    answer(0, READY, None)
    while True:
        call_id, method, args, options = calls.get()
        try:
            kind, payload = DONE, _invoke(service, method, args, options, Emit(connection, call_id, cancelled, lock))
        except BaseException as problem:
            kind, payload = FAILED, _portable(problem)
        try:
            answer(call_id, kind, payload)
        except OSError:
            os._exit(0)  # nobody listens any more
        except Exception as problem:
            answer(call_id, FAILED, WorkerError(f"The result of {method} cannot be sent: {problem}"))
        waiting.discard(call_id)
        cancelled.discard(call_id)  # of this call alone: calls of several threads may come out of their order


def _invoke(service: Any, method: str, args: tuple[Any, ...], options: dict[str, Any], emit: Emit) -> Any:
    if method.startswith("_"):
        raise WorkerError(f"{type(service).__name__}.{method} is private.")
    emit.check()
    function = getattr(service, method)
    if "emit" in inspect.signature(function).parameters:
        return function(*args, emit=emit, **options)
    return function(*args, **options)


def _receive(connection: Connection, calls: queue.SimpleQueue[Any], waiting: set[int], cancelled: set[int]) -> None:
    """Take messages while a call runs, so that a cancellation is seen; end with the parent.

    `waiting` holds the calls that came and are not over: a cancellation of another is too late.
    """
    while True:
        try:
            what, call_id, method, args, options = connection.recv()
        except (EOFError, OSError):
            os._exit(0)
        if what == "stop":
            os._exit(0)
        elif what == "cancel":
            if call_id in waiting:
                cancelled.add(call_id)
        else:
            waiting.add(call_id)
            calls.put((call_id, method, args, options))


def _portable(problem: BaseException) -> HausgeistError:
    """Our own errors as they are; others with their type and last line, since they may not pickle."""
    if isinstance(problem, HausgeistError):
        return problem
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    if isinstance(problem, MemoryError):
        return WorkerError("The worker ran out of memory.", remedy="Choose a smaller model or raise the budget.")
    return WorkerError(f"{type(problem).__name__}: {problem}{where}")
