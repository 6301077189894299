"""The Chroma side of appearance vectors. Owns the collection; everything in it can be made again from the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BATCH = 2000


class ChromaVectors:
    """One collection in `folder` for vectors of one `version`; ids are sighting ids."""

    def __init__(self, folder: Path, version: str) -> None:
        settings = Settings(anonymized_telemetry=False)
        self._client: Any = chromadb.PersistentClient(str(folder), settings=settings)
        name = "looks-" + "".join(c if c.isalnum() else "-" for c in version).strip("-")[:48]
        self._collection: Any = self._client.get_or_create_collection(
            name, metadata={"hnsw:space": "cosine", "version": version}, embedding_function=None
        )

    def add(self, ids: Sequence[int], vectors: Floats) -> None:
        """Add or replace vectors [n, d]."""
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            self._collection.upsert(ids=[str(i) for i in ids[part]], embeddings=vectors[part])

    def remove(self, ids: Sequence[int]) -> None:
        """Forget the vectors of these ids; unknown ones are no error."""
        for start in range(0, len(ids), BATCH):
            self._collection.delete(ids=[str(i) for i in ids[start : start + BATCH]])

    def get(self, ids: Sequence[int]) -> dict[int, Floats]:
        """The vectors of those ids that are there."""
        found: dict[int, Floats] = {}
        for start in range(0, len(ids), BATCH):
            part = self._collection.get(ids=[str(i) for i in ids[start : start + BATCH]], include=["embeddings"])
            for key, vector in zip(part["ids"], part["embeddings"], strict=True):
                found[int(key)] = np.asarray(vector, np.float32)
        return found

    def nearest(self, vector: Floats, count: int) -> list[tuple[int, float]]:
        """The ids nearest to `vector` [d] with their cosine, best first."""
        size = self._collection.count()
        if size == 0:
            return []
        answer = self._collection.query(query_embeddings=[vector], n_results=min(count, size), include=["distances"])
        return [(int(k), 1.0 - float(d)) for k, d in zip(answer["ids"][0], answer["distances"][0], strict=True)]
