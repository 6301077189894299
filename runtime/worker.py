"""A model in a process of its own: call, stream, cancel, crash, restart. Owns no models.

A worker is a process (started with `spawn`) that builds one service object and answers calls on its public
methods, one at a time. A method that takes a keyword `emit` can hand out items while it works; `emit(item)`
raises `CallCancelled` once the caller has cancelled, and `emit.check()` does the same without an item. The
death of the process is an error of the calls in flight, never of the program; the next call starts it anew.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil

from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, WorkerTimeoutError
from runtime.worker_process import Answers, WorkerProcess
from runtime.worker_service import DONE, ITEM

FIRST = 30
"""The priority from which on a worker stands back behind nobody."""


@dataclass(frozen=True)
class WorkerSpec:
    """How to start a worker.

    `name` is what people see. `target` is the service class as "package.module:Class"; it is called with
    `kwargs` in the new process. `cpu_bytes` and `gpu_bytes` are what it is expected to take. `priority`:
    larger is kept longer, and is given the processor first. `keeps_pace`: it follows something outside that does not
    wait, such as a camera, so it stands back behind nobody.
    """

    name: str
    target: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    cpu_bytes: int = 0
    gpu_bytes: int = 0
    priority: int = 0
    keeps_pace: bool = False

    @property
    def niceness(self) -> int:
        """By how much its process stands back behind its parent's (nice(2)): 0 for speaking to 10 for background."""
        return 0 if self.keeps_pace else max(0, FIRST - self.priority) // 3

    @property
    def key(self) -> str:
        """Same key, same worker: the target and its arguments."""
        return f"{self.target}({sorted((k, repr(v)) for k, v in self.kwargs.items())})"


class Worker:
    """A handle on one worker process. Thread-safe; calls are answered one after the other."""

    def __init__(self, spec: WorkerSpec, *, start_timeout_s: float = 300.0) -> None:
        self.spec = spec
        self.restarts = 0
        self._start_timeout_s = start_timeout_s
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None

    def start(self, cancellation: Cancellation | None = None) -> None:
        """Start the process and wait until its service is built; nothing happens when it runs already.

        Raises what the service's constructor raised, `WorkerDiedError`, `WorkerTimeoutError`, or
        `CallCancelled`, which leaves the start going on.
        """
        self._running(cancellation)

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
        handed: Callable[[Any], None] = on_item or (lambda _: None)
        process, call_id, answers, unlisten = self._begin(method, args, kwargs, cancellation)
        finished = False
        try:
            while True:
                kind, payload = self._next(answers, timeout_s)
                if kind == ITEM:
                    handed(payload)
                    continue
                finished = True
                if kind == DONE:
                    return payload
                raise payload
        finally:
            unlisten()
            if not finished:
                process.cancel(call_id)

    def stream(
        self, method: str, /, *args: Any, cancellation: Cancellation | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Call `method` and yield what it emits; leaving the loop early cancels the call. Raises as `call`
        does.
        """
        process, call_id, answers, unlisten = self._begin(method, args, kwargs, cancellation)
        finished = False
        try:
            while True:
                kind, payload = answers.get()
                if kind == ITEM:
                    yield payload
                    continue
                finished = True
                if kind == DONE:
                    return
                raise payload
        finally:
            unlisten()
            if not finished:
                process.cancel(call_id)

    def close(self, *, grace_s: float = 2.0) -> None:
        """End the process, also one that is still starting; every byte of its memory returns to the system."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close(grace_s)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        process = self._process
        return process is not None and process.alive

    @property
    def pid(self) -> int | None:
        """The process id, or None when it does not run."""
        process = self._process
        return process.pid if process is not None else None

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

    def _running(self, cancellation: Cancellation | None = None) -> WorkerProcess:
        """The process, ready; started where needed. Others who need it meanwhile wait for the same start."""
        with self._lock:
            process = self._process
            if process is None or not process.alive:
                if process is not None:
                    self.restarts += 1
                    process.close(0.0)
                process = WorkerProcess(self.spec.name, self.spec.target, self.spec.kwargs, self.spec.niceness)
                self._process = process
        try:
            process.wait_ready(self._start_timeout_s, cancellation)
        except CallCancelled:
            raise
        except BaseException:
            with self._lock:
                if self._process is process:
                    self._process = None
            process.close(0.0)
            raise
        return process

    def _begin(
        self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], cancellation: Cancellation | None
    ) -> tuple[WorkerProcess, int, Answers, Callable[[], None]]:
        if cancellation is not None:
            cancellation.check()
        process = self._running(cancellation)
        call_id, answers = process.send(method, args, kwargs)
        if cancellation is None:
            return process, call_id, answers, lambda: None
        return process, call_id, answers, cancellation.listen(lambda: process.cancel(call_id))

    def _next(self, answers: Answers, timeout_s: float | None) -> tuple[str, Any]:
        try:
            return answers.get(timeout=timeout_s)
        except queue.Empty:
            raise WorkerTimeoutError(
                f"The {self.spec.name} worker did not answer in {timeout_s} s.",
                remedy="Try again; if it recurs, see `hausgeist doctor`.",
            ) from None


__all__ = ["CallCancelled", "Cancellation", "Worker", "WorkerSpec"]
