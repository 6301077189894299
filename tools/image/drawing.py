"""What goes to the drawing worker and what comes back, as data: light enough to be read on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Drawing:
    """One picture to draw. `guidance` None is the pipeline's own."""

    prompt: str
    negative_prompt: str | None
    width: int
    height: int
    steps: int
    guidance: float | None
    seed: int


@dataclass(frozen=True)
class Drawn:
    """What was drawn: RGB pixels of shape (height, width, 3), and how."""

    pixels: NDArray[np.uint8]
    guidance: float
    device: str
    dtype: str
    withheld: bool
    """Whether the model's own safety checker blacked it out."""
