"""What lies in a model's folder of safetensors files: is it whole, how many numbers. Loads no weights.

Reads the headers of safetensors files (https://github.com/huggingface/safetensors, "Format") and the index of sharded
ones. Pickled weights are never used.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import ModelCorruptError, ModelMissingError

_MOST_HEADER_BYTES = 100_000_000
_SMALL_BYTES = 1_000_000


@dataclass(frozen=True)
class FolderFacts:
    """A whole model folder: its `config.json`, the numbers in its weights, a digest over configuration and sizes."""

    path: Path
    config: dict[str, Any]
    parameters: int
    digest: str


def inspect_folder(folder: Path, what: str, get_it: str, needed: Sequence[str] = ()) -> FolderFacts:
    """Look at a transformers folder: `config.json`, safetensors weights and the files `needed` (one of "a|b" will do).

    `what` names the model for people, `get_it` is the remedy. Raises `ModelMissingError` for what is absent or partial
    and `ModelCorruptError` for what is broken, naming the file.
    """
    if not folder.is_dir():
        raise ModelMissingError(f"There is no {what} at {folder}.", remedy=get_it)
    config = read_json(folder / "config.json", what, get_it)
    for names in needed:
        if not any((folder / name).is_file() for name in names.split("|")):
            raise incomplete(folder / names.replace("|", " or "), what, get_it)
    files = weight_files(folder, what, get_it)
    total = sum(parameters(file, what, get_it) for file in files)
    return FolderFacts(folder, config, total, _digest(folder, files))


def weight_files(folder: Path, what: str, get_it: str) -> list[Path]:
    """The safetensors files of a folder, all shards of its index. Raises as `inspect_folder`."""
    for listing in sorted(folder.glob("*.safetensors.index*.json")):
        for name in sorted(set(read_json(listing, what, get_it).get("weight_map", {}).values())):
            if not (folder / name).is_file():
                raise incomplete(folder / name, what, get_it)
    found = sorted(folder.glob("*.safetensors"))
    if found:
        return found
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")):
        raise ModelMissingError(
            f"The {what} has only pickled weights in {folder}, which are never loaded.",
            remedy="Use a version of it with .safetensors files.",
        )
    raise incomplete(folder / "*.safetensors", what, get_it)


def parameters(file: Path, what: str, get_it: str) -> int:
    """Numbers in a safetensors file, by its header; a file that was cut or damaged does not fit its header."""
    try:
        with file.open("rb") as source:
            length = int.from_bytes(source.read(8), "little")
            size = file.stat().st_size
            if not 2 <= length <= min(size - 8, _MOST_HEADER_BYTES):
                raise ValueError("its header is broken")
            header = json.loads(source.read(length))
        tensors = [value for name, value in header.items() if name != "__metadata__"]
        end = max((value["data_offsets"][1] for value in tensors), default=0)
        if size != 8 + length + end:
            raise ValueError(f"it has {size} bytes instead of {8 + length + end}")
        return sum(int(math.prod(value["shape"])) for value in tensors)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as problem:
        raise ModelCorruptError(f"The {what} has a broken file {file}: {problem}.", remedy=get_it) from problem


def read_json(file: Path, what: str, get_it: str) -> dict[str, Any]:
    """A JSON object. Raises as `inspect_folder`."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise incomplete(file, what, get_it) from None
    except (OSError, ValueError) as problem:
        raise ModelCorruptError(f"The {what} has a broken file {file}: {problem}.", remedy=get_it) from problem
    if not isinstance(value, dict):
        raise ModelCorruptError(f"The {what} has a broken file {file}: it is no JSON object.", remedy=get_it)
    return value


def incomplete(missing: Path, what: str, get_it: str) -> ModelMissingError:
    """The error for a file or folder of a model that is not there."""
    return ModelMissingError(f"The {what} is incomplete: {missing} is missing.", remedy=get_it)


def _digest(folder: Path, weights: Sequence[Path]) -> str:
    """SHA-256 over names and sizes of configuration and weights, and the bytes of small files, in name order."""
    total = hashlib.sha256()
    configs = [file for file in folder.iterdir() if file.suffix in {".json", ".txt", ".model"}]
    for file in sorted({*configs, *weights}):
        size = file.stat().st_size
        total.update(f"{file.name}\0{size}\0".encode())
        if size < _SMALL_BYTES:
            total.update(file.read_bytes())
    return total.hexdigest()
