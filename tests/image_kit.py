"""Image models of test size: the real pipeline classes of diffusers with random weights, built in seconds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def pixels(path: Path) -> np.ndarray:
    """A picture as an array (height, width, 3)."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def picture(path: Path, size: tuple[int, int] = (64, 64), seed: int = 0) -> Path:
    """A picture of coloured blocks, saved under `path`."""
    from PIL import Image

    blocks = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def parts(channels: Sequence[int] = (32, 64), in_channels: int = 4, **unet_options: Any) -> dict[str, Any]:
    """Components of a Stable Diffusion pipeline (after the dummy components of diffusers' own tests)."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        block_out_channels=tuple(channels),
        layers_per_block=1,
        sample_size=32,
        in_channels=in_channels,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        **unet_options,
    )
    vae = AutoencoderKL(
        block_out_channels=(32, 64),
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
    )
    return {"vae": vae, "unet": unet}


def words(folder: Path) -> tuple[Any, Any, list[str]]:
    """A CLIP tokenizer of single letters, its text encoder, and the vocabulary."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    vocabulary = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=77)
    encoder = CLIPTextModel(
        CLIPTextConfig(
            hidden_size=32,
            intermediate_size=37,
            num_attention_heads=4,
            num_hidden_layers=2,
            vocab_size=len(vocabulary),
            bos_token_id=len(vocabulary) - 2,
            eos_token_id=len(vocabulary) - 1,
        )
    )
    return tokenizer, encoder, vocabulary


