"""Tensors of a PyTorch checkpoint without PyTorch, which takes 200 MB in a process that needs it for nothing else.

Reads the format of `torch.save` before PyTorch 1.6 (`_use_new_zipfile_serialization=False`): five pickles, then the
numbers of each storage. As with `torch.load(weights_only=True)`, the pickle may name nothing but what rebuilds a
tensor; anything else is refused before it is called. Owns no networks.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


@dataclass(frozen=True)
class _Storage:
    """Numbers that stand behind the pickles: their `key`, NumPy's name of their type, and how many they are."""

    key: str
    kind: str
    count: int


@dataclass(frozen=True)
class _View:
    """A tensor: the part of a storage that is its own."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """The tensor as an array of its own."""
        last = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if min(self.offset, *self.shape, *self.strides, 0) < 0 or (0 not in self.shape and last >= len(numbers)):
            raise ValueError("a tensor reaches out of its storage")
        strides = [step * numbers.itemsize for step in self.strides]
        return np.array(as_strided(numbers[self.offset :], self.shape, strides))


def _rebuild(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _View:
    return _View(storage, offset, shape, strides)


class _Tensors(pickle.Unpickler):
    """Knows ordered dictionaries, tensors and kinds of storages, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is no tensor")

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, count, *_ = pid
        if kind not in STORAGES.values():
            raise pickle.UnpicklingError("it has numbers of an unknown type")
        return _Storage(str(key), kind, int(count))


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Name and array of each tensor of a state dictionary. Raises `ValueError` for what is none, `OSError`."""
    with path.open("rb") as file:
        try:
            if _next(file) != MAGIC:
                raise ValueError("it is no checkpoint of this format")
            _next(file), _next(file)  # the format's version and the sizes of numbers where it was written
            views, keys = _next(file), _next(file)
            if not isinstance(views, dict) or not all(isinstance(view, _View) for view in views.values()):
                raise ValueError("it holds no tensors")
            storages = {view.storage.key: view.storage for view in views.values()}
            numbers = {key: _numbers(file, storages[key]) for key in keys}
            return {name: view.of(numbers[view.storage.key]) for name, view in views.items()}
        except ValueError:
            raise
        except Exception as problem:  # a damaged pickle raises anything
            raise ValueError(f"{type(problem).__name__}: {problem}") from problem


def _next(file: BinaryIO) -> Any:
    return _Tensors(file).load()


def _numbers(file: BinaryIO, storage: _Storage) -> NDArray[Any]:
    size = storage.count * np.dtype(storage.kind).itemsize
    stated, data = int.from_bytes(file.read(8), "little"), file.read(max(0, size))
    if stated != storage.count or len(data) != size:
        raise ValueError("it breaks off")
    return np.frombuffer(data, storage.kind)
