"""Where files of recipes lie on this machine, and each conversation's last picture: `images/places.json`.

A recipe names files by their SHA-256, since a picture may be given away; this private note finds them again. Owns no
picture; the file can be deleted at any time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from runtime.errors import storage_errors
from runtime.paths import Paths, ensure, replacing

MOST = 2000
"""Entries of each kind; the oldest go."""


class Places:
    """The notes of one house. Safe between threads and processes. Raises `StorageError` for a disk that refuses."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.data / "images" / "places.json"

    def keep_file(self, path: Path) -> dict[str, str]:
        """Note where a file is; gives its "name" and "sha256" for a recipe."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self._change(lambda table: _put(table["files"], digest, str(path.absolute())))
        return {"name": path.name, "sha256": digest}

    def find_file(self, name: str, sha256: str, beside: Path | None = None) -> Path | None:
        """The file of that content: where it was noted, or beside the picture `beside`; None when it is not there."""
        noted = self._read()["files"].get(sha256)
        for path in filter(None, (Path(noted) if noted else None, beside.parent / name if beside else None)):
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
                return path
        return None

    def keep_last(self, session: str, picture: Path) -> None:
        """Note a conversation's latest picture."""
        self._change(lambda table: _put(table["last"], session, str(picture.absolute())))

    def last(self, session: str) -> Path | None:
        """A conversation's latest picture, if it is still there."""
        noted = self._read()["last"].get(session)
        return Path(noted) if noted and Path(noted).is_file() else None

    def drop(self, pictures: Iterable[Path]) -> None:
        """Forget where these files were: they are gone."""
        gone = {str(path.absolute()) for path in pictures}
        if gone and self._file.is_file():
            self._change(lambda table: _without(table, gone))

    def _change(self, change: Callable[[dict[str, dict[str, str]]], None]) -> None:
        folder = ensure(self._file.parent)
        with storage_errors(folder), (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = self._read()
            change(table)
            with replacing(self._file) as beside:
                beside.write_text(json.dumps(table, ensure_ascii=False, indent=1), encoding="utf-8")

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            table: Any = json.loads(self._file.read_text(encoding="utf-8"))
            return {kind: dict(table.get(kind, {})) for kind in ("files", "last")}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            return {"files": {}, "last": {}}


def _without(table: dict[str, dict[str, str]], gone: set[str]) -> None:
    for kind, entries in table.items():
        table[kind] = {key: value for key, value in entries.items() if value not in gone}


def _put(table: dict[str, str], key: str, value: str) -> None:
    table.pop(key, None)
    table[key] = value
    while len(table) > MOST:
        del table[next(iter(table))]
