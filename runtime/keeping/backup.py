"""Makes a backup of a house while it is in use: each database as of one moment, then the files. Owns no format."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runtime.errors import UsageError, storage_errors
from runtime.keeping import history
from runtime.keeping.archive import Entry, Manifest, Source, Tell, write
from runtime.keeping.contents import Contents, Found, walk
from runtime.keeping.settings_secrets import without_secrets
from runtime.keeping.soundness import copy, problems, version_of
from runtime.paths import Paths, ensure

SETTINGS = "config/settings.toml"


@dataclass(frozen=True)
class Wanted:
    """What goes into a backup beside what always does."""

    secrets: bool = False
    recordings: bool = True


def make_backup(
    paths: Paths, contents: Contents, target: Path, wanted: Wanted, *, now: datetime, program: str,
    tell: Tell = lambda what, done, total: None, check: Callable[[], None] = lambda: None,
) -> Manifest:  # fmt: skip
    """Write the backup `target` in one step, read back and compared; an older file of that name stays until then.

    `check` raises where the owner has cancelled. Raises `UsageError` where there is nothing to keep or a database is
    damaged (a backup of it would be one too), `StorageError`.
    """
    target = target.expanduser().absolute()
    _refuse_inside(paths, target)
    found = list(walk(paths, contents))
    if not found:
        raise UsageError(f"There is nothing to keep in {paths.data} yet.", remedy="Check HAUSGEIST_HOME.")
    ensure(target.parent)
    with storage_errors(target.parent), tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        maker = _Maker(paths, contents, Path(folder), wanted)
        sources = [source for one in found if (source := maker.source(one, check)) is not None]

        def about(files: dict[str, Entry]) -> Manifest:
            gone = [f"{source.name} (it was deleted meanwhile)" for source in sources if source.name not in files]
            left_out = (*maker.left_out, *gone)
            return Manifest(now.isoformat(), program, maker.versions, files, left_out, wanted.secrets)

        def told(what: str, done: int, total: int) -> None:
            check()
            tell(what, done, total)

        manifest = write(target, sources, about, told)
    history.note(paths, target, manifest.made)
    return manifest


def _refuse_inside(paths: Paths, target: Path) -> None:
    if target.is_dir():
        raise UsageError(f"{target} is a folder.", remedy="Name a file, such as hausgeist-backup.zip.")
    for folder in (paths.data, paths.config):
        if target.is_relative_to(folder):
            raise UsageError(
                f"{target} lies in the folder that is kept.", remedy="Name a place outside, best on another disk."
            )


class _Maker:
    """Prepares what goes into one backup; copies of databases lie in `folder`."""

    def __init__(self, paths: Paths, contents: Contents, folder: Path, wanted: Wanted) -> None:
        self._folder, self._wanted = folder, wanted
        self._stores = {store.file(paths): store for store in contents.stores}
        self.versions: dict[str, int] = {}
        self.left_out: list[str] = []

    def source(self, one: Found, check: Callable[[], None]) -> Source | None:
        """Where to read a file from; None where it is left out."""
        check()
        if one.kind == "secret" and not self._wanted.secrets:
            self.left_out.append(f"{one.name} (secret)")
            return None
        if one.kind == "recording" and not self._wanted.recordings:
            self.left_out.append(f"{one.name} (recording)")
            return None
        if one.kind == "database":
            return self._database(one, check)
        if one.name == SETTINGS and not self._wanted.secrets:
            return self._settings(one)
        return Source(one.name, one.file)

    def _database(self, one: Found, check: Callable[[], None]) -> Source:
        copied = self._folder / f"{len(list(self._folder.iterdir()))}.sqlite"
        copy(one.file, copied, lambda left: check())
        wrong = problems(copied)
        if wrong:
            raise UsageError(
                f"The database {one.file} is damaged: {wrong[0]}.",
                remedy="Run `hausgeist doctor --repair`, then make the backup again.",
            )
        if one.file in self._stores:
            self.versions[self._stores[one.file].name] = version_of(copied)
        return Source(one.name, copied)

    def _settings(self, one: Found) -> Source | None:
        try:
            text, gone = without_secrets(one.file.read_text(encoding="utf-8"))
        except ValueError as problem:
            self.left_out.append(f"{one.name} (it is not valid TOML, so its secrets cannot be told: {problem})")
            return None
        self.left_out += [f"{one.name}: {key} (secret)" for key in gone]
        plain = self._folder / "settings.toml"
        plain.write_text(text, encoding="utf-8")
        return Source(one.name, plain)
