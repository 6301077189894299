"""Moves rows from a damaged database, or from a backup of it, to a fresh one. Owns no reading of damaged files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from runtime.keeping.numbering import LAST
from runtime.keeping.salvage import Saved, Table, Wreck, joined

MOST_CHARACTERS = 2
"""In so many characters a key may differ from that of the backup to count as the same key, damaged."""


def transfer(
    wreck: Wreck, target: sqlite3.Connection, names: Iterable[str], *, only: dict[str, Saved] | None = None
) -> dict[str, Saved]:
    """Copy the readable rows of these tables into `target`, which has the present schema; columns go by name.

    A row that is there already, or that the schema refuses, is left out. `only`: rows within these tables' gaps alone,
    to fill them from a backup.
    """
    done: dict[str, Saved] = {}
    for name in names:
        saved = done[name] = Saved()
        table = wreck.table(name)
        if table is None:
            saved.gaps.append((-LAST, LAST))
            continue
        _copy(wreck, target, table, saved, None if only is None else only[name])
        saved.gaps = joined(saved.gaps)
    return done


def _copy(wreck: Wreck, target: sqlite3.Connection, table: Table, saved: Saved, only: Saved | None) -> None:
    name, keeps_number = table.name, table.numbered and not table.number
    wanted = [row[1] for row in target.execute(f"PRAGMA table_info({name})")]
    columns = [column for column in table.columns if column in wanted]
    quoted = ", ".join([*(["rowid"] if keeps_number else []), *(f'"{column}"' for column in columns)])
    marks = ", ".join("?" * (len(columns) + keeps_number))
    sql = f"INSERT OR IGNORE INTO {name} ({quoted}) VALUES ({marks})"  # noqa: S608 - names of ours
    for row in wreck.rows(table, columns, saved):
        if only is None or not table.numbered or any(a <= row[0] <= b for a, b in only.gaps):
            kept = target.execute(sql, row if keeps_number else row[1:]).rowcount > 0
            saved.rows += kept
            if not kept and only is None and not _there(target, name, row[0], table.numbered):
                saved.gaps.append((row[0], row[0]))  # what was read is no row of this table: its page was damaged


def _there(database: sqlite3.Connection, name: str, row: int, numbered: bool) -> bool:
    if not numbered:
        return True
    sql = f"SELECT 1 FROM {name} WHERE rowid = ?"  # noqa: S608 - a name of ours
    return database.execute(sql, (row,)).fetchone() is not None


def restore_keys(backup: Wreck, target: sqlite3.Connection, names: Iterable[str]) -> int:
    """Give rows whose key is a text the key of the backup's row of the same number, where a few characters changed.

    Other rows go by this key. Gives how many were put right.
    """
    count = 0
    for name in names:
        table = backup.table(name)
        keys = [row[1] for row in target.execute(f"PRAGMA table_info({name})") if row[5]]
        if table is None or not table.numbered or table.number or len(keys) != 1:
            continue
        was = {row[0]: row[1] for row in backup.rows(table, keys, Saved())}
        now = dict(target.execute(f'SELECT rowid, "{keys[0]}" FROM {name}'))  # noqa: S608 - names of ours
        for number in sorted(set(was) & set(now)):
            old, new = was[number], now[number]
            if old not in now.values() and new not in was.values() and _alike(old, new):
                sql = f'UPDATE {name} SET "{keys[0]}" = ? WHERE rowid = ?'  # noqa: S608 - names of ours
                count += target.execute(sql, (old, number)).rowcount
    return count


def _alike(old: object, new: object) -> bool:
    if not isinstance(old, str) or not isinstance(new, str) or len(old) != len(new):
        return False
    return sum(a != b for a, b in zip(old, new, strict=True)) <= MOST_CHARACTERS
