"""A model in a process of its own: call, stream, cancel, crash, restart. Owns no models; see
`runtime.residency`.

A worker is a process (started with `spawn`) that builds one service object and answers calls on its public
methods, one at a time. A method that takes a keyword `emit` can hand out items while it works; `emit(item)`
raises `CallCancelled` once the caller has cancelled, and `emit.check()` does the same without an item. The
death of the process is an error of the calls in flight, never of the program; the next call starts it anew.
"""

from __future__ import annotations

import itertools
import multiprocessing
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import psutil

from runtime.errors import CallCancelled, HausgeistError, WorkerDiedError, WorkerTimeoutError
from runtime.worker_service import DONE, FAILED, ITEM, READY, serve


@dataclass(frozen=True)
class WorkerSpec:
    """How to start a worker.

    `name` is what people see. `target` is the service class as "package.module:Class"; it is called with
    `kwargs` in the new process. `cpu_bytes` and `gpu_bytes` are what it is expected to take. `priority`:
    larger is kept longer.
    """

    name: str
    target: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    cpu_bytes: int = 0
    gpu_bytes: int = 0
    priority: int = 0

    @property
    def key(self) -> str:
        """Same key, same worker: the target and its arguments."""
        return f"{self.target}({sorted((k, repr(v)) for k, v in self.kwargs.items())})"


class Cancellation:
    """A flag that a caller raises and that work in any thread looks at."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Raise the flag; listeners are called once."""
        with self._lock:
            self._event.set()
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    @property
    def cancelled(self) -> bool:
        """Whether the flag is up."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until the flag is up, at most `seconds`; tells whether it is."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise `CallCancelled` when the flag is up."""
        if self.cancelled:
            raise CallCancelled("The work was cancelled.")

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the flag goes up; at once when it is up already."""
        with self._lock:
            if not self._event.is_set():
                self._listeners.append(listener)
                return
        listener()


class Worker:
    """A handle on one worker process. Thread-safe; calls are answered one after the other."""

    def __init__(self, spec: WorkerSpec, *, start_timeout_s: float = 300.0) -> None:
        self.spec = spec
        self.restarts = 0
        self._start_timeout_s = start_timeout_s
        self._ids = itertools.count(1)
        self._lock = threading.RLock()
        self._send_lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._waiting: dict[int, queue.SimpleQueue[tuple[str, Any]]] = {}

    def start(self) -> None:
        """Start the process and wait until its service is built; nothing happens when it runs already.

        Raises what the service's constructor raised, `WorkerDiedError`, or `WorkerTimeoutError`.
        """
        with self._lock:
            if self.alive:
                return
            if self._process is not None:
                self.restarts += 1
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(
                target=serve,
                args=(theirs, self.spec.target, dict(self.spec.kwargs)),
                name=f"hausgeist-{self.spec.name}",
                daemon=True,
            )
            process.start()
            theirs.close()
            ready: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
            self._process, self._connection, self._waiting = process, ours, {0: ready}
            threading.Thread(target=self._read, args=(ours, process, self._waiting), daemon=True).start()
        try:
            kind, payload = ready.get(timeout=self._start_timeout_s)
        except queue.Empty:
            self.close()
            raise WorkerTimeoutError(
                f"The {self.spec.name} worker was not ready within {self._start_timeout_s:.0f} s.",
                remedy="Look at `hausgeist doctor`; the model may be too large for this machine.",
            ) from None
        if kind != READY:
            self.close()
            raise payload

    def call(
        self,
        method: str,
        /,
        *args: Any,
        on_item: Callable[[Any], None] | None = None,
        cancellation: Cancellation | None = None,
        timeout_s: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call `method` of the service and return its result; `on_item` gets what it emits meanwhile.

        Raises what the method raised, `CallCancelled`, `WorkerDiedError`, or `WorkerTimeoutError` when
        nothing was heard for `timeout_s` seconds.
        """
        call_id, answers = self._send(method, args, kwargs)
        if cancellation is not None:
            cancellation.listen(lambda: self._cancel(call_id))
        while True:
            try:
                kind, payload = answers.get(timeout=timeout_s)
            except queue.Empty:
                self._cancel(call_id)
                raise WorkerTimeoutError(f"The {self.spec.name} worker did not answer in {timeout_s} s.") from None
            if kind == ITEM:
                if on_item is not None:
                    try:
                        on_item(payload)
                    except BaseException:
                        self._cancel(call_id)
                        raise
            elif kind == DONE:
                return payload
            else:
                raise payload

    def stream(
        self, method: str, /, *args: Any, cancellation: Cancellation | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Call `method` and yield what it emits; leaving the loop early cancels the call."""
        call_id, answers = self._send(method, args, kwargs)
        if cancellation is not None:
            cancellation.listen(lambda: self._cancel(call_id))
        finished = False
        try:
            while True:
                kind, payload = answers.get()
                if kind == ITEM:
                    yield payload
                    continue
                finished = True
                if kind == FAILED:
                    raise payload
                return
        finally:
            if not finished:
                self._cancel(call_id)

    def close(self, *, grace_s: float = 2.0) -> None:
        """End the process; every byte of its memory returns to the system."""
        with self._lock:
            process, connection = self._process, self._connection
            self._process = self._connection = None
        if connection is not None:
            with suppress(OSError), self._send_lock:
                connection.send(("stop", 0, "", (), {}))
        if process is not None:
            process.join(grace_s)
            if process.is_alive():
                process.kill()
                process.join()
        if connection is not None:
            connection.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The process id, or None when it does not run."""
        return self._process.pid if self._process is not None and self._process.is_alive() else None

    @property
    def resident_bytes(self) -> int:
        """Bytes of main memory that the process holds now; 0 when it does not run."""
        pid = self.pid
        if pid is None:
            return 0
        try:
            return int(psutil.Process(pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _send(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[int, queue.SimpleQueue[tuple[str, Any]]]:
        with self._lock:
            self.start()
            call_id = next(self._ids)
            answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
            self._waiting[call_id] = answers
            connection = self._connection
        try:
            with self._send_lock:
                assert connection is not None
                connection.send(("call", call_id, method, args, kwargs))
        except OSError:
            answers.put((FAILED, self._died(self._process)))
        return call_id, answers

    def _cancel(self, call_id: int) -> None:
        connection = self._connection
        if connection is not None and call_id in self._waiting:
            with suppress(OSError), self._send_lock:
                connection.send(("cancel", call_id, "", (), {}))

    def _read(
        self,
        connection: Connection,
        process: multiprocessing.process.BaseProcess,
        waiting: dict[int, queue.SimpleQueue[tuple[str, Any]]],
    ) -> None:
        """Hand answers to the calls that wait for them, until the process ends."""
        while True:
            try:
                call_id, kind, payload = connection.recv()
            except (EOFError, OSError):
                break
            answers = waiting.get(call_id) if kind == ITEM else waiting.pop(call_id, None)
            if answers is not None:
                answers.put((kind, payload))
        process.join(5.0)
        error = self._died(process)
        for answers in list(waiting.values()):
            answers.put((FAILED, error))
        waiting.clear()

    def _died(self, process: multiprocessing.process.BaseProcess | None) -> HausgeistError:
        code = process.exitcode if process is not None else None
        how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return WorkerDiedError(
            f"The {self.spec.name} worker ended unexpectedly ({how}).",
            remedy="The next request starts it again; if it recurs, see `hausgeist doctor`.",
        )


__all__ = ["CallCancelled", "Cancellation", "Worker", "WorkerSpec"]