def build_pipeline(folder: Path, channels: Sequence[int] = (32, 64)) -> None:
    """A text-to-image pipeline, saved as a diffusers folder."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline

    components = parts(channels)
    tokenizer, text, _ = words(folder.parent / "words")
    StableDiffusionPipeline(
        **components,
        text_encoder=text,
        tokenizer=tokenizer,
        scheduler=EulerDiscreteScheduler(steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder, safe_serialization=True)
    shutil.rmtree(folder.parent / "words")


def build_upscaler(folder: Path) -> None:
    """A four-fold upscaling pipeline, saved as a diffusers folder."""
    from diffusers import DDPMScheduler, EulerDiscreteScheduler, StableDiffusionUpscalePipeline

    components = parts(in_channels=7, num_class_embeds=1000)
    tokenizer, text, _ = words(folder.parent / "words")
    StableDiffusionUpscalePipeline(
        **components,
        text_encoder=text,
        tokenizer=tokenizer,
        scheduler=EulerDiscreteScheduler(steps_offset=1),
        low_res_scheduler=DDPMScheduler(),
    ).save_pretrained(folder, safe_serialization=True)
    shutil.rmtree(folder.parent / "words")


def build_lora(model: Path, target: Path, seed: int = 1) -> Path:
    """A LoRA file for the UNet of `model`, with random weights large enough to be seen."""
    import torch
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    unet.add_adapter(LoraConfig(r=4, lora_alpha=8, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    layers = {name: value * 20 for name, value in get_peft_model_state_dict(unet).items()}
    StableDiffusionPipeline.save_lora_weights(
        target.parent, unet_lora_layers=layers, weight_name=target.name, safe_serialization=True
    )
    return target


def build_judge(folder: Path) -> None:
    """A CLIP model with its processor, saved as a transformers folder."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    tokenizer, _, vocabulary = words(folder.parent / "words")
    text = {
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "vocab_size": len(vocabulary),
        "bos_token_id": len(vocabulary) - 2,
        "eos_token_id": len(vocabulary) - 1,
    }
    vision = {"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2}
    config = CLIPConfig(
        text_config=text, vision_config={**vision, "image_size": 32, "patch_size": 8}, projection_dim=16
    )
    CLIPModel(config).save_pretrained(folder, safe_serialization=True)
    size = {"height": 32, "width": 32}
    CLIPProcessor(CLIPImageProcessor(size=size, crop_size=size), tokenizer).save_pretrained(folder)
    shutil.rmtree(folder.parent / "words")


def build_region_finder(folder: Path) -> None:
    """A CLIPSeg model with its processor, saved as a transformers folder."""
    from transformers import CLIPImageProcessor, CLIPSegConfig, CLIPSegForImageSegmentation, CLIPSegProcessor

    tokenizer, _, vocabulary = words(folder.parent / "words")
    common = {"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 4}
    ends = {"bos_token_id": len(vocabulary) - 2, "eos_token_id": len(vocabulary) - 1}
    config = CLIPSegConfig(
        text_config={**common, "vocab_size": len(vocabulary), **ends},
        vision_config={**common, "image_size": 32, "patch_size": 8},
        projection_dim=32,
        reduce_dim=16,
        extract_layers=(1, 2, 3),
        decoder_num_attention_heads=4,
        decoder_intermediate_size=32,
    )
    CLIPSegForImageSegmentation(config).save_pretrained(folder, safe_serialization=True)
    size = {"height": 32, "width": 32}
    CLIPSegProcessor(CLIPImageProcessor(size=size, crop_size=size), tokenizer).save_pretrained(folder)
    shutil.rmtree(folder.parent / "words")


_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
    "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_UNET = {
    "conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0", "conv_out": "out.2", "down_blocks.0.resnets.0": "input_blocks.1.0",
    "down_blocks.0.downsamplers.0.conv": "input_blocks.2.0.op", "down_blocks.1.resnets.0": "input_blocks.3.0",
    "down_blocks.1.attentions.0": "input_blocks.3.1", "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1", "mid_block.resnets.1": "middle_block.2",
    "up_blocks.0.resnets.0": "output_blocks.0.0", "up_blocks.0.attentions.0": "output_blocks.0.1",
    "up_blocks.0.resnets.1": "output_blocks.1.0", "up_blocks.0.attentions.1": "output_blocks.1.1",
    "up_blocks.0.upsamplers.0.conv": "output_blocks.1.2.conv", "up_blocks.1.resnets.0": "output_blocks.2.0",
    "up_blocks.1.resnets.1": "output_blocks.3.0",
}  # fmt: skip
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def single_file(folder: Path, target: Path) -> Path:
    """The pipeline in `folder` as one file with the names of Stable Diffusion's first release (CompVis), and the
    configuration beside it: what people share as a checkpoint.
    """
    from safetensors.torch import load_file, save_file

    weights: dict[str, Any] = {}
    for name, value in load_file(folder / "unet" / "diffusion_pytorch_model.safetensors").items():
        ours = max((start for start in _UNET if name.startswith(f"{start}.")), key=len)
        rest = name[len(ours) + 1 :]
        part = rest.partition(".")[0]
        rest = rest.replace(part, _RESNET[part], 1) if "resnets" in ours else rest
        weights[f"model.diffusion_model.{_UNET[ours]}.{rest}"] = value
    for name, value in load_file(folder / "vae" / "diffusion_pytorch_model.safetensors").items():
        weights[f"first_stage_model.{_vae_name(name)}"] = _as_convolution(name, value)
    for name, value in load_file(folder / "text_encoder" / "model.safetensors").items():
        weights[f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}"] = value
    save_file({name: value.contiguous() for name, value in weights.items()}, target)
    shutil.copytree(folder, target.with_suffix(""), ignore=shutil.ignore_patterns("*.safetensors"))
    return target


def _vae_name(name: str) -> str:
    import re

    name = re.sub(r"encoder\.down_blocks\.(\d)\.resnets", r"encoder.down.\1.block", name)
    name = re.sub(r"encoder\.down_blocks\.(\d)\.downsamplers\.0", r"encoder.down.\1.downsample", name)
    name = re.sub(r"decoder\.up_blocks\.(\d)\.resnets", lambda m: f"decoder.up.{1 - int(m[1])}.block", name)
    name = re.sub(r"decoder\.up_blocks\.(\d)\.upsamplers\.0", lambda m: f"decoder.up.{1 - int(m[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0." in name:
        for ours, theirs in _VAE_ATTENTION.items():
            name = name.replace(f"mid_block.attentions.0.{ours}.", f"mid.attn_1.{theirs}.")
    return name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")


def _as_convolution(name: str, value: Any) -> Any:
    """The attention of the first release was made of 1×1 convolutions."""
    attention = "mid_block.attentions" in name and name.endswith("weight") and value.ndim == 2
    return value[:, :, None, None] if attention else value
