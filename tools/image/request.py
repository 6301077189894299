"""A wish for pictures and what came of it, as data. Owns no model and no file format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.image.recipe import Recipe


@dataclass(frozen=True)
class ImageRequest:
    """A wish for pictures. What is None is chosen by the settings or by the model."""

    prompt: str
    negative_prompt: str | None = None
    width: int | None = None
    """Pixels; rounded to what the model can draw."""
    height: int | None = None
    count: int = 1
    """Pictures, 1 to 8. They get the seeds `seed`, `seed` + 1 and so on."""
    seed: int | None = None
    """0 to 2^32 - 1; None is any. The same seed, prompt, size, steps and model give the same pixels."""
    steps: int | None = None
    guidance: float | None = None
    """Scale of classifier-free guidance (Ho and Salimans 2022); few-step models want 0."""
    model: str | None = None
    """Catalogue id, diffusers folder, .safetensors file or Hugging Face repository."""
    output: Path | None = None
    """The PNG file to write; of several pictures each gets a number. None: a new file under the outputs."""


@dataclass(frozen=True)
class Picture:
    """One picture that was drawn and saved."""

    path: Path
    recipe: Recipe
    notes: tuple[str, ...] = ()
    """What differs from the wish (a rounded size, a negative prompt without effect), in English."""
