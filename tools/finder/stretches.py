"""The stretches of time that a camera's usable recordings cover. Owns no cameras and no recordings.

A question wants to know them, and the recordings of a year are tens of thousands: where they make up few stretches,
these are kept in a table of their own. Triggers on the recordings say that a camera's no longer count, so whoever
writes recordings need not know of it; what is not there is counted again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tools.finder.database import BUSY_S, FinderDatabase
from tools.finder.records import Coverage

Stretch = tuple[float, float]
"""Start and end, Unix seconds UTC."""
JOIN_S = 2.0
"""Recordings less than so many seconds apart are one stretch."""
MANY = 500
"""Fewer recordings are counted each time."""
EACH = 8
"""Stretches are kept where they have so many recordings each on average: else reading them is no less work."""


class StoreStretches(FinderDatabase):
    """The part of `FinderStore` that knows what recordings cover."""

    def stretches(self, camera_id: int) -> list[Stretch]:
        """Of one camera, by start."""
        if self._database.execute("SELECT 1 FROM counted WHERE camera_id = ?", (camera_id,)).fetchone():
            kept = "SELECT start, end FROM stretches WHERE camera_id = ? ORDER BY start"
            return self._database.execute(kept, (camera_id,)).fetchall()
        rows = self._recorded(camera_id)
        found = joined(rows)
        if len(rows) >= max(MANY, EACH * len(found)):
            self._keep(camera_id)
        return found

    def _recorded(self, camera_id: int) -> list[Stretch]:
        statement = (
            "SELECT start, start + duration_s FROM segments WHERE camera_id = ? AND status != 'broken'"
            " AND indexed IS NOT NULL AND expired IS NULL ORDER BY start"
        )
        return self._database.execute(statement, (camera_id,)).fetchall()

    def _keep(self, camera_id: int) -> None:
        """Keep a camera's stretches, unless another process writes just now: a question waits for nobody."""
        if self._database.in_transaction:
            return
        self._database.execute("PRAGMA busy_timeout = 0")
        try:
            self._database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return
        finally:
            self._database.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
        with self._begun():
            found = [(camera_id, *one) for one in joined(self._recorded(camera_id))]  # as of this transaction
            self._database.execute("DELETE FROM stretches WHERE camera_id = ?", (camera_id,))
            self._database.executemany("INSERT INTO stretches (camera_id, start, end) VALUES (?, ?, ?)", found)
            self._database.execute("INSERT OR REPLACE INTO counted (camera_id) VALUES (?)", (camera_id,))


def joined(rows: Iterable[Stretch]) -> list[Stretch]:
    """Spans (start, end) by start as islands: those less than `JOIN_S` apart are one."""
    found: list[Stretch] = []
    first = last = None
    for start, end in rows:
        if first is None or last is None or start - last > JOIN_S:
            if first is not None and last is not None:
                found.append((first, last))
            first, last = start, end
        elif end > last:
            last = end
    return found if first is None or last is None else [*found, (first, last)]


def covered(name: str, spans: Sequence[Stretch], since: float | None, until: float | None) -> Coverage:
    """What these stretches of a camera cover between `since` and `until`, see `StoreQueries.coverage`."""
    low = float("-inf") if since is None else since
    high = float("inf") if until is None else until
    merged: list[Stretch] = []
    for start, end in spans:
        start, end = max(start, low), min(end, high)
        if end < start:
            continue
        if merged and start - merged[-1][1] <= JOIN_S:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    if not merged:
        return Coverage(name, None, None, ((low, high),) if since is not None and until is not None else ())
    gaps = [(a[1], b[0]) for a, b in pairwise(merged)]
    if since is not None and merged[0][0] - since > JOIN_S:
        gaps.insert(0, (since, merged[0][0]))
    if until is not None and until - merged[-1][1] > JOIN_S:
        gaps.append((merged[-1][1], until))
    return Coverage(name, merged[0][0], merged[-1][1], tuple(gaps))
