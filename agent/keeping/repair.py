"""Puts right what can be put right without the owner: databases, files of settings, what is derived. Owns no methods.

The order is that of dependence: a restoring that was cut, the databases, the files beside them, then what is made from
the databases. Each step says exactly what it did, and one that fails stops no other.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent.keeping.stores import CONTENTS
from runtime.errors import HausgeistError, SettingsError
from runtime.keeping import exchange, history
from runtime.keeping.archive import Backup
from runtime.keeping.contents import Store, temporary
from runtime.keeping.mending import mend, set_aside
from runtime.keeping.soundness import problems
from runtime.keeping.use import refuse_if_used
from runtime.paths import Paths
from runtime.settings import load_settings

State = Literal["sound", "repaired", "rebuilt", "removed", "failed"]
OLD_S = 3600.0
"""A temporary file not written to for so long belongs to a program that was killed, seconds."""
_JSON = ("data/finder/credentials.json", "data/images/places.json", "config/tokens.json")


@dataclass(frozen=True)
class Repair:
    """What was looked at, and what was done to it. `lost`: whether something of the owner's may be missing now."""

    area: str
    name: str
    state: State
    detail: str
    lost: bool = False


def repair_files(
    paths: Paths,
    *,
    now: datetime,
    clock: Callable[[], float] = time.time,
    tell: Callable[[str], None] = lambda text: None,
) -> Iterator[Repair]:
    """Repair what needs no settings and no models. Raises `UsageError` while other processes use the data."""
    if exchange.finish(paths):
        yield Repair("backup", "restore", "repaired", "a restoring that was cut is done now")
    refuse_if_used(paths, "Nothing can be repaired")
    yield from _settings(paths, now)
    for store in CONTENTS.stores:
        if store.file(paths).exists():
            yield _database(paths, store, now, tell)
    for name in _JSON:
        yield from _json_file(paths, name, now)
    yield from _leftovers(paths, clock())


def _database(paths: Paths, store: Store, now: datetime, tell: Callable[[str], None]) -> Repair:
    file = store.file(paths)
    tell(f"checking {file.name}")
    try:
        wrong = problems(file) or _no_tables(file, store)
        if not wrong:
            return Repair("database", store.name, "sound", f"{file.name}: structure, links and word index are sound")
        done = mend(paths, store, now=now, tell=tell)
    except HausgeistError as problem:
        return Repair("database", store.name, "failed", str(problem), lost=True)
    return Repair("database", store.name, "repaired", f"{wrong[0]}: {done.told()}", lost=bool(done.gaps))


def _no_tables(file: Path, store: Store) -> list[str]:
    """A file that was emptied is a sound database for SQLite."""
    with closing(sqlite3.connect(file)) as database:
        there = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    missing = [name for name in store.tables if name not in there]
    return [f"the tables {', '.join(missing)} are not there"] if missing else []


def _settings(paths: Paths, now: datetime) -> Iterator[Repair]:
    """A file that is no TOML is set aside; one that only names a wrong key is the owner's to correct."""
    file = paths.settings_file
    if not file.exists():
        return
    try:
        load_settings(file, {})
        yield Repair("settings", "settings", "sound", str(file))
    except SettingsError as problem:
        if "is not valid TOML" not in problem.message:
            yield Repair("settings", "settings", "failed", str(problem))
            return
        kept = set_aside(file, paths, now)
        origin = _from_backup(paths, f"config/{file.name}", file)
        source = f"taken from the backup {origin}" if origin else "the defaults hold now"
        detail = f"{problem.message} It lies in {kept}; {source}"
        yield Repair("settings", "settings", "repaired", detail, lost=origin is None)


def _json_file(paths: Paths, name: str, now: datetime) -> Iterator[Repair]:
    root, _, rest = name.partition("/")
    file = (paths.data if root == "data" else paths.config) / rest
    if not file.exists():
        return
    try:
        if isinstance(json.loads(file.read_text(encoding="utf-8")), dict):
            yield Repair("files", rest, "sound", str(file))
            return
    except (ValueError, OSError, RecursionError):
        pass
    kept = set_aside(file, paths, now)
    origin = _from_backup(paths, name, file)
    source = f"taken from the backup {origin}" if origin else "it is begun anew; enter again what was in it"
    yield Repair("files", rest, "repaired", f"damaged, and set aside in {kept}: {source}", lost=origin is None)


def _from_backup(paths: Paths, name: str, target: Path) -> Path | None:
    """Take one file from the newest good backup; tells which that was."""
    newest = history.newest_good(paths)
    if newest is None:
        return None
    with Backup(newest[0]) as backup:
        data = backup.read(name)
    if data is None:
        return None
    target.write_bytes(data)
    target.chmod(0o600)
    return newest[0]


def _leftovers(paths: Paths, now: float) -> Iterator[Repair]:
    """Files that were being written when the program was killed."""
    removed = 0
    for folder in (paths.data, paths.config):
        for file in folder.rglob(".*"):
            if file.is_file() and temporary(file) and now - file.stat().st_mtime > OLD_S:
                file.unlink(missing_ok=True)
                removed += 1
    if removed:
        yield Repair("files", "unfinished", "removed", f"{removed} files that were never finished")
