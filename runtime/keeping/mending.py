"""Puts a damaged database right. Owns no meaning of the rows (`Store` has it).

What can be read is copied to a fresh one, gaps are filled from the newest good backup, the damaged file is kept beside.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runtime.errors import StorageError, UsageError, storage_errors
from runtime.keeping import history
from runtime.keeping.archive import Backup
from runtime.keeping.contents import Store
from runtime.keeping.numbering import LAST
from runtime.keeping.salvage import Saved, Wreck
from runtime.keeping.soundness import parts, problems
from runtime.keeping.transfer import restore_keys, transfer
from runtime.paths import Paths, ensure


@dataclass(frozen=True)
class Mended:
    """What was done to a database. `saved`: rows by table, read from the damaged file; `filled`: rows by table, from
    the backup `backup`; `keys`: rows that got back their key from there; `gaps`: tables in which rows may still be
    missing; `kept`: where the damaged file is now."""

    saved: dict[str, int]
    filled: dict[str, int]
    gaps: tuple[str, ...]
    backup: Path | None
    backup_made: datetime | None
    kept: Path
    keys: int = 0

    def told(self) -> str:
        """In words."""
        text = f"{sum(self.saved.values())} rows were saved"
        if any(self.filled.values()):
            text += f", {sum(self.filled.values())} came from the backup of {self.backup_made:%Y-%m-%d %H:%M}"
        if self.keys:
            text += f", {self.keys} got their keys back from there"
        if self.gaps:
            text += f"; rows may be missing in {', '.join(self.gaps)}"
        return f"{text}; the damaged file is kept in {self.kept}"


def quarantine(paths: Paths, now: datetime) -> Path:
    """The folder to which what is damaged is moved now."""
    return ensure(paths.data / "quarantine" / f"{now:%Y%m%d-%H%M%S}")


def set_aside(file: Path, paths: Paths, now: datetime) -> Path:
    """Move a damaged file, and what belongs to it, to quarantine; gives its new place."""
    root = paths.data if file.is_relative_to(paths.data) else paths.config
    target = quarantine(paths, now) / root.name / file.relative_to(root)
    ensure(target.parent)
    with storage_errors(target.parent):
        for part in parts(file) or [file]:
            part.replace(target.with_name(part.name))
    return target


def mend(paths: Paths, store: Store, *, now: datetime, tell: Callable[[str], None] = lambda text: None) -> Mended:
    """Make a sound database of a damaged one and put it in its place. Raises `StorageError`, `UsageError`."""
    file = store.file(paths)
    with storage_errors(file), tempfile.TemporaryDirectory(prefix=".mending-", dir=file.parent) as folder:
        store.make(Path(folder))
        fresh = Path(folder) / file.name
        with closing(sqlite3.connect(fresh, isolation_level=None)) as target:
            target.execute("PRAGMA journal_mode = DELETE")
            target.execute("PRAGMA foreign_keys = OFF")
            target.execute("BEGIN")
            tell(f"saving what can be read of {file.name}")
            with Wreck(file) as wreck:
                _refuse_newer(store, wreck.version)
                saved = transfer(wreck, target, store.tables)
                _keep_counting(wreck, target)
            backup, filled, keys = _fill(paths, store, target, saved, tell)
            tell(f"building the indexes of {file.name} anew")
            before = _counts(target, store)
            store.rebuild(target, {name: table.gaps for name, table in saved.items() if table.gaps})
            for name, count in _counts(target, store).items():
                if count < before[name]:  # rows that belonged to lost ones
                    saved[name].gaps = saved[name].gaps or [(-LAST, LAST)]
            target.execute("COMMIT")
        wrong = problems(fresh)
        if wrong:
            raise StorageError(f"What was saved of {file} is not sound: {wrong[0]}.", remedy="Restore a backup.")
        kept = set_aside(file, paths, now)
        fresh.replace(file)
    gaps = tuple(name for name, table in saved.items() if not table.whole)
    rows = {name: table.rows for name, table in saved.items()}
    place, made = backup or (None, None)
    return Mended(rows, filled, gaps, place, made, kept, keys)


def _counts(database: sqlite3.Connection, store: Store) -> dict[str, int]:
    sql = "SELECT count(*) FROM {}"
    return {name: database.execute(sql.format(name)).fetchone()[0] for name in store.tables}


def _refuse_newer(store: Store, version: int | None) -> None:
    """A later program's file is not damaged by being unknown here. A version that is absurd is damage itself."""
    if version is not None and store.version < version <= store.version + 100:
        raise UsageError(f"The {store.name} database was written by a later version.", remedy="Update hausgeist.")


def _keep_counting(wreck: Wreck, target: sqlite3.Connection) -> None:
    """Numbers that were given out are not given again: vectors outside of the database go by them."""
    table = wreck.table("sqlite_sequence")
    if table is None:
        return
    for _, name, number in wreck.rows(table, ("name", "seq"), Saved()):
        with suppress(sqlite3.DatabaseError):
            changed = target.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, name))
            if not changed.rowcount and isinstance(number, int):
                target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))


def _fill(
    paths: Paths, store: Store, target: sqlite3.Connection, saved: dict[str, Saved], tell: Callable[[str], None]
) -> tuple[tuple[Path, datetime] | None, dict[str, int], int]:
    """Rows for the gaps, and only for them: a row that was deleted since the backup does not come back elsewhere."""
    broken = [name for name, table in saved.items() if not table.whole]
    tell("looking for a good backup")
    newest = history.newest_good(paths)
    if newest is None:
        return None, {}, 0
    with Backup(newest[0]) as backup:
        data = backup.read(f"data/{store.place}")
    if data is None:
        return None, {}, 0
    with tempfile.TemporaryDirectory(prefix="hausgeist-backup-") as folder:
        older = Path(folder) / "older"
        older.write_bytes(data)
        with Wreck(older) as whole:
            keys = restore_keys(whole, target, store.tables)
            found = transfer(whole, target, broken, only=saved)
    return newest, {name: table.rows for name, table in found.items()}, keys
