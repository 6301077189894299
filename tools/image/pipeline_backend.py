"""The worker service that draws: any diffusers text-to-image pipeline. Owns the loaded pipeline, no files.

Weights come from safetensors only, and nothing is fetched. The first noise comes from a generator on the CPU, one for
each picture, so that a seed gives the same picture whatever the others of the same request are.
"""

from __future__ import annotations

import inspect
import threading
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
import transformers
from tqdm import tqdm

from runtime.errors import BudgetError, ModelCorruptError, ToolError
from runtime.worker_service import Emit
from tools.image.drawing import Drawing, Drawn


class PipelineService:
    """One pipeline in a worker process. On a GPU it computes in half precision, on a CPU in float32."""

    def __init__(self, path: str, variant: str | None = None) -> None:
        tqdm.set_lock(threading.RLock())  # its own lock is a named semaphore, which a killed worker would leave behind
        transformers.logging.set_verbosity_error()
        diffusers.utils.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        diffusers.utils.logging.disable_progress_bar()
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._dtype = _dtype(self._device)
        try:
            self._pipeline = _load(Path(path), variant, self._dtype).to(self._device)
        except torch.OutOfMemoryError as problem:
            raise _too_large() from problem
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError) as problem:
            raise ModelCorruptError(
                f"The image model {path} cannot be loaded: {type(problem).__name__}: {problem}",
                remedy="Fetch it again, or set image.model to another model.",
            ) from problem
        self._takes = set(inspect.signature(self._pipeline.__call__).parameters)
        if not {"prompt", "height", "width", "callback_on_step_end"} <= self._takes:
            kind = type(self._pipeline).__name__
            raise ToolError(
                f"The model {path} ({kind}) does not draw pictures from words.", remedy="Set image.model to another."
            )
        self._pipeline.set_progress_bar_config(disable=True)

    def draw(self, wish: Drawing, *, emit: Emit) -> Drawn:
        """Draw one picture; emits the number of steps done after each. Cancelling stops it between two steps.

        Raises `CallCancelled`, `BudgetError` where the memory is too small, and `ToolError` for an unusable result.
        """
        result = self._run(wish, emit)
        picture = np.asarray(result.images[0], np.float32)
        if not np.isfinite(picture).all():
            raise ToolError(
                f"The image model gave no picture: its numbers overflow in {self._dtype}.",
                remedy="Use another image model.",
            )
        flags = getattr(result, "nsfw_content_detected", None) or [False]
        pixels = (np.clip(picture, 0.0, 1.0) * 255).round().astype(np.uint8)
        dtype = str(self._dtype).removeprefix("torch.")
        return Drawn(pixels, self._guidance(wish), self._device, dtype, bool(flags[0]))

    def _run(self, wish: Drawing, emit: Emit) -> Any:
        def after_step(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            emit(step + 1)
            return tensors

        arguments = self._arguments(wish)
        try:
            with torch.inference_mode():
                return self._pipeline(**arguments, callback_on_step_end=after_step, output_type="np")
        except torch.OutOfMemoryError as problem:
            torch.cuda.empty_cache()
            raise _too_large() from problem
        except (ValueError, RuntimeError, TypeError) as problem:
            raise ToolError(
                f"The image model could not draw this: {problem}", remedy="Try another size, or fewer words."
            ) from problem

    def _arguments(self, wish: Drawing) -> dict[str, Any]:
        """The pipeline's arguments, without those that it does not know."""
        wanted = {
            "prompt": wish.prompt,
            "negative_prompt": wish.negative_prompt,
            "width": wish.width,
            "height": wish.height,
            "num_inference_steps": wish.steps,
            "guidance_scale": self._guidance(wish),
            "generator": torch.Generator("cpu").manual_seed(wish.seed),
        }
        return {name: value for name, value in wanted.items() if name in self._takes and value is not None}

    def _guidance(self, wish: Drawing) -> float:
        if wish.guidance is not None:
            return wish.guidance
        parameter = inspect.signature(self._pipeline.__call__).parameters.get("guidance_scale")
        own = parameter.default if parameter is not None else None
        return float(own) if isinstance(own, (int, float)) else 0.0


def _load(path: Path, variant: str | None, dtype: torch.dtype) -> Any:
    options: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
    if path.is_dir():
        return diffusers.DiffusionPipeline.from_pretrained(path, variant=variant, use_safetensors=True, **options)
    config = path.with_suffix("")
    name = diffusers.DiffusionPipeline.load_config(config, local_files_only=True)["_class_name"]
    return getattr(diffusers, name).from_single_file(str(path), config=str(config), **options)


def _dtype(device: str) -> torch.dtype:
    if device == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _too_large() -> BudgetError:
    return BudgetError(
        "The picture does not fit into the GPU's memory.",
        remedy="Ask for a smaller one, or set image.model to a smaller model.",
    )
