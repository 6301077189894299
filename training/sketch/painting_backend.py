"""Training pictures, painted on the device that trains: placed, recoloured and composed glyphs. Owns no wording."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.sketch.wordings import BESIDE, COLOURS, ON

_LUMA = (0.299, 0.587, 0.114)
_PLACES = {
    0: ((0.86, 0.0, 0.0), (0.0, 0.0, 0.0)),
    BESIDE: ((0.47, -0.5, 0.0), (0.47, 0.5, 0.0)),
    ON: ((0.45, 0.0, -0.52), (0.56, 0.0, 0.38)),
}
"""Half size, x and y of the middle of the first and the second thing, in half canvases."""


@dataclass
class Scenes:
    """Rows of what to paint, integer tensors [n] as in `wordings.Wording`."""

    first: torch.Tensor
    second: torch.Tensor
    first_colour: torch.Tensor
    second_colour: torch.Tensor
    layout: torch.Tensor
    ground: torch.Tensor

    def take(self, rows: torch.Tensor) -> Scenes:
        """Some of the rows."""
        return Scenes(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


class Painter:
    """Paints scenes as float32 [n, 3, side, side] in -1 to 1, on white or a plain colour."""

    def __init__(self, glyphs: NDArray[np.uint8], side: int, device: str) -> None:
        self.side, self.device = side, device
        self._glyphs = torch.from_numpy(glyphs).permute(0, 3, 1, 2).contiguous().to(device)
        self._colours = torch.tensor(list(COLOURS.values()), dtype=torch.float32, device=device) / 255
        self._places = torch.tensor([_PLACES[layout] for layout in sorted(_PLACES)], device=device)

    def paint(self, scenes: Scenes, generator: torch.Generator, *, jitter: float = 1.0) -> torch.Tensor:
        """One picture for each row. `jitter` 0 paints every thing in the middle of its place, upright."""
        ground = self._colours[scenes.ground.clamp(min=0)]
        ground = torch.where((scenes.ground >= 0)[:, None], ground, torch.ones_like(ground))
        canvas = ground[:, :, None, None].expand(-1, -1, self.side, self.side)
        places = self._places[scenes.layout]
        for which, colour, layer in ((scenes.second, scenes.second_colour, 1), (scenes.first, scenes.first_colour, 0)):
            rgba = self._layer(which.clamp(min=0), places[:, layer], generator, jitter)
            colours, alpha = self._recoloured(rgba, colour), rgba[:, 3:] * (which >= 0)[:, None, None, None]
            canvas = canvas * (1 - alpha) + colours * alpha
        return canvas * 2 - 1

    def _layer(
        self, which: torch.Tensor, place: torch.Tensor, generator: torch.Generator, jitter: float
    ) -> torch.Tensor:
        count = len(which)
        noise = (torch.rand((5, count), generator=generator, device=generator.device).to(self.device) * 2 - 1) * jitter
        size = place[:, 0].clamp(min=0.05) * (1 + 0.1 * noise[0])
        x, y = place[:, 1] + 0.05 * noise[1], place[:, 2] + 0.05 * noise[2]
        angle = noise[3] * math.radians(6)
        flip = torch.where(noise[4] > 0.5, -1.0, 1.0)
        cos, sin = angle.cos() / size, angle.sin() / size
        theta = torch.stack(
            [
                torch.stack([cos * flip, sin * flip, -(cos * x + sin * y) * flip], -1),
                torch.stack([-sin, cos, sin * x - cos * y], -1),
            ],
            1,
        )
        grid = functional.affine_grid(theta, [count, 4, self.side, self.side], align_corners=False)
        glyphs = self._glyphs[which].float() / 255
        glyphs = torch.cat([glyphs[:, :3] * glyphs[:, 3:], glyphs[:, 3:]], 1)
        if self.side * 1.5 < glyphs.shape[-1]:
            glyphs = functional.avg_pool2d(glyphs, 2)
        placed = functional.grid_sample(glyphs, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        alpha = placed[:, 3:].clamp(0, 1)
        return torch.cat([(placed[:, :3] / alpha.clamp(min=1e-3)).clamp(0, 1), alpha], 1)

    def _recoloured(self, rgba: torch.Tensor, colour: torch.Tensor) -> torch.Tensor:
        """RGB in the asked colour where there is one: darker and lighter shades of it keep the drawing's shape."""
        rgb = rgba[:, :3]
        luma = sum(weight * rgb[:, at : at + 1] for at, weight in enumerate(_LUMA))
        assert isinstance(luma, torch.Tensor)
        target = self._colours[colour.clamp(min=0)][:, :, None, None]
        mean = (luma * rgba[:, 3:]).sum((2, 3), keepdim=True) / rgba[:, 3:].sum((2, 3), keepdim=True).clamp(min=1)
        shade = luma - mean
        darker, lighter = target * (1 + shade.clamp(max=0) * 1.2).clamp(min=0), (1 - target) * shade.clamp(min=0) * 0.6
        asked = (darker + lighter).clamp(0, 1)
        return torch.where((colour >= 0)[:, None, None, None], asked, rgb)
