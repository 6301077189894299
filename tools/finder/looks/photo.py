"""Vectors of a thing's own photo: cut out, turned, and made as small as a camera sees it. Owns no matching."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.errors import MediaError
from tools.finder.looks.appearance import LeasedAppearance

SIDES = (28, 100)
"""Longest sides in pixels at which the photo is looked at: a thing across a room, and one near."""
TURNS = 6
"""Views turned by a sixth of a circle each: a thing on a table may lie any way."""


def photo_vectors(photo: Path, appearance: LeasedAppearance) -> NDArray[np.float32]:
    """Unit vectors [views, d] of the thing on a photo. Raises `MediaError` when it cannot be read."""
    from tools.finder.looks.photo_backend import photo_views

    try:
        data = photo.read_bytes()
    except OSError as problem:
        remedy = "Give the path of a JPEG or PNG file."
        raise MediaError(f"The photo {photo} cannot be read: {problem}.", remedy=remedy) from problem
    views = photo_views(data, SIDES, TURNS)
    return appearance.vectors(views)
