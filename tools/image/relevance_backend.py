"""The worker service that scores how well captions fit a picture: CLIP, SigLIP or SigLIP 2 through transformers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from PIL import Image

from runtime.errors import ModelCorruptError


class JudgeService:
    """One image-text model from `folder`, with its own processor; on a GPU where torch can use one."""

    def __init__(self, folder: str) -> None:
        transformers.logging.set_verbosity_error()
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        options = {"local_files_only": True, "use_safetensors": True}
        try:
            self._model: Any = transformers.AutoModel.from_pretrained(folder, **options).to(self._device).eval()
            self._processor: Any = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
            if not hasattr(self._model, "get_image_features"):
                raise ValueError(f"{type(self._model).__name__} compares no pictures with texts")
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError) as problem:
            raise ModelCorruptError(
                f"The model in {folder} cannot be loaded: {type(problem).__name__}: {problem}",
                remedy="Set image.judge to a CLIP or SigLIP folder.",
            ) from problem

    def score(self, pixels: NDArray[np.uint8], captions: list[str]) -> list[float]:
        """Cosine similarity of `pixels` (height, width, 3; RGB) with each caption, -1 to 1."""
        longest = self._model.config.text_config.max_position_embeddings
        padding = "max_length" if "siglip" in self._model.config.model_type else True  # as SigLIP was trained
        inputs = self._processor(
            text=captions,
            images=Image.fromarray(pixels),
            return_tensors="pt",
            padding=padding,
            truncation=True,
            max_length=longest,
        ).to(self._device)
        with torch.inference_mode():
            outputs = self._model(**inputs)
            picture = torch.nn.functional.normalize(outputs.image_embeds, dim=-1)
            texts = torch.nn.functional.normalize(outputs.text_embeds, dim=-1)
            return [float(score) for score in (texts @ picture[0]).cpu()]
