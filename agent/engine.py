"""The llama.cpp worker as the chat model uses it: leased at the first call, with its prompt prefix loaded.

Many turns need no language model (a certain vote, plain arguments, a rendered reply); these start none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

from runtime.errors import HausgeistError
from runtime.residency import Residency
from runtime.worker import Worker, WorkerSpec


class Engine:
    """`call` and `stream` of a worker that is leased when first used and given back at the end of the `with`.

    `prepare(worker)` runs after a lease, before the first call, and does nothing where that is done already.
    """

    def __init__(self, residency: Residency, spec: WorkerSpec, prepare: Callable[[Worker], None]) -> None:
        self._residency, self._spec, self._prepare = residency, spec, prepare
        self._stack = ExitStack()
        self._worker: Worker | None = None
        self._beginning: threading.Thread | None = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._begun()
        self._worker = None
        self._stack.close()

    def begin(self) -> None:
        """Have the worker started and prepared beside what the caller does next; a call will surely follow.

        Raises nothing: what went wrong comes again, and is raised, at that call.
        """
        if self._worker is None and self._beginning is None:
            self._beginning = threading.Thread(target=self._start, name="engine-begins", daemon=True)
            self._beginning.start()

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Any:
        """See `Worker.call`."""
        return self._ready().call(method, *args, **kwargs)

    def stream(self, method: str, /, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """See `Worker.stream`."""
        return self._ready().stream(method, *args, **kwargs)

    def _start(self) -> None:
        with suppress(HausgeistError), self._residency.lease(self._spec) as worker:
            self._prepare(worker)

    def _begun(self) -> None:
        if self._beginning is not None:
            self._beginning.join()
            self._beginning = None

    def _ready(self) -> Worker:
        if self._worker is None:
            self._begun()
            worker = self._stack.enter_context(self._residency.lease(self._spec))
            self._prepare(worker)
            self._worker = worker
        return self._worker
