"""Who may read the owner's folders and files: the owner alone (modes 0700 and 0600). Owns no contents.

The program makes them so. What an older version, a copy or an unpacked archive left wider is found here and mended.
Links are not followed, and what belongs to another user is left alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runtime.errors import storage_errors
from runtime.paths import Paths


def too_wide(paths: Paths) -> list[Path]:
    """The folders and files of settings, data and cache that others than the owner can get at."""
    return [path for root in _roots(paths) for path in _below(root) if _wide(path)]


def mend(paths: Paths) -> list[Path]:
    """Take the others' rights away; gives what was mended. Raises `StorageError`."""
    found = too_wide(paths)
    for path in found:
        with storage_errors(path):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~0o077)
    return found


def _roots(paths: Paths) -> list[Path]:
    """The house's own folders; models may be shared."""
    kept = [path for path in (paths.config, paths.data, paths.cache) if path.is_dir()]
    return [path for path in kept if not any(other != path and other in path.parents for other in kept)]


def _below(root: Path) -> Iterator[Path]:
    yield root
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        if here == root and "models" in folders:  # of the cache; they can be read by all, and made again
            folders.remove("models")
        yield from (here / name for name in (*folders, *files))


def _wide(path: Path) -> bool:
    try:
        state = path.lstat()
    except OSError:
        return False
    ours = state.st_uid == os.getuid() and not stat.S_ISLNK(state.st_mode)
    return ours and bool(stat.S_IMODE(state.st_mode) & 0o077)
