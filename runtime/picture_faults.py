"""What Pillow raises for a file that is no picture, is damaged, or is too large. Imports Pillow: only backends and
functions that open a picture import this.
"""

from __future__ import annotations

import struct

from PIL import Image

PICTURE_FAULTS: tuple[type[Exception], ...] = (
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    ArithmeticError,
    struct.error,
)
"""Pillow documents `OSError`, `ValueError` and `DecompressionBombError`; its readers of formats raise the others for
broken files, found by fuzzing (`SyntaxError`: a broken chunk of a PNG).
"""
