"""SigLIP and SigLIP 2 through transformers: pictures and words in one space. Owns no crops and no thresholds.

Zhai et al. 2023, "Sigmoid loss for language image pre-training"; Tschannen et al. 2025, "SigLIP 2". A pair's logit is
`scale * cosine + bias`. Words are lower case (SigLIP 2's training), padded to the model's full length with the padding
seen by the text tower, as in training (big_vision), and asked both bare and in a sentence, whose mean is the vector
(prompt ensembling, Radford et al. 2021). Fixed resolution checkpoints are of the class `SiglipModel`, those of native
aspect ratio ("naflex") of `Siglip2Model`; both are loaded by what their configuration says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from tools.finder.looks.torch_backend import batched, loading

Floats = NDArray[np.float32]
TEMPLATES = ("{}", "this is a photo of {}.")
BATCH = {"cuda": 64, "cpu": 8}


class SiglipSpace:
    """The model in `folder` on `device`. Raises `ModelCorruptError` when it cannot be loaded, and `BudgetError`."""

    def __init__(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        with loading(folder):
            options: dict[str, Any] = {"local_files_only": True}
            model: Any = AutoModel.from_pretrained(folder, dtype=dtype, use_safetensors=True, **options)
            self._model = model.to(device).eval()
            self._pictures: Any = AutoImageProcessor.from_pretrained(folder, **options)
            self._words: Any = AutoTokenizer.from_pretrained(folder, **options)
            self._length = int(model.config.text_config.max_position_embeddings)
            self.scale, self.bias = float(model.logit_scale.detach().exp()), float(model.logit_bias.detach())
            self.width = int(model.config.vision_config.hidden_size)
        self._device, self._dtype = device, dtype

    def pictures(self, rgb: Sequence[NDArray[np.uint8]]) -> Floats:
        """Unit vectors [n, d] of pictures, each uint8 [h, w, 3] RGB."""
        return self._stack(batched(list(rgb), BATCH[self._device], self._picture_batch))

    def words(self, texts: Sequence[str]) -> Floats:
        """Unit vectors [n, d] of texts in any of the model's languages."""
        asked = [template.format(text.strip().lower()) for text in texts for template in TEMPLATES]
        found = self._stack(batched(asked, BATCH[self._device], self._word_batch))
        mean = found.reshape(len(texts), len(TEMPLATES), -1).mean(1) if len(texts) else found
        return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9), np.float32)

    def _stack(self, parts: list[Floats]) -> Floats:
        return np.concatenate(parts) if parts else np.empty((0, self.width), np.float32)

    def _picture_batch(self, rgb: list[NDArray[np.uint8]]) -> Floats:
        given = self._pictures(images=list(rgb), return_tensors="pt")
        tensors = {name: self._to(value) for name, value in given.items()}
        return self._unit(self._model.get_image_features(**tensors))

    def _word_batch(self, texts: list[str]) -> Floats:
        given = self._words(texts, padding="max_length", truncation=True, max_length=self._length, return_tensors="pt")
        return self._unit(self._model.get_text_features(input_ids=given["input_ids"].to(self._device)))

    def _to(self, value: torch.Tensor) -> torch.Tensor:
        return value.to(self._device, self._dtype) if value.is_floating_point() else value.to(self._device)

    def _unit(self, output: Any) -> Floats:
        features = output if isinstance(output, torch.Tensor) else output.pooler_output
        return np.asarray(F.normalize(features.float(), dim=-1).cpu().numpy(), np.float32)
