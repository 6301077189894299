"""What the torch models of the full backend share: number type, loading errors, batches that fit. Owns no models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch

from runtime.errors import BudgetError, ModelCorruptError

Item = TypeVar("Item")
Result = TypeVar("Result")


def number_type(device: str) -> torch.dtype:
    """float32 on a CPU; on a GPU bfloat16 where it has that, else float16."""
    if device == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Turn what loading a model raises into `ModelCorruptError` or `BudgetError`, naming the folder."""
    try:
        yield
    except torch.OutOfMemoryError as problem:
        raise _too_large(folder) from problem
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError) as problem:
        raise ModelCorruptError(
            f"The vision model {folder} cannot be loaded: {type(problem).__name__}: {problem}",
            remedy="Fetch it again, or set finder.backend to starter.",
        ) from problem


def batched(items: list[Item], size: int, work: Callable[[list[Item]], Result]) -> list[Result]:
    """`work` on parts of at most `size` items; parts that the GPU's memory cannot hold are halved.

    Raises `BudgetError` where even one item does not fit.
    """
    done: list[Result] = []
    start = 0
    with torch.inference_mode():
        while start < len(items):
            try:
                done.append(work(items[start : start + size]))
            except torch.OutOfMemoryError as problem:
                torch.cuda.empty_cache()
                if size == 1:
                    raise _too_large(None) from problem
                size = max(1, size // 2)
                continue
            start += size
    return done


def _too_large(folder: Path | None) -> BudgetError:
    return BudgetError(
        f"{folder or 'A picture'} does not fit into the GPU's memory.",
        remedy="End other programs on the GPU, or set finder.device to cpu.",
    )
