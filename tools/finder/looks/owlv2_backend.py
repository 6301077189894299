"""OWLv2 through transformers: boxes by words, by picture, and of anything at all. Owns no stills and no thresholds.

Minderer et al. 2023, "Scaling open-vocabulary object detection". Each patch of the picture, which is padded to a square
below and to the right, gives one box, an objectness, and a class vector that is compared with those of the queries:
words go through the text tower; a picture's own class vector is that of its most object-like box ("image-guided").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoImageProcessor, AutoTokenizer, Owlv2ForObjectDetection

from tools.finder.looks.torch_backend import batched, loading

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
BATCH = {"cuda": 8, "cpu": 1}
TEMPLATE = "a photo of {}"


@dataclass(frozen=True)
class Seen:
    """All boxes of one picture: `boxes` [n, 4] x, y, width, height in its pixels; `objectness` [n] and `scores`
    [n, queries], 0 to 1."""

    boxes: Floats
    objectness: Floats
    scores: Floats


class Owlv2:
    """The model in `folder` on `device`. Raises `ModelCorruptError` when it cannot be loaded, and `BudgetError`."""

    def __init__(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        with loading(folder):
            options: dict[str, Any] = {"local_files_only": True}
            model: Any = Owlv2ForObjectDetection.from_pretrained(folder, dtype=dtype, use_safetensors=True, **options)
            self._model = model.to(device).eval()
            for head in (model.box_head, model.class_head, model.objectness_head):
                head.float()  # bfloat16 has too few digits for the place of a box
            self._pictures: Any = AutoImageProcessor.from_pretrained(folder, **options)
            self._words: Any = AutoTokenizer.from_pretrained(folder, **options)
            self._length = int(model.config.text_config.max_position_embeddings)
        self._device, self._dtype = device, dtype

    def words(self, texts: Sequence[str]) -> torch.Tensor:
        """Query vectors [n, d] of texts."""
        asked = [TEMPLATE.format(text.strip()) for text in texts]
        return torch.cat(batched(asked, 32, self._word_batch))

    def picture(self, rgb: Picture) -> torch.Tensor:
        """The query vector [1, d] of the thing on a picture, uint8 [h, w, 3] RGB."""
        return batched([rgb], 1, self._query)[0]

    def look(self, pictures: Sequence[Picture], queries: torch.Tensor | None) -> list[Seen]:
        """All boxes of each picture, uint8 [h, w, 3] RGB, against `queries` (None: objectness only)."""
        parts = batched(list(pictures), BATCH[self._device], lambda part: self._look(part, queries))
        return [seen for part in parts for seen in part]

    def _word_batch(self, texts: list[str]) -> torch.Tensor:
        given = self._words(
            texts, padding="max_length", truncation=True, max_length=self._length, return_tensors="pt"
        ).to(self._device)
        inputs = {name: given[name] for name in ("input_ids", "attention_mask")}
        output: Any = self._model.owlv2.get_text_features(**inputs)
        return (output if isinstance(output, torch.Tensor) else output.pooler_output).float()

    def _features(self, pictures: list[Picture]) -> tuple[torch.Tensor, torch.Tensor]:
        given = self._pictures(images=list(pictures), return_tensors="pt")["pixel_values"]
        grid: torch.Tensor = self._model.image_embedder(pixel_values=given.to(self._device, self._dtype))[0].float()
        return grid.flatten(1, 2), grid

    def _query(self, pictures: list[Picture]) -> torch.Tensor:
        flat, _ = self._features(pictures)
        best = self._model.objectness_predictor(flat).argmax(-1)
        vectors = self._model.class_predictor(flat)[1]
        return vectors[torch.arange(len(pictures), device=best.device), best]

    def _look(self, pictures: list[Picture], queries: torch.Tensor | None) -> list[Seen]:
        flat, grid = self._features(pictures)
        boxes = self._model.box_predictor(flat, grid)
        objectness = self._model.objectness_predictor(flat).sigmoid()
        scores = torch.zeros(*boxes.shape[:2], 0)
        if queries is not None:
            each = queries[None].expand(len(pictures), -1, -1)
            scores = self._model.class_predictor(flat, each)[0].sigmoid()
        return [
            Seen(_in_pixels(boxes[i].cpu().numpy(), picture), objectness[i].cpu().numpy(), scores[i].cpu().numpy())
            for i, picture in enumerate(pictures)
        ]


def _in_pixels(boxes: Floats, picture: Picture) -> Floats:
    """Boxes [n, 4] (centre x, y, width, height; shares of the padded square) as x, y, width, height in pixels."""
    height, width = picture.shape[:2]
    x, y, w, h = (boxes * max(height, width)).T
    left, top = np.clip(x - w / 2, 0, width), np.clip(y - h / 2, 0, height)
    right, bottom = np.clip(x + w / 2, 0, width), np.clip(y + h / 2, 0, height)
    return np.asarray(np.stack([left, top, right - left, bottom - top], 1), np.float32)
