"""The llama.cpp worker as the chat model uses it: leased at the first call, with its prompt prefix loaded.

Many turns need no language model (a certain vote, plain arguments, a rendered reply); these start none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from runtime.residency import Residency
from runtime.worker import Worker, WorkerSpec


class Engine:
    """`call` and `stream` of a worker that is leased when first used and given back at the end of the `with`.

    `prepare(worker)` runs once after the lease, before the first call.
    """

    def __init__(self, residency: Residency, spec: WorkerSpec, prepare: Callable[[Worker], None]) -> None:
        self._residency, self._spec, self._prepare = residency, spec, prepare
        self._stack = ExitStack()
        self._worker: Worker | None = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker = None
        self._stack.close()

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Any:
        """See `Worker.call`."""
        return self._ready().call(method, *args, **kwargs)

    def stream(self, method: str, /, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """See `Worker.stream`."""
        return self._ready().stream(method, *args, **kwargs)

    def _ready(self) -> Worker:
        if self._worker is None:
            worker = self._stack.enter_context(self._residency.lease(self._spec))
            self._prepare(worker)
            self._worker = worker
        return self._worker
