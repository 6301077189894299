"""The worker service that finds what words name in a picture: CLIPSeg by mask, OWLv2 and its kind by box."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from PIL import Image

from runtime.errors import ArgumentError, ModelCorruptError

_LIKELY, _BOX = 0.4, 0.1
"""Probabilities from which a pixel (CLIPSeg's authors use 0.4) and a box (OWLv2's model card: 0.1) belong to it."""
_GROW = 0.01
"""What the mask is grown by, of the picture's longer side: edges of a thing are to be painted over too."""


class RegionService:
    """One model from `folder`; on a GPU where torch can use one."""

    def __init__(self, folder: str) -> None:
        transformers.logging.set_verbosity_error()
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
            self._boxes = config.get("model_type") != "clipseg"
            kind: Any = (
                transformers.AutoModelForZeroShotObjectDetection
                if self._boxes
                else transformers.CLIPSegForImageSegmentation
            )
            options = {"local_files_only": True, "use_safetensors": True}
            self._model = kind.from_pretrained(folder, **options).to(self._device).eval()
            self._processor: Any = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError) as problem:
            raise ModelCorruptError(
                f"The model in {folder} cannot be loaded: {type(problem).__name__}: {problem}",
                remedy="Get it again with `hausgeist models pull`.",
            ) from problem

    def find(self, pixels: NDArray[np.uint8], words: str) -> NDArray[np.uint8]:
        """The mask (height, width; 255 inside) of `words` in `pixels` (height, width, 3). Raises `ArgumentError`."""
        with torch.inference_mode():
            mask = self._by_box(pixels, words) if self._boxes else self._by_mask(pixels, words)
        if not mask.any():
            raise ArgumentError(
                f"“{words}” was not seen in the picture.",
                remedy="Name it otherwise, name a place, or give a mask file.",
            )
        return _grown(mask)

    def _by_mask(self, pixels: NDArray[np.uint8], words: str) -> NDArray[np.uint8]:
        picture = Image.fromarray(pixels)
        inputs = self._processor(text=[words], images=[picture], return_tensors="pt").to(self._device)
        likely = torch.sigmoid(self._model(**inputs).logits).reshape(1, 1, *self._model_size())
        size = (pixels.shape[0], pixels.shape[1])
        full = torch.nn.functional.interpolate(likely.float(), size=size, mode="bilinear")[0, 0]
        return np.where(full.cpu().numpy() >= _LIKELY, 255, 0).astype(np.uint8)

    def _model_size(self) -> tuple[int, int]:
        side = int(self._model.config.vision_config.image_size)
        return side, side

    def _by_box(self, pixels: NDArray[np.uint8], words: str) -> NDArray[np.uint8]:
        inputs = self._processor(text=[[words]], images=Image.fromarray(pixels), return_tensors="pt").to(self._device)
        found = self._processor.post_process_grounded_object_detection(
            self._model(**inputs), target_sizes=torch.tensor([pixels.shape[:2]]), threshold=_BOX
        )[0]
        mask = np.zeros(pixels.shape[:2], np.uint8)
        for left, top, right, bottom in found["boxes"].cpu().numpy():
            mask[max(0, int(top)) : max(0, int(np.ceil(bottom))), max(0, int(left)) : max(0, int(np.ceil(right)))] = 255
        return mask


def _grown(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import ImageFilter

    reach = max(1, round(_GROW * max(mask.shape)))
    return np.asarray(Image.fromarray(mask).filter(ImageFilter.MaxFilter(2 * reach + 1)), np.uint8)
