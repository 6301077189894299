"""Parts of a picture that settled anew, as values. Owns no image processing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Floats = NDArray[np.float32]
IntBox = tuple[int, int, int, int]


@dataclass
class Region:
    """A part that settled anew. `box` (x, y, w, h) and `roi` (left, top, right, bottom) are working pixels.

    `before` and `after` are the looks of the roi in the same light, `mask` (0 or 1) what differs in it. It
    looked as before until `t_before` at least, and as after from `t_after` on (seconds from the first frame).
    """

    box: IntBox
    roi: IntBox
    mask: Mask = field(repr=False)
    before: Floats = field(repr=False)
    after: Floats = field(repr=False)
    t_before: float
    t_after: float
    noise: float
    light_changed: bool = False
    """Whether the light of the picture changed suddenly meanwhile."""
    rest_s: float = 0.0
    """How long it has been at rest at least, seconds."""
    clear: bool = False
    """Whether nothing moves near it, and it does not reach the edge of the picture."""

    def enters(self, shape: tuple[int, ...]) -> bool:
        """Whether it touches the edge of the picture (of `shape`) with more than half of its width there."""
        (left, top, right, bottom), mask = self.roi, self.mask
        edges = []
        if top == 0:
            edges.append((mask[:2].max(axis=0), self.box[2]))
        if bottom == shape[0]:
            edges.append((mask[-2:].max(axis=0), self.box[2]))
        if left == 0:
            edges.append((mask[:, :2].max(axis=1), self.box[3]))
        if right == shape[1]:
            edges.append((mask[:, -2:].max(axis=1), self.box[3]))
        return any(int(edge.sum()) > 0.5 * length for edge, length in edges)


@dataclass
class Step:
    """What one sample told: settled `regions`, the `moving` parts (boxes) and whether all is `calm`."""

    regions: list[Region]
    moving: list[IntBox]
    calm: bool
