"""One run of a worker process: its pipe, the calls that wait, and its end. `runtime.worker` starts it anew."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from runtime.cancellation import Cancellation
from runtime.errors import WorkerDiedError, WorkerError, WorkerTimeoutError
from runtime.worker_service import FAILED, ITEM, READY, serve

Answers = queue.SimpleQueue[tuple[str, Any]]
START = 0
CHECK_S = 0.1


_START_LOCK = threading.Lock()


@contextmanager
def _nameless_main() -> Iterator[None]:
    """While a process is spawned, hide the caller's main module from it.

    A spawned process would import that module anew, though a worker needs nothing of it: a plain script that talks to
    the house at its top level would run twice, and be refused (see "Safe importing of main module" in Python's manual).
    """
    with _START_LOCK:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


class WorkerProcess:
    """A process from its start to its end; every call that waits gets an answer, at the latest that it ended.

    Thread-safe. A thread reads the pipe and hands each answer to the call that waits for it.
    """

    def __init__(self, name: str, target: str, kwargs: Mapping[str, Any], niceness: int = 0) -> None:
        self._name = name
        self._ids = itertools.count(START + 1)
        self._lock = threading.Lock()
        self._send_lock = threading.Lock()
        self._ended = False
        self._closing = False
        self._started = threading.Event()
        self._start_error: BaseException | None = None
        self._waiting: dict[int, Answers] = {}
        context = multiprocessing.get_context("spawn")
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, target, dict(kwargs), niceness), name=f"hausgeist-{name}", daemon=True
        )
        try:
            with _nameless_main():
                self._process.start()
        finally:
            theirs.close()
        self._reader = threading.Thread(target=self._read, name=f"read-{name}", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether it can still be called; a process that has just died is seen as dead at once."""
        return not self._ended and self._runs()

    @property
    def pid(self) -> int | None:
        """The process id while it is alive."""
        return self._process.pid if self.alive else None

    def wait_ready(self, timeout_s: float, cancellation: Cancellation | None = None) -> None:
        """Wait until the service is built, at most `timeout_s` seconds after now.

        Raises what its constructor raised, `WorkerDiedError`, `WorkerTimeoutError`, or `CallCancelled`,
        which leaves the start going on.
        """
        deadline = time.monotonic() + timeout_s
        while not self._started.wait(CHECK_S):
            if cancellation is not None:
                cancellation.check()
            if time.monotonic() > deadline:
                raise WorkerTimeoutError(
                    f"The {self._name} worker was not ready within {timeout_s:.0f} s.",
                    remedy="Look at `hausgeist doctor`; the model may be too large for this machine.",
                )
        if self._start_error is not None:
            raise self._start_error

    def send(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[int, Answers]:
        """Begin a call; its answers come through the queue. Raises `WorkerError` when an argument cannot be
        sent.
        """
        answers: Answers = queue.SimpleQueue()
        with self._lock:
            call_id = next(self._ids)
            if self._ended:
                answers.put((FAILED, self._death()))
                return call_id, answers
            self._waiting[call_id] = answers
        try:
            with self._send_lock:
                self._connection.send(("call", call_id, method, args, dict(kwargs)))
        except OSError:
            self._process.join(5.0)
            self._answer(call_id, FAILED, self._death())
        except Exception as problem:
            self._waiting.pop(call_id, None)
            raise WorkerError(f"An argument of {self._name}.{method} cannot be sent: {problem}") from problem
        return call_id, answers

    def cancel(self, call_id: int) -> None:
        """Ask for the end of a call; nothing happens when it is over."""
        if call_id in self._waiting:
            with suppress(OSError, ValueError), self._send_lock:
                self._connection.send(("cancel", call_id, "", (), {}))

    def close(self, grace_s: float) -> None:
        """End the process: by asking, and after `grace_s` seconds by force."""
        self._closing = self._closing or self._runs()
        if self._send_lock.acquire(timeout=grace_s):
            try:
                self._connection.send(("stop", 0, "", (), {}))
            except (OSError, ValueError):
                pass  # it has ended already
            finally:
                self._send_lock.release()
        self._reader.join(grace_s)
        if self._reader.is_alive() or self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._reader.join(5.0)
        self._connection.close()

    def _runs(self) -> bool:
        """Whether the process runs, by the system's word.

        `Process.is_alive` says yes for a moment while another thread collects the exit status.
        """
        pid = self._process.pid
        if pid is None or not hasattr(os, "waitid"):
            return self._process.is_alive()
        try:
            return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    def _read(self) -> None:
        """Hand answers to the calls that wait for them, until the process ends."""
        while True:
            try:
                call_id, kind, payload = self._connection.recv()
            except (EOFError, OSError):
                break
            except Exception as problem:  # what came does not unpickle here; the calls must not wait for ever
                self._process.kill()
                self._end(WorkerError(f"The {self._name} worker sent what cannot be read: {problem}"))
                return
            self._answer(call_id, kind, payload)
        self._process.join(5.0)
        self._end(None)

    def _answer(self, call_id: int, kind: str, payload: Any) -> None:
        if call_id == START:
            self._start_error = None if kind == READY else payload
            self._started.set()
            return
        answers = self._waiting.get(call_id) if kind == ITEM else self._waiting.pop(call_id, None)
        if answers is not None:
            answers.put((kind, payload))

    def _end(self, error: WorkerError | None) -> None:
        with self._lock:
            self._ended = True
            waiting, self._waiting = list(self._waiting.values()), {}
        if not self._started.is_set():
            self._start_error = error or self._death()
            self._started.set()
        for answers in waiting:
            answers.put((FAILED, error or self._death()))

    def _death(self) -> WorkerDiedError:
        if self._closing:
            return WorkerDiedError(f"The {self._name} worker was closed during the work.")
        code = self._process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return WorkerDiedError(
            f"The {self._name} worker ended unexpectedly ({how}).",
            remedy="The next request starts it again; if it recurs, see `hausgeist doctor`.",
        )
