"""The scan of recordings as a patient worker: within a share of the processor, and behind everything else.

Owns no scanning: it is `Scanner` with a pause wherever that tells its progress.
"""

from __future__ import annotations

import os
from typing import Any

from runtime.worker_service import Emit
from tools.finder.scan.scan_backend import Scanner
from tools.finder.watching.pace import Pacer

NICE = 10


class PacedScanner(Scanner):
    """The service; `share` of all cores is what a scan may use on average."""

    def __init__(self, share: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._pacer = Pacer(share)
        os.nice(NICE)

    def scan(self, path: str, *, emit: Emit) -> None:
        """See `Scanner.scan`."""
        self._pacer.begin()
        super().scan(path, emit=_PacedEmit(emit, self._pacer))


class _PacedEmit(Emit):
    """Hands out items as `inner` does, after the pause that is owed."""

    def __init__(self, inner: Emit, pacer: Pacer) -> None:
        self._inner, self._pacer = inner, pacer

    def __call__(self, item: Any) -> None:
        self._pacer.pause(self._inner.check)
        self._inner(item)

    def check(self) -> None:
        self._inner.check()

    @property
    def cancelled(self) -> bool:
        return self._inner.cancelled
