"""How much memory a worker really takes: measured at its loads, kept on disk, used to plan. Owns no worker.

Main memory is the process's peak resident set (`VmHWM` of proc(5), where there is one); GPU memory is what the driver
counts for the process. The book is one JSON file; it holds names, sizes and times, and can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from runtime.errors import StorageError
from runtime.gpu import process_gpu_bytes
from runtime.paths import replacing

_PEAK = re.compile(rb"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True)
class Footprint:
    """Bytes of main memory and of GPU memory."""

    cpu_bytes: int
    gpu_bytes: int = 0

    def with_peak(self, other: Footprint) -> Footprint:
        """The larger of the two, kind by kind."""
        return Footprint(max(self.cpu_bytes, other.cpu_bytes), max(self.gpu_bytes, other.gpu_bytes))


@dataclass(frozen=True)
class Measured:
    """One line of the book: a worker's name for people, its largest footprint, how often it was measured."""

    name: str
    cpu_bytes: int
    gpu_bytes: int
    times: int

    @property
    def footprint(self) -> Footprint:
        """The sizes alone."""
        return Footprint(self.cpu_bytes, self.gpu_bytes)


def measure(pid: int, *, on_gpu: bool, gpu_of: Callable[[int], int | None] = process_gpu_bytes) -> Footprint | None:
    """What the process has taken at most so far; None when it is gone. GPU bytes are 0 where the driver is silent."""
    try:
        cpu = _peak_bytes(pid) or int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None
    return Footprint(cpu, (gpu_of(pid) or 0) if on_gpu else 0)


class SizeBook:
    """Measured footprints by worker key, in `file` (None: in memory only). Thread-safe; a broken file counts as empty.

    Programs that run at the same time may overwrite each other's newest line; it is measured again at the next load.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._rows: dict[str, Measured] | None = None

    def get(self, key: str) -> Footprint | None:
        """The largest footprint that was measured for `key`."""
        with self._lock:
            row = self._table().get(_short(key))
        return row.footprint if row else None

    def note(self, key: str, name: str, found: Footprint) -> Footprint:
        """Take in a measurement and give the largest so far. The file is written only when that has changed."""
        short = _short(key)
        with self._lock:
            rows = self._table()
            before = rows.get(short)
            peak = found.with_peak(before.footprint) if before else found
            rows[short] = Measured(name, peak.cpu_bytes, peak.gpu_bytes, (before.times if before else 0) + 1)
            if before is None or before.footprint != peak:
                self._write(rows)
        return peak

    def all(self) -> list[Measured]:
        """Every line, the largest in main memory first."""
        with self._lock:
            return sorted(self._table().values(), key=lambda row: -row.cpu_bytes)

    def _table(self) -> dict[str, Measured]:
        if self._rows is None:
            self._rows = _read(self._file) if self._file else {}
        return self._rows

    def _write(self, rows: dict[str, Measured]) -> None:
        if self._file is None:
            return
        with suppress(StorageError, OSError):  # a read-only cache: it is measured again by the next program
            merged = {**_read(self._file), **rows}
            with replacing(self._file) as beside:
                text = json.dumps({key: asdict(row) for key, row in merged.items()}, indent=1, sort_keys=True)
                beside.write_text(text, encoding="utf-8")


def _short(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _read(file: Path) -> dict[str, Measured]:
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): Measured(**row) for key, row in table.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _peak_bytes(pid: int) -> int:
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_bytes())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
