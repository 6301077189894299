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
