"""What must stay flat while a house works: memory, file handles, threads, processes, disk, latency. Owns no work."""

from __future__ import annotations

import gc
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from runtime.paths import Paths


@dataclass(frozen=True)
class Reading:
    """One look, at the end of a round. `beside_bytes`: what lies in the house's folders beyond its records and what
    the owner asked for (caches, unfinished files, stages of scripts), and in the folder for temporary files;
    `turn_ms`: median of the round's turns, by kind of turn."""

    done: float
    rss_mb: float
    workers_mb: float
    handles: int
    threads: int
    processes: int
    records_mb: float
    beside_bytes: int
    turn_ms: dict[str, float]


def read(done: float, paths: Paths, temporary: Path, turns: dict[str, list[float]]) -> Reading:
    """Look at this process, its workers and its folders; `turns` are seconds by kind of turn."""
    gc.collect()
    me = psutil.Process()
    below = me.children(recursive=True)
    kept, beside = _disk(paths, temporary)
    return Reading(
        round(done, 4),
        round(me.memory_info().rss / 1e6, 1),
        round(sum(_rss(one) for one in below) / 1e6, 1),
        me.num_fds(),
        me.num_threads(),
        len(below),
        round(kept / 1e6, 2),
        beside,
        {kind: round(1000 * statistics.median(seconds), 2) for kind, seconds in turns.items() if seconds},
    )


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _disk(paths: Paths, temporary: Path) -> tuple[int, int]:
    """Bytes of records and of what lies beside them."""
    kept = beside = 0
    for folder in (paths.data, paths.cache, temporary):
        for file in folder.rglob("*"):
            try:
                size = file.lstat().st_size if file.is_file() else 0
            except OSError:
                continue
            record = folder == paths.data and not file.name.startswith(".") and "stages" not in file.parts
            kept, beside = (kept + size, beside) if record else (kept, beside + size)
    return kept, beside


def verdict(readings: Sequence[Reading], slack: float = 0.10) -> dict[str, object]:
    """First and last figures and whether each held. The first tenth warms up; then the first third that follows is
    compared with the last, by medians, so that one reading more or less of a busy machine decides nothing."""
    warm = [reading for reading in readings if reading.done > 0.1] or list(readings)
    third = max(1, len(warm) // 3)
    first, last = warm[:third], warm[-third:]
    found: dict[str, object] = {}
    limits = {"rss_mb": slack, "workers_mb": slack, "handles": 0.05, "threads": 0.05, "processes": 0.0}
    for name, limit in limits.items():
        found[name] = _compared([getattr(r, name) for r in first], [getattr(r, name) for r in last], limit, 2.0)
    found["beside_bytes"] = _compared([r.beside_bytes for r in first], [r.beside_bytes for r in last], 0.1, 1e6)
    for kind in sorted(set(first[0].turn_ms) & set(last[-1].turn_ms)):
        before = [r.turn_ms[kind] for r in first if kind in r.turn_ms]
        after = [r.turn_ms[kind] for r in last if kind in r.turn_ms]
        found[f"{kind}_ms"] = _compared(before, after, slack, 1.0)
    return found


def _compared(first: Sequence[float], last: Sequence[float], limit: float, least: float) -> dict[str, object]:
    """Medians at both ends; growth by up to `limit`, or by less than `least` in its own unit, counts as flat."""
    before, after = statistics.median(first), statistics.median(last)
    share = after / before - 1 if before else 0.0
    return {"start": before, "end": after, "growth": round(share, 3), "limit": limit,
            "held": share <= limit or after - before < least}  # fmt: skip


def as_json(readings: Sequence[Reading], most: int = 24) -> list[dict[str, object]]:
    """Some of the readings, evenly spread, for the printed object."""
    step = max(1, len(readings) // most)
    return [asdict(reading) for reading in readings[::step]]


def temporary_folder(folder: Path) -> Path:
    """A folder for temporary files of this process and its workers, so that what is left there is seen."""
    target = folder / "tmp"
    target.mkdir()
    os.environ["TMPDIR"] = str(target)
    return target
