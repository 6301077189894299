"""Tensors of a PyTorch checkpoint without PyTorch, which takes 200 MB in a process that needs it for nothing else.

Reads the format of `torch.save` before PyTorch 1.6 (`_use_new_zipfile_serialization=False`): five pickles, then the
numbers of each storage. Nothing is unpickled: the instructions are read (`pickletools`), those that tensors need are
followed on plain values, and any other ends it. Owns no networks.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"torch FloatStorage": "<f4", "torch LongStorage": "<i8"}
DICTIONARY, TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "GLOBAL"}
"""Instructions that bring a value with them; that of GLOBAL is a name, and stays one."""
MADE: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict, "EMPTY_LIST": list,
}  # fmt: skip
TUPLES = {"TUPLE": None, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


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


class _Reader:
    """Follows a pickle's instructions on a stack of plain values. It knows what tensors need and calls nothing."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def read(self, file: BinaryIO) -> Any:
        """The value of the pickle that `file` goes on with. Raises `ValueError`."""
        for instruction, value, _ in pickletools.genops(file):
            name = instruction.name
            if name == "STOP":
                return self._stack.pop()
            if name == "PROTO":
                continue
            if name in VALUES:
                self._stack.append(value)
            elif name in MADE:
                self._stack.append(MADE[name]())
            elif not (self._collect(name) or self._keep(name, value) or self._combine(name)):
                raise ValueError(f"it has the instruction {name}, which no tensor needs")
        raise ValueError("it breaks off")

    def _collect(self, name: str) -> bool:
        """Tuples, dictionaries and lists."""
        if name == "MARK":
            self._marks.append(len(self._stack))
        elif name in TUPLES:
            self._stack.append(tuple(self._taken(TUPLES[name])))
        elif name in {"SETITEM", "SETITEMS"}:
            items = self._taken(2 if name == "SETITEM" else None)
            self._stack[-1].update(zip(items[::2], items[1::2], strict=True))
        elif name in {"APPEND", "APPENDS"}:
            items = self._taken(1 if name == "APPEND" else None)
            self._stack[-1].extend(items)
        else:
            return False
        return True

    def _keep(self, name: str, value: Any) -> bool:
        """What is referred to again."""
        if name in {"BINPUT", "LONG_BINPUT"}:
            self._memo[value] = self._stack[-1]
        elif name in {"BINGET", "LONG_BINGET"}:
            self._stack.append(self._memo[value])
        else:
            return False
        return True

    def _combine(self, name: str) -> bool:
        """Storages and the tensors in them."""
        if name == "BINPERSID":
            _, kind, key, _, count, *_ = self._stack.pop()
            self._stack.append(_Storage(str(key), STORAGES[kind], int(count)))
        elif name == "REDUCE":
            values, what = self._stack.pop(), self._stack.pop()
            if what not in {DICTIONARY, TENSOR}:
                raise ValueError(f"it names {what}, which is no tensor")
            self._stack.append({} if what == DICTIONARY else _View(*values[:4]))
        elif name == "BUILD":
            self._stack.pop()  # notes beside the tensors
        else:
            return False
        return True

    def _taken(self, count: int | None) -> list[Any]:
        """The last `count` values, or those since the last mark."""
        start = self._marks.pop() if count is None else len(self._stack) - count
        taken = self._stack[start:]
        del self._stack[start:]
        return taken


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
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            MemoryError,
            TypeError,
        ) as problem:  # what damage leads to
            raise ValueError(f"{type(problem).__name__}: {problem}") from problem


def _next(file: BinaryIO) -> Any:
    return _Reader().read(file)


def _numbers(file: BinaryIO, storage: _Storage) -> NDArray[Any]:
    size = storage.count * np.dtype(storage.kind).itemsize
    stated, data = int.from_bytes(file.read(8), "little"), file.read(max(0, size))
    if stated != storage.count or len(data) != size:
        raise ValueError("it breaks off")
    return np.frombuffer(data, storage.kind)
