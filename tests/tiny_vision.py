"""Tiny models of the full vision backend: the released architectures at test size, saved as folders that tests load.

The SigLIP one is trained for a few seconds on coloured blocks and their names, so that words and crops do meet; OWLv2
has random weights, but for biases that make its boxes two patches large and its scores high.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

COLOURS = {"red": (200, 36, 36), "blue": (40, 70, 200), "green": (40, 150, 60), "yellow": (225, 200, 50)}
SIDE = 32


def build_siglip(folder: Path, *, steps: int = 120) -> Path:
    """A `SiglipModel` with the SigLIP 2 tokenizer (Gemma's kind), trained on the names of colours."""
    import torch
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel

    torch.manual_seed(0)
    words = tokenizer()
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = SiglipConfig(
        text_config={**small, "vocab_size": len(words), "max_position_embeddings": 32},
        vision_config={**small, "image_size": SIDE, "patch_size": 8},
    )
    model = SiglipModel(config)
    pictures = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    _train(model, words, steps)
    model.save_pretrained(folder, safe_serialization=True)
    words.save_pretrained(folder)
    pictures.save_pretrained(folder)
    return folder


def tokenizer() -> Any:
    """Letter by letter, other characters as bytes, as Gemma's tokenizer falls back to."""
    from transformers import Siglip2Tokenizer

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    vocabulary = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcdefghijklmnopqrstuvwxyz.,-'"]
    return Siglip2Tokenizer(vocab={token: i for i, token in enumerate(vocabulary)}, merges=[], padding_side="right")


def block(rgb: tuple[int, int, int], random: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """A block of a colour on a surface, uint8 [side, side, 3] RGB."""
    ground = random.uniform(90, 190) + random.normal(0, 6, (side, side, 3)) + random.uniform(-20, 20, 3)
    top, left = random.integers(side // 8, side // 3, 2)
    height, width = random.integers(side // 3, side // 2 + 4, 2)
    ground[top : top + height, left : left + width] = np.array(rgb) * random.uniform(0.8, 1.15)
    return np.clip(ground, 0, 255).astype(np.uint8)


def _train(model: Any, words: Any, steps: int) -> None:
    """The sigmoid loss of SigLIP over all pairs of a batch, from its scale and bias on (Zhai et al. 2023)."""
    import torch

    random = np.random.default_rng(3)
    names, values = list(COLOURS), list(COLOURS.values())
    texts = [text for name in names for text in (name + " thing", f"this is a photo of {name} thing.")]
    ids = words(texts, padding="max_length", max_length=32, return_tensors="pt")["input_ids"]
    match = torch.eye(len(names)).repeat_interleave(2, 1) * 2 - 1
    model.logit_scale.data.fill_(math.log(10.0))
    model.logit_bias.data.fill_(-10.0)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(steps):
        shown = np.stack([block(value, random) for value in values for _ in range(4)])
        pixels = torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 127.5 - 1
        output = model(pixel_values=pixels, input_ids=ids)
        loss = -torch.nn.functional.logsigmoid(output.logits_per_image * match.repeat_interleave(4, 0)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()


def build_owlv2(folder: Path) -> Path:
    """An `Owlv2ForObjectDetection` with CLIP's kind of tokenizer and random weights."""
    import torch
    from transformers import CLIPTokenizer, Owlv2Config, Owlv2ForObjectDetection, Owlv2ImageProcessorPil

    torch.manual_seed(1)
    folder.mkdir(parents=True, exist_ok=True)
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    words = CLIPTokenizer.from_pretrained(folder, model_max_length=16)
    small = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Owlv2Config(
        text_config={**small, "vocab_size": len(tokens), "max_position_embeddings": 16,
                     "bos_token_id": len(tokens) - 2, "eos_token_id": len(tokens) - 1},
        vision_config={**small, "image_size": 64, "patch_size": 8}, projection_dim=32,
    )  # fmt: skip
    model = Owlv2ForObjectDetection(config)
    with torch.no_grad():
        model.box_head.dense2.weight.zero_()
        model.box_head.dense2.bias[2:] += 0.9
        model.objectness_head.dense2.weight.mul_(0.05)
        model.class_head.logit_shift.bias += 2.0
    model.save_pretrained(folder, safe_serialization=True)
    words.save_pretrained(folder)
    Owlv2ImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


def build_siglip2_naflex(folder: Path) -> Path:
    """A `Siglip2Model` (native aspect ratio) with random weights."""
    import torch
    from transformers import Siglip2Config, Siglip2ImageProcessorPil, Siglip2Model

    torch.manual_seed(2)
    words = tokenizer()
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Siglip2Config(
        text_config={**small, "vocab_size": len(words), "max_position_embeddings": 32},
        vision_config={**small, "patch_size": 8, "num_patches": 16},
    )
    Siglip2Model(config).save_pretrained(folder, safe_serialization=True)
    words.save_pretrained(folder)
    Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16).save_pretrained(folder)
    return folder
