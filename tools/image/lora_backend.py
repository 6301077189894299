"""LoRA files on a loaded pipeline: put on once, then switched by name (diffusers' loader on peft). Owns no pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.errors import MediaError, ToolError


class LoraShelf:
    """The LoRA files that a pipeline has loaded so far. Weights of 0 and files that are not named do nothing."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._names: dict[tuple[str, int], str] = {}

    def use(self, wanted: tuple[tuple[str, float], ...]) -> None:
        """Have exactly the files `wanted` (path and weight) act on the next drawing.

        Raises `MediaError` for a file that is no safetensors file and `ToolError` for one that does not fit the model.
        """
        if not wanted and not self._names:
            return
        if not hasattr(self._pipeline, "load_lora_weights"):
            kind = type(self._pipeline).__name__
            raise ToolError(f"The image model ({kind}) takes no LoRA files.", remedy="Draw without --lora.")
        names = [self._loaded(Path(path)) for path, _ in wanted]
        if names:
            self._pipeline.enable_lora()
            self._pipeline.set_adapters(names, [weight for _, weight in wanted])
        else:
            self._pipeline.disable_lora()

    def _loaded(self, path: Path) -> str:
        if path.suffix != ".safetensors" or not path.is_file():
            raise MediaError(
                f"The LoRA {path} is no .safetensors file that is there.", remedy="Pickled weights are never loaded."
            )
        key = (str(path), path.stat().st_mtime_ns)
        if key not in self._names:
            name = f"lora{len(self._names)}"
            try:
                self._pipeline.load_lora_weights(
                    str(path.parent), weight_name=path.name, adapter_name=name, local_files_only=True
                )
                if name not in {one for names in self._pipeline.get_list_adapters().values() for one in names}:
                    raise ValueError("none of its weights belongs to this model")
            except Exception as problem:  # diffusers, peft and safetensors raise what they like for a foreign file
                first = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
                raise ToolError(
                    f"The LoRA {path.name} does not fit the image model: {first}",
                    remedy="Use one that was made for this model.",
                ) from problem
            self._names[key] = name
        return self._names[key]
