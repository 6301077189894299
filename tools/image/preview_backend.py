"""A look at a picture that is not finished: its latents made smaller and decoded by the model's own decoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

_CELLS = 16
"""Longest side of what is decoded, latent cells: an eighth of a usual picture's work at most, for any decoder."""


def preview(pipeline: Any, latents: Any) -> NDArray[np.uint8] | None:
    """A small picture (height, width, 3; RGB) of `latents`, noise included; None where they are of another kind."""
    if not isinstance(latents, torch.Tensor) or latents.dim() != 4 or getattr(pipeline, "vae", None) is None:
        return None
    config = pipeline.vae.config
    try:
        scale = min(1.0, _CELLS / max(latents.shape[-2:]))
        small = torch.nn.functional.interpolate(latents[:1].float(), scale_factor=scale, mode="area")
        small = small.to(latents.dtype) / config.get("scaling_factor", 1.0) + (config.get("shift_factor") or 0.0)
        decoded = pipeline.vae.decode(small, return_dict=False)[0][0]
    except (RuntimeError, ValueError, TypeError):
        return None
    pixels = ((decoded.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return np.asarray(pixels.permute(1, 2, 0).cpu().numpy(), np.uint8)
