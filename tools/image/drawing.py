"""What goes to the drawing worker and what comes back, as data: light enough to be read on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mode = Literal["draw", "redraw", "inpaint", "upscale"]
"""From words alone; from a picture; within a mask; an upscaling model's own way."""


@dataclass(frozen=True)
class Drawing:
    """One picture to draw. `guidance` None is the pipeline's own.

    `image` (height, width, 3; RGB) is what modes other than "draw" start from, `mask` (height, width) is 255 where to
    paint. `strength` (0 to 1) is the share of the noise that is put over the image. `loras` are files with weights.
    """

    prompt: str
    negative_prompt: str | None
    width: int
    height: int
    steps: int
    guidance: float | None
    seed: int
    mode: Mode = "draw"
    image: Pixels | None = None
    mask: Pixels | None = None
    strength: float | None = None
    loras: tuple[tuple[str, float], ...] = ()
    previews: bool = False

    @property
    def work_steps(self) -> int:
        """The steps that are really done: a picture that is only partly noise skips the first ones."""
        if self.strength is None or self.mode in ("draw", "upscale"):
            return self.steps
        return max(1, min(int(self.steps * self.strength), self.steps))


@dataclass(frozen=True)
class StepDone:
    """A denoising step is done. `preview`: the unfinished picture, small (height, width, 3), where it was asked for."""

    done: int
    preview: Pixels | None = None


@dataclass(frozen=True)
class Drawn:
    """What was drawn: RGB pixels of shape (height, width, 3), and how."""

    pixels: Pixels
    guidance: float
    device: str
    dtype: str
    withheld: bool
    """Whether the model's own safety checker blacked it out."""
