"""What lies in an image model's folder or file: is it whole, how large is it, what can it draw. Loads no weights.

Reads the diffusers layout (`model_index.json`, a folder for each component); the files of weights are read by
`runtime.weights`. Pickled weights are never used.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import ModelMissingError
from runtime.weights import incomplete, parameters, read_json, weight_files

_NO_WEIGHTS = re.compile(r"Tokenizer|Scheduler|Processor|FeatureExtractor")
_FEW_STEPS = re.compile(r"turbo|lightning|lcm|hyper-?sd|schnell|dmd2|sdxs|flash-?sd", re.I)
_ENGLISH = re.compile(r"(?:CLIP|T5)Tokenizer")
_SAMPLES, _SAMPLE_BYTES = 16, 65_536
_FEW_STEP_SCHEDULERS = {"LCMScheduler", "TCDScheduler"}
_WHAT = "image model"


@dataclass(frozen=True)
class ModelFacts:
    """What is known of an image model before it is loaded."""

    path: Path
    pipeline: str
    """Name of the diffusers pipeline class."""
    variant: str | None
    """"fp16" where only half-precision files are there."""
    parameters: int
    multiple: int
    """Width and height must be multiples of so many pixels."""
    few_steps: bool
    """Distilled to draw in 1 to 4 steps without guidance (SD-Turbo, LCM, Lightning, FLUX schnell)."""
    config_sha256: str
    largest: int = 0
    """Parameters of its largest component: what lies on a GPU at once with offload."""
    english: bool = True
    """Whether its text encoder was trained on English (CLIP, T5) and not on many languages."""


def inspect(path: Path, get_it: str) -> ModelFacts:
    """Read a diffusers folder, or a .safetensors file with its configuration in a folder of the same stem beside it.

    `get_it` is the remedy for what is missing or broken. Raises `ModelMissingError` for what is absent or partial and
    `ModelCorruptError` for what is broken, naming the file.
    """
    folder = path.with_suffix("") if path.is_file() else path
    if path.is_file() and path.suffix != ".safetensors":
        raise ModelMissingError(
            f"The image model {path} is not a .safetensors file.", remedy="Pickled weights are never loaded."
        )
    if not path.exists():
        raise ModelMissingError(f"There is no image model at {path}.", remedy=get_it)
    index = read_json(folder / "model_index.json", _WHAT, get_it)
    components = _components(index)
    weights: dict[Path, list[Path]] = {}
    variant = None
    for name, class_name in components.items():
        if not _NO_WEIGHTS.search(class_name):
            if path.is_dir():
                files, half = _weights(folder / name, get_it)
                variant = "fp16" if half else variant
                weights[folder / name] = files
        elif not (folder / name).is_dir():
            raise incomplete(folder / name, _WHAT, get_it)
    every = [path] if path.is_file() else [file for files in weights.values() for file in files]
    counts = {file: parameters(file, _WHAT, get_it) for file in every}
    largest = max((sum(counts[file] for file in files) for files in weights.values()), default=sum(counts.values()))
    configs = {name: _config(folder / name) for name in components}
    return ModelFacts(
        path,
        str(index.get("_class_name")),
        variant,
        sum(counts.values()),
        _multiple(configs),
        _is_few_steps(path, index, configs),
        _digest(folder, every),
        largest,
        all(_ENGLISH.match(kind) for kind in components.values() if "Tokenizer" in kind),
    )


def few_steps_by_name(path: Path) -> bool:
    """Whether the name of a model's folder tells that it was distilled to draw in a few steps."""
    return bool(_FEW_STEPS.search(path.name))


def _components(index: dict[str, Any]) -> dict[str, str]:
    """Name and class of each component that the pipeline has."""
    pairs = {name: value for name, value in index.items() if isinstance(value, list) and len(value) == 2}
    return {name: str(value[1]) for name, value in pairs.items() if value[1] is not None}


def _weights(folder: Path, get_it: str) -> tuple[list[Path], bool]:
    """The safetensors files of one component, and whether only half precision is there."""
    read_json(folder / "config.json", _WHAT, get_it)
    files = weight_files(folder, _WHAT, get_it)
    plain = [file for file in files if ".fp16" not in file.name]
    return plain or files, not plain


def _config(folder: Path) -> dict[str, Any]:
    for name in ("config.json", "scheduler_config.json"):
        if (folder / name).is_file():
            return read_json(folder / name, _WHAT, "")
    return {}


def _multiple(configs: dict[str, dict[str, Any]]) -> int:
    """Pixels of one latent cell, at least the 8 that diffusers asks for; transformers take cells two by two."""
    blocks = len(configs.get("vae", {}).get("block_out_channels", [0] * 4))
    return max(8, 1 << (blocks - 1)) * (2 if "transformer" in configs else 1)


def _is_few_steps(path: Path, index: dict[str, Any], configs: dict[str, dict[str, Any]]) -> bool:
    names = [path.name, *(str(config.get("_name_or_path", "")) for config in (index, *configs.values()))]
    scheduler = str(configs.get("scheduler", {}).get("_class_name"))
    return scheduler in _FEW_STEP_SCHEDULERS or any(_FEW_STEPS.search(name) for name in names)


def _digest(folder: Path, weights: list[Path]) -> str:
    """SHA-256 over every configuration file (name and bytes) and every weight file, in name order.

    Of weights count name, size, header and samples at even distances: other weights of the same shape are told apart
    without reading gigabytes.
    """
    total = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.suffix in {".json", ".txt", ".model"}):
        if not file.name.startswith("."):
            total.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    for file in weights:
        size = file.stat().st_size
        total.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as opened:
            for at in range(_SAMPLES):
                opened.seek(size * at // _SAMPLES)
                total.update(opened.read(_SAMPLE_BYTES))
    return total.hexdigest()
