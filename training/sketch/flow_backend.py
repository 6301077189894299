"""The network, its loss and its slow copy. Owns no pictures and no texts.

x-prediction with the loss on velocity: Li and He 2025, arXiv 2511.13720. Noise shares by a logistic normal
distribution: Esser et al. 2024, arXiv 2403.03206. The slow copy is an exponential moving average of the weights.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, PixArtTransformer2DModel

from tools.image.sketch.pipeline_backend import EMBEDDING, LEAST_SIGMA, TOKENS, SketchPipeline, predict


@dataclass(frozen=True)
class Shape:
    """Size of the network. The default has 17 million parameters, 35 MB in half precision."""

    side: int = 96
    patch: int = 8
    heads: int = 5
    head: int = 64
    layers: int = 10

    def tag(self) -> dict[str, int]:
        """As plain numbers, for a checkpoint."""
        return asdict(self)


def network(shape: Shape, mean: torch.Tensor, spread: float) -> PixArtTransformer2DModel:
    """A fresh network. Vectors of texts have the mean `mean` [EMBEDDING] and the standard deviation `spread`.

    Both are folded into the first layer that sees them: sentence vectors of one model lie in a narrow cone.
    """
    made = PixArtTransformer2DModel(
        num_attention_heads=shape.heads,
        attention_head_dim=shape.head,
        in_channels=3,
        out_channels=3,
        num_layers=shape.layers,
        cross_attention_dim=shape.heads * shape.head,
        sample_size=shape.side,
        patch_size=shape.patch,
        caption_channels=EMBEDDING,
        use_additional_conditions=False,
    )
    _initialise(made)
    first = made.caption_projection.linear_1
    with torch.no_grad():
        first.weight.mul_(1 / spread)
        first.bias.copy_(-first.weight @ mean)
    return made


def _initialise(made: PixArtTransformer2DModel) -> None:
    """As for DiT (Peebles and Xie 2022, arXiv 2212.09748): every block starts as the identity, the output at zero."""
    for name, weights in made.named_parameters():
        if weights.dim() > 1 and "scale_shift_table" not in name:
            torch.nn.init.xavier_uniform_(weights.view(weights.shape[0], -1))
        elif name.endswith("bias"):
            torch.nn.init.zeros_(weights)
    for silent in (made.adaln_single.linear, made.proj_out):
        torch.nn.init.zeros_(silent.weight)
    for block in made.transformer_blocks:
        torch.nn.init.zeros_(block.attn2.to_out[0].weight)
        torch.nn.init.zeros_(block.scale_shift_table)
    torch.nn.init.zeros_(made.scale_shift_table)


@dataclass(frozen=True)
class Noise:
    """How training disturbs: distribution of the noise's share, the text's noise, how often the text is left out."""

    middle: float = -0.2
    width: float = 1.0
    text: float = 0.35
    dropped: float = 0.1


def loss(
    made: PixArtTransformer2DModel,
    pictures: torch.Tensor,
    texts: torch.Tensor,
    mask: torch.Tensor,
    noise: Noise,
    spread: float,
) -> torch.Tensor:
    """Mean squared error of the velocity for pictures [n, 3, side, side] and their texts [n, TOKENS, EMBEDDING]."""
    count, device = len(pictures), pictures.device
    sigma = torch.sigmoid(torch.randn(count, device=device) * noise.width + noise.middle)
    share = sigma[:, None, None, None]
    noisy = pictures * (1 - share) + torch.randn_like(pictures) * share
    texts = texts + torch.randn_like(texts) * (noise.text * spread) * torch.rand((count, 1, 1), device=device)
    dropped = torch.rand(count, device=device) < noise.dropped
    texts = torch.where(dropped[:, None, None], torch.zeros_like(texts), texts)
    alone = torch.zeros_like(mask)
    alone[:, 0] = 1
    mask = torch.where(dropped[:, None], alone, mask)
    guess = predict(made, noisy, sigma * 1000, texts, mask)
    error = (guess.float() - pictures) / share.clamp(min=LEAST_SIGMA)
    return (error**2).mean()


class SlowCopy:
    """An exponential moving average of a network's weights; younger ones count more while it is young itself."""

    def __init__(self, made: PixArtTransformer2DModel, keep: float = 0.9995) -> None:
        self.network = copy.deepcopy(made).eval().requires_grad_(False)
        self._keep, self._steps = keep, 0

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def follow(self, made: PixArtTransformer2DModel) -> None:
        """Take a step towards the network's weights."""
        self._steps += 1
        keep = min(self._keep, (1 + self._steps) / (10 + self._steps))
        torch._foreach_lerp_(list(self.network.parameters()), list(made.parameters()), 1 - keep)


def pipeline(made: PixArtTransformer2DModel) -> SketchPipeline:
    """The pipeline on a network, as it is saved and used."""
    return SketchPipeline(made, FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=1.0))


def save(made: PixArtTransformer2DModel, folder: Path) -> None:
    """Write the diffusers folder in half precision; what lay there is replaced file by file."""
    half = copy.deepcopy(made).to(torch.float16)
    pipeline(half).save_pretrained(folder, safe_serialization=True, variant="fp16")


__all__ = ["TOKENS", "Noise", "Shape", "SlowCopy", "loss", "network", "pipeline", "save"]
