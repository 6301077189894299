"""Scans of recordings on a Ray cluster (https://docs.ray.io): the same scan, elsewhere. Owns no index.

Recordings are scanned in any order and handed out in the order that the index asks for them, so what is written is what
a single process writes. A worker process that dies loses nothing: Ray runs its recording again on another. Every
machine of the cluster needs this program installed, and the recordings and models under the same paths.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from runtime.cancellation import Cancellation
from runtime.errors import MediaError, UsageError, WorkerDiedError
from tools.finder.scan.result import Scan

TRIES_AGAIN = 3
"""How often a recording is scanned again after the death of its worker."""
AHEAD = 2
"""Recordings that are scanned ahead for each worker, so that their pictures do not fill the memory."""
_LOOK_S = 0.2


class RayScans:
    """Scans on a cluster: that at `address`, or one of `workers` processes on this machine. Use it in a `with`.

    `kwargs` are those of the scanner (`scan_backend.Scanner`). Raises `UsageError` where the cluster is not reached.
    """

    def __init__(self, kwargs: Mapping[str, Any], *, workers: int = 2, address: str | None = None) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing of this house is reported
        self._kwargs, self._ahead = tuple(sorted(kwargs.items())), AHEAD * workers
        self._files: list[Path] = []
        self._running: dict[Path, Any] = {}
        try:
            options: dict[str, Any] = {"address": address} if address else {"num_cpus": workers, "address": "local"}
            ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False, **options)
        except (ConnectionError, RayError, ValueError, RuntimeError) as problem:
            raise UsageError(
                f"The Ray cluster {address or 'on this machine'} cannot be used: {problem}.",
                remedy="Check its address (`ray status`), or index without --engine ray.",
            ) from problem

    def begin(self, files: Sequence[Path]) -> None:
        """The recordings, in the order in which they will be asked for."""
        self._files = list(files)
        self._submit()

    def result(self, file: Path, cancellation: Cancellation) -> Scan:
        """The scan of the next recording. Raises `MediaError`, `WorkerDiedError` and `CallCancelled`."""
        self._submit()
        task = self._running.pop(file)
        while not ray.wait([task], timeout=_LOOK_S)[0]:
            if cancellation.cancelled:
                ray.cancel(task, force=True)
                cancellation.check()
        try:
            found, problem = ray.get(task)
        except RayError as death:
            raise WorkerDiedError(
                f"The Ray worker that scanned {file} ended {TRIES_AGAIN + 1} times: {type(death).__name__}.",
                remedy="Check the recording, and the memory of that machine.",
            ) from death
        self._submit()
        if found is None:
            raise MediaError(str(problem))
        scan: Scan = found
        return scan

    def _submit(self) -> None:
        while self._files and len(self._running) < self._ahead:
            file = self._files.pop(0)
            self._running[file] = _SCAN.remote(self._kwargs, str(file))

    def close(self) -> None:
        """Let go of the cluster; one on this machine ends."""
        ray.shutdown()

    def __enter__(self) -> RayScans:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Quiet:
    """Keeps the last item that a scan hands out; nobody watches its progress from here."""

    def __init__(self) -> None:
        self.last: Any = None

    def __call__(self, item: Any) -> None:
        self.last = item

    def check(self) -> None:
        """A cancelled task is ended by Ray."""


@cache
def _scanner(kwargs: tuple[tuple[str, Any], ...]) -> Any:
    from tools.finder.scan.scan_backend import Scanner

    return Scanner(**dict(kwargs))


def _scan(kwargs: tuple[tuple[str, Any], ...], path: str) -> tuple[Scan | None, str | None]:
    """The scan of a recording, or what is wrong with it."""
    emit: Any = _Quiet()
    try:
        _scanner(kwargs).scan(path, emit=emit)
    except MediaError as problem:
        return None, str(problem.message)
    return emit.last, None


_SCAN: Any = ray.remote(max_retries=TRIES_AGAIN, num_cpus=1)(_scan)
