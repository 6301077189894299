"""What was worked out of the photos that were asked with, kept for the next question. Owns no working out.

A photo is known by its bytes, so a changed one is another. All of it is derived and can be forgotten at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.errors import storage_errors
from runtime.paths import replacing

KEPT = 64
"""Of the newest so many photos, in each folder."""


def kept_for_photo(photo: bytes, folder: Path, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The array that `make` gives for a photo with these bytes, made once and kept below `folder`.

    `folder` is that of what makes it and of its version, two levels below the finder's (see `forget_photos`). Raises
    `StorageError`, and what `make` raises.
    """
    file = folder / "photos" / f"{hashlib.sha256(photo).hexdigest()[:32]}.npy"
    with storage_errors(folder):
        if file.exists():
            return np.asarray(np.load(file, allow_pickle=False))
    made = make()
    with storage_errors(folder):
        with replacing(file) as beside:
            np.save(beside, made)
        for old in sorted(file.parent.glob("*.npy"), key=lambda one: -one.stat().st_mtime)[KEPT:]:
            old.unlink(missing_ok=True)
    return made


def forget_photos(finder: Path) -> None:
    """Forget what is kept of photos anywhere in the finder's folder. Raises `StorageError`."""
    with storage_errors(finder):
        for kept in finder.glob("*/*/photos/*.npy"):
            kept.unlink(missing_ok=True)
