"""The JPEG files of stills beside the database, named by their bytes. Owns no rows: it asks which files rows name.

A file is written before the row that names it and removed after it, so that a kill in between leaves at most a file
that no row names; `remove_orphans` clears those away.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from runtime.paths import replacing
from runtime.sealed import Seal


class StillFiles:
    """The files under `folder`/stills that the table `stills` of `database` names."""

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        self._folder, self._database = folder, database

    def keep(self, jpeg: bytes) -> str:
        """Write a still where it is not kept yet. Returns its name, relative to the folder. Raises `OSError`."""
        digest = hashlib.sha256(jpeg).hexdigest()[:32]
        name = f"stills/{digest[:2]}/{digest}.jpg"
        target = self._folder / name
        if not target.exists():
            with replacing(target) as beside:
                beside.write_bytes(Seal.of(self._folder).close(jpeg))
        return name

    def named(self, where: str, value: int) -> set[str]:
        """The names in the rows for which the condition `where` (of ours, with one mark) is true of `value`."""
        rows = self._database.execute(f"SELECT file FROM stills WHERE {where}", (value,))  # noqa: S608 - ours
        return {row[0] for row in rows}

    def remove(self, names: Iterable[str]) -> None:
        """Remove those of these files that no row names any more."""
        for name in names:
            if not self._database.execute("SELECT 1 FROM stills WHERE file = ? LIMIT 1", (name,)).fetchone():
                (self._folder / name).unlink(missing_ok=True)

    def remove_orphans(self) -> None:
        """Remove every file that no row names."""
        named = {row[0] for row in self._database.execute("SELECT file FROM stills")}
        for file in (self._folder / "stills").glob("*/*"):
            if file.is_file() and file.relative_to(self._folder).as_posix() not in named:
                file.unlink(missing_ok=True)

    def sizes(self) -> dict[str, int]:
        """Bytes of each kept still, by its name."""
        found: dict[str, int] = {}
        for file in (self._folder / "stills").glob("*/*.jpg"):
            try:
                found[file.relative_to(self._folder).as_posix()] = file.stat().st_size
            except FileNotFoundError:
                continue
        return found
