"""Puts a house back as a backup has it: checked first, then in one step, and the old state is kept. Owns no format."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runtime.errors import StorageError, UsageError, storage_errors
from runtime.keeping import exchange, history
from runtime.keeping.archive import Backup, Manifest, Tell
from runtime.keeping.backup import SETTINGS
from runtime.keeping.contents import Contents, matches, roots, walk
from runtime.keeping.settings_secrets import with_secrets_of
from runtime.keeping.soundness import problems
from runtime.keeping.use import refuse_if_used
from runtime.paths import Paths, ensure

SPARE = 64 << 20
"""Bytes that stay free beside what is unpacked."""


@dataclass(frozen=True)
class Restored:
    """What was done. `kept`: where the state before lies now; empty where there was none."""

    manifest: Manifest
    kept: tuple[Path, ...]
    carried: tuple[str, ...]
    """Secrets of the present house that the backup does not have and that stay."""


def check_backup(file: Path, contents: Contents) -> Manifest:
    """Read a whole backup and compare every byte's hash. Raises `UsageError` for one of a later program."""
    with Backup(file.expanduser().absolute()) as backup:
        _refuse_newer(backup.manifest, contents)
        for _ in backup.verified():
            pass
        return backup.manifest


def restore(
    paths: Paths, contents: Contents, file: Path, *, now: datetime, tell: Tell = lambda what, done, total: None,
    check: Callable[[], None] = lambda: None, prepare: Callable[[Path, Path], None] = lambda fresh, present: None,
) -> Restored:  # fmt: skip
    """Put the house of `paths` back as `file` has it.

    All is unpacked beside and compared before anything is changed; the present folders are then exchanged for the new
    ones and kept under another name. `prepare(new data folder, present data folder)` may carry over what the backup
    lacks. Raises `UsageError` (no backup, a later program's, data in use), `StorageError` (damaged, disk); the house is
    then as it was.
    """
    exchange.finish(paths)
    refuse_if_used(paths, "Nothing can be restored")
    with Backup(file.expanduser().absolute()) as backup:
        _refuse_newer(backup.manifest, contents)
        staged = {root: _beside(folder) for root, folder in roots(paths).items()}
        try:
            _unpack(backup, staged, tell, check)
            carried = () if backup.manifest.secrets else _carry_secrets(paths, contents, staged)
            prepare(staged["data"], paths.data)
            kept = _put_in_place(paths, staged, now)
        finally:
            if not exchange.pending(paths):
                for folder in staged.values():
                    exchange.discard(folder)
        history.note(paths, backup.file, backup.manifest.made)
        return Restored(backup.manifest, kept, tuple(carried))


def _refuse_newer(manifest: Manifest, contents: Contents) -> None:
    known = {store.name: store.version for store in contents.stores}
    for name, version in manifest.databases.items():
        if version > known.get(name, -1):
            raise UsageError(
                f"The backup was made by a later version of the program ({manifest.program}): its {name} has the schema"
                f" {version}, and {known.get(name, 'none')} is known here.",
                remedy="Update hausgeist.",
            )


def _beside(folder: Path) -> Path:
    """A new folder on the same disk, whose name tells that it is nothing yet."""
    ensure(folder.parent)
    with storage_errors(folder.parent):
        for left in folder.parent.glob(f".{folder.name}-restoring-*"):  # of a run that was killed
            exchange.discard(left)
        return Path(tempfile.mkdtemp(prefix=f".{folder.name}-restoring-", dir=folder.parent))


def _unpack(backup: Backup, staged: dict[str, Path], tell: Tell, check: Callable[[], None]) -> None:
    free = shutil.disk_usage(staged["data"]).free
    if free < backup.manifest.bytes + SPARE:
        need = f"{backup.manifest.bytes / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free"
        raise StorageError(f"There is no room to restore: {need}.", remedy="Free some space; nothing was changed.")

    def told(what: str, done: int, total: int) -> None:
        check()
        tell(what, done, total)

    with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=staged["data"]) as folder:
        backup.unpack(Path(folder), told)
        for root, target in staged.items():
            for part in sorted((Path(folder) / root).glob("*")):
                part.rename(target / part.name)
    for name in backup.manifest.files:
        root, _, rest = name.partition("/")
        if name.endswith((".sqlite", ".sqlite3")) and (wrong := problems(staged[root] / rest)):
            raise StorageError(f"The backup's {name} is damaged: {wrong[0]}.", remedy="Use another backup.")
    for target in staged.values():
        exchange.sync_tree(target)


def _carry_secrets(paths: Paths, contents: Contents, staged: dict[str, Path]) -> list[str]:
    """Copy what is secret here and not in the backup into the new folders; gives the names."""
    carried = []
    for one in walk(paths, contents):
        root, _, rest = one.name.partition("/")
        target = staged[root] / rest
        if matches(one.name, contents.secret) and not target.exists():
            ensure(target.parent)
            shutil.copy2(one.file, target)
            carried.append(one.name)
    fresh = staged["config"] / "settings.toml"
    if paths.settings_file.is_file():
        with suppress(ValueError, OSError):
            text = fresh.read_text(encoding="utf-8") if fresh.is_file() else ""
            merged = with_secrets_of(text, paths.settings_file.read_text(encoding="utf-8"))
            if merged != text:
                fresh.write_text(merged, encoding="utf-8")
                carried.append(f"{SETTINGS}: secrets")
    return carried


def _put_in_place(paths: Paths, staged: dict[str, Path], now: datetime) -> tuple[Path, ...]:
    stamp = f"{now:%Y%m%d-%H%M%S}"
    moves = []
    for root, target in roots(paths).items():
        kept = target.with_name(f"{target.name}.before-{stamp}")
        number = 2
        while kept.exists():
            kept, number = target.with_name(f"{target.name}.before-{stamp}-{number}"), number + 1
        moves.append(exchange.Move(staged[root], target, kept))
    exchange.begin(paths, moves)
    return tuple(move.kept for move in moves if move.kept.exists())
