"""Vectors of a thing's own photo: cut out, turned, and made as small as a camera sees it. Owns no matching."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.errors import MediaError
from runtime.sealed import read_picture
from tools.finder.looks.appearance import LeasedAppearance
from tools.finder.looks.photo_cache import kept_for_photo

SIDES = (28, 100)
"""Longest sides in pixels at which the photo is looked at: a thing across a room, and one near."""
TURNS = 6
"""Views turned by a sixth of a circle each: a thing on a table may lie any way."""


def photo_vectors(photo: Path, appearance: LeasedAppearance) -> NDArray[np.float32]:
    """Unit vectors [views, d] of the thing on a photo. Raises `MediaError` when it cannot be read."""
    from tools.finder.looks.photo_backend import photo_views

    try:
        data = read_picture(photo)
    except OSError as problem:
        remedy = "Give the path of a JPEG or PNG file."
        raise MediaError(f"The photo {photo} cannot be read: {problem}.", remedy=remedy) from problem
    views = photo_views(data, SIDES, TURNS)
    return appearance.vectors(views)


def known_photo_vectors(photo: Path, folder: Path, appearance: Callable[[], LeasedAppearance]) -> NDArray[np.float32]:
    """As `photo_vectors`, kept below `folder` (that of the model version's vectors): asked for the same photo again, no
    model is needed."""
    try:
        data = photo.read_bytes()
    except OSError as problem:
        raise MediaError(
            f"The photo {photo} cannot be read: {problem}.", remedy="Give a JPEG or PNG file."
        ) from problem
    return np.asarray(kept_for_photo(data, folder, lambda: photo_vectors(photo, appearance())), np.float32)
