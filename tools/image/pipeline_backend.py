"""The worker service that draws: any diffusers text-to-image pipeline. Owns the loaded pipeline, no files.

Weights come from safetensors only, and nothing is fetched. The first noise comes from a generator on the CPU, one for
each picture, so that a seed gives the same picture whatever the others of the same request are. Redrawing and
inpainting use the sibling pipelines of the same family on the same weights.
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
from PIL import Image
from tqdm import tqdm

from runtime.errors import BudgetError, CallCancelled, HausgeistError, ModelCorruptError, ToolError
from runtime.worker_service import Emit
from tools.image.drawing import Drawing, Drawn, Mode, StepDone
from tools.image.lora_backend import LoraShelf
from tools.image.preview_backend import preview
from tools.image.sketch.pipeline_backend import SketchPipeline

_FAULTS = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError)
_OWN = {"SketchPipeline": SketchPipeline}
"""Pipelines of this project; all others are diffusers'."""
_SIBLINGS = {"redraw": "AutoPipelineForImage2Image", "inpaint": "AutoPipelineForInpainting"}
"""Names in diffusers: to look one up imports the pipelines of every family, which takes most of a second."""


class PipelineService:
    """One pipeline in a worker process. On a GPU it computes in half precision, on a CPU in float32.

    `device` is "cuda" or "cpu": it is never changed silently. `offload` is "none", "model" or "sequential" (diffusers:
    whole components, or their layers, move to the GPU only while they compute).
    """

    def __init__(self, path: str, variant: str | None = None, device: str = "cpu", offload: str = "none") -> None:
        tqdm.set_lock(threading.RLock())  # its own lock is a named semaphore, which a killed worker would leave behind
        transformers.logging.set_verbosity_error()
        diffusers.utils.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        diffusers.utils.logging.disable_progress_bar()
        if device == "cuda" and not torch.cuda.is_available():
            raise ToolError(
                "The GPU was to draw the picture, but torch cannot use it.",
                remedy="See `hausgeist doctor`, or set image.device=cpu to draw on the processor.",
            )
        self._path, self._device, self._offload, self._dtype = path, device, offload, _dtype(device)
        try:
            self._pipeline = self._placed(_load(Path(path), variant, self._dtype))
        except torch.OutOfMemoryError as problem:
            raise _too_large() from problem
        except _FAULTS as problem:
            raise ModelCorruptError(
                f"The image model {path} cannot be loaded: {type(problem).__name__}: {problem}",
                remedy="Fetch it again, or set image.model to another model.",
            ) from problem
        self._loras = LoraShelf(self._pipeline)
        self._for: dict[Mode, Any] = {}

    def draw(self, wish: Drawing, *, emit: Emit) -> Drawn:
        """Draw one picture; emits a `StepDone` after each step. Cancelling stops it between two steps.

        Raises `CallCancelled`, `BudgetError` where the memory is too small, and `ToolError` for what this model cannot
        do and for an unusable result.
        """
        pipeline = self._pipeline_for(wish.mode)
        self._loras.use(wish.loras)
        result = self._run(pipeline, wish, emit)
        picture = np.asarray(result.images[0], np.float32)
        if not np.isfinite(picture).all():
            raise ToolError(
                f"The image model gave no picture: its numbers overflow in {self._dtype}.",
                remedy="Use another image model.",
            )
        flags = getattr(result, "nsfw_content_detected", None) or [False]
        pixels = (np.clip(picture, 0.0, 1.0) * 255).round().astype(np.uint8)
        dtype = str(self._dtype).removeprefix("torch.")
        return Drawn(pixels, _guidance(pipeline, wish), self._device, dtype, bool(flags[0]))

    def _placed(self, pipeline: Any) -> Any:
        pipeline.set_progress_bar_config(disable=True)
        if self._offload == "model":
            pipeline.enable_model_cpu_offload()
        elif self._offload == "sequential":
            pipeline.enable_sequential_cpu_offload()
        else:
            pipeline.to(self._device)
        return pipeline

    def _pipeline_for(self, mode: Mode) -> Any:
        """The pipeline of this family for a mode, on the weights that are loaded."""
        if mode not in self._for:
            takes = set(inspect.signature(self._pipeline.__call__).parameters)
            needed = {"draw": {"prompt", "height", "width"}, "redraw": {"image", "strength"}}
            needed |= {"inpaint": {"image", "mask_image"}, "upscale": {"image", "prompt"}}
            kind = type(self._pipeline).__name__
            own = needed[mode] <= takes and ("Upscale" in kind) == (mode == "upscale")
            own = own and (mode != "draw" or "Inpaint" not in kind)
            self._for[mode] = self._pipeline if own else self._sibling(mode)
        return self._for[mode]

    def _sibling(self, mode: Mode) -> Any:
        kind, family = type(self._pipeline).__name__, _SIBLINGS.get(mode)
        try:
            if family is None:
                raise ValueError(mode)
            pipeline = getattr(diffusers, family).from_pipe(self._pipeline)
        except _FAULTS as problem:
            what = {
                "draw": "draw pictures from words",
                "redraw": "redraw pictures",
                "inpaint": "paint over a part of a picture",
                "upscale": "enlarge pictures",
            }[mode]
            raise ToolError(
                f"The model {self._path} ({kind}) does not {what}.", remedy="Set image.model to another model."
            ) from problem
        pipeline.set_progress_bar_config(disable=True)
        if self._offload == "model":
            pipeline.enable_model_cpu_offload()
        return pipeline

    def _run(self, pipeline: Any, wish: Drawing, emit: Emit) -> Any:
        def after_step(running: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            emit(StepDone(step + 1, preview(running, tensors.get("latents")) if wish.previews else None))
            return tensors

        arguments = _arguments(pipeline, wish)
        if "callback_on_step_end" in inspect.signature(pipeline.__call__).parameters:
            arguments["callback_on_step_end"] = after_step
        else:
            arguments["callback"] = lambda step, timestep, latents: emit(StepDone(step + 1))
        try:
            with torch.inference_mode():
                return pipeline(**arguments, output_type="np")
        except torch.OutOfMemoryError as problem:
            torch.cuda.empty_cache()
            raise _too_large() from problem
        except (CallCancelled, HausgeistError):
            raise
        except (ValueError, RuntimeError, TypeError) as problem:
            raise ToolError(
                f"The image model could not draw this: {problem}", remedy="Try another size, or fewer words."
            ) from problem


def _arguments(pipeline: Any, wish: Drawing) -> dict[str, Any]:
    """The pipeline's arguments, without those that it does not know."""
    wanted = {
        "prompt": wish.prompt,
        "negative_prompt": wish.negative_prompt,
        "width": wish.width if wish.mode != "upscale" else None,
        "height": wish.height if wish.mode != "upscale" else None,
        "num_inference_steps": wish.steps,
        "guidance_scale": _guidance(pipeline, wish),
        "generator": torch.Generator("cpu").manual_seed(wish.seed),
        "image": Image.fromarray(wish.image) if wish.image is not None else None,
        "mask_image": Image.fromarray(wish.mask) if wish.mask is not None else None,
        "strength": wish.strength if wish.mode != "upscale" else None,
    }
    takes = set(inspect.signature(pipeline.__call__).parameters)
    return {name: value for name, value in wanted.items() if name in takes and value is not None}


def _guidance(pipeline: Any, wish: Drawing) -> float:
    if wish.guidance is not None:
        return wish.guidance
    parameter = inspect.signature(pipeline.__call__).parameters.get("guidance_scale")
    own = parameter.default if parameter is not None else None
    return float(own) if isinstance(own, (int, float)) else 0.0


def _load(path: Path, variant: str | None, dtype: torch.dtype) -> Any:
    options: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
    if path.is_dir():
        kind = diffusers.DiffusionPipeline.load_config(path, local_files_only=True)["_class_name"]
        family = _OWN.get(kind, diffusers.DiffusionPipeline)
        return family.from_pretrained(path, variant=variant, use_safetensors=True, **options)
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
        remedy="Ask for a smaller one, set image.offload=sequential, or set image.model to a smaller model.",
    )
