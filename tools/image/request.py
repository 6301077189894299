"""A wish for pictures and what came of it, as data. Owns no model and no file format."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tools.image.checks import Check
from tools.image.recipe import Recipe


@dataclass(frozen=True)
class Lora:
    """A LoRA file (low-rank adaptation, Hu et al. 2021) in safetensors format, and how strongly it acts."""

    path: Path
    weight: float = 1.0


@dataclass(frozen=True)
class Edit:
    """What to do with the picture `source`. Nothing but `strength`: redraw all of it.

    `region` (words) or `mask` (a picture, white where to paint) limits it to a part. `upscale` enlarges, 1 to 4 times.
    `size` (width, height) is what the finished result is scaled to; None: it stays as large as it came out.
    """

    source: Path
    region: str | None = None
    mask: Path | None = None
    strength: float | None = None
    upscale: float | None = None
    size: tuple[int, int] | None = None


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
    """The PNG or JPEG file to write; of several pictures each gets a number. None: a new file under the outputs."""
    style: str | None = None
    """A preset of `styles.py`; its words join the prompt only when the picture is drawn."""
    loras: tuple[Lora, ...] = ()
    edit: Edit | None = None
    wish: str | None = None
    """The user's own words, where `prompt` was rewritten from them."""
    like: Recipe | None = None
    """The recipe that this repeats, with changes; what has changed around it is noted."""


@dataclass(frozen=True)
class Picture:
    """One picture that was drawn and saved."""

    path: Path
    recipe: Recipe
    notes: tuple[str, ...] = ()
    """What differs from the wish (a rounded size, a negative prompt without effect), in English."""
    checks: tuple[Check, ...] = field(default=())
    """What the quality check found."""

    @property
    def faults(self) -> tuple[str, ...]:
        """The checks that failed, as sentences."""
        return tuple(check.said for check in self.checks if not check.passed)
