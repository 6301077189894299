"""Vectors of facts in Chroma on disk: nearest passages to a vector. Owns no text: it can be rebuilt from the facts.

One Chroma folder is one generation of the vectors of one embedder version. Chroma keeps what was deleted inside its
log and its graph files, so a deletion copies what stays to a new folder and removes the old one; above
`COPY_AT_MOST` vectors that would take too long, and Chroma's own deletion has to do (the vectors can no longer be
found, and no words were ever in there). No telemetry goes out, and no connection but to a Chroma server that is named;
what such a server keeps of deleted vectors is its own affair.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from numpy.typing import NDArray

from runtime.errors import DamagedError, StorageError
from runtime.paths import ensure

COPY_AT_MOST = 50_000
BATCH = 2000
_NAME = "passages"
_DISK = re.compile("(?i)disk is full|no space|read-?only|permission denied|disk quota")
"""What Chroma says where the disk refuses, and nothing is damaged."""


_M_PERTURB = -6
"""glibc's mallopt parameter: fill memory when it is handed out (mallopt(3))."""


def fill_allocations() -> None:
    """Have the C library fill every allocation of this process, where it can (glibc).

    Chroma's graph index (hnswlib) writes its whole buffer to disk, also the part that it never set; without this, that
    part may hold the bytes of deleted vectors from memory that was freed.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_PERTURB, 0x5A)


def _client(folder: Path, server: str | None) -> Any:
    settings = ChromaSettings(anonymized_telemetry=False, allow_reset=False)
    if server is None:
        return chromadb.PersistentClient(str(folder), settings=settings)
    parts = urlsplit(server)
    secure = parts.scheme == "https"
    return chromadb.HttpClient(parts.hostname or "", parts.port or (443 if secure else 8000), secure, settings=settings)


class ChromaVectors:
    """Passage vectors by fact id in one folder. `space` is the inner product of unit vectors, the cosine."""

    def __init__(self, folder: Path, server: str | None = None) -> None:
        """`server`: the address of a Chroma server that holds the vectors instead; `folder` then only names them."""
        self.folder = ensure(folder)
        self._server = server
        self._name = _NAME if server is None else f"hausgeist-{hashlib.sha256(str(folder).encode()).hexdigest()[:24]}"
        self._few = 0
        """Passages there were at least, when they were last counted."""
        fill_allocations()
        with self._errors():
            self._client = _client(folder, server)
            try:
                self._passages = self._collection()
                self._passages.count()
            except BaseException:
                self.close()  # Chroma would give the same, broken client for this folder again
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What Chroma raises as our errors; a panic of its Rust part is no `Exception`."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as problem:
            raise self._error(problem) from problem

    def _error(self, problem: BaseException) -> StorageError:
        if self._server is not None:
            return StorageError(
                f"The Chroma server at {self._server} cannot be used: {problem}.",
                remedy="Start it, or unset memory.chroma_url: the vectors are then made again on this machine.",
            )
        if _DISK.search(str(problem)):
            remedy = "Check free space and write permission, or move the data with HAUSGEIST_HOME."
            return StorageError(f"The vectors in {self.folder} cannot be used: {problem}.", remedy=remedy)
        remedy = "They are made again at the next search."
        return DamagedError(f"The vectors in {self.folder} are damaged: {problem}.", remedy=remedy)

    def _collection(self) -> Any:
        return self._client.get_or_create_collection(
            self._name, embedding_function=None, configuration={"hnsw": {"space": "ip", "ef_search": 200}}
        )

    def count(self) -> int:
        """Passages that are stored."""
        with self._errors():
            return int(self._passages.count())

    def facts(self) -> set[int]:
        """Ids of the facts that have vectors."""
        with self._errors():
            return {_fact(name) for name in self._passages.get(include=[])["ids"]}

    def vector(self, fact: int) -> NDArray[np.float32] | None:
        """The vector of the first passage of a fact; None where there is none."""
        with self._errors():
            found = self._passages.get(ids=[f"{fact}#0"], include=["embeddings"])["embeddings"]
        return np.asarray(found[0], np.float32) if len(found) else None

    def add(self, facts: Sequence[int], numbers: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store the vector of passage `numbers[i]` of fact `facts[i]`; an earlier one is replaced."""
        names = [f"{fact}#{number}" for fact, number in zip(facts, numbers, strict=True)]
        for start in range(0, len(names), BATCH):
            part = slice(start, start + BATCH)
            with self._errors():
                self._passages.upsert(ids=names[part], embeddings=vectors[part])

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[int, int, float]]:
        """The nearest passages as (fact, passage number, cosine), nearest first."""
        if self._few < limit:  # Chroma counts rows one by one: not for each search among many
            self._few = self.count()
        limit = min(limit, self._few)
        if limit == 0:
            return []
        with self._errors():
            found = self._passages.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(_fact(name), int(name.partition("#")[2]), 1.0 - float(distance)) for name, distance in pairs]

    def remove(self, facts: set[int]) -> None:
        """Delete the vectors of those facts from the collection (see `copy_to` for the files)."""
        self._few = 0
        with self._errors():
            names = [name for name in self._passages.get(include=[])["ids"] if _fact(name) in facts]
            for start in range(0, len(names), BATCH):
                self._passages.delete(ids=names[start : start + BATCH])

    def copy_to(self, folder: Path) -> ChromaVectors:
        """A new store with the same vectors and without any trace of deleted ones."""
        fresh = ChromaVectors(folder, self._server)
        names = self._passages.get(include=[])["ids"]
        for start in range(0, len(names), BATCH):
            part = self._passages.get(ids=names[start : start + BATCH], include=["embeddings"])
            fresh._passages.upsert(ids=part["ids"], embeddings=part["embeddings"])
        return fresh

    def close(self) -> None:
        """Let go of the files."""
        close = getattr(self._client, "close", None)
        if close is not None:
            close()

    def destroy(self) -> None:
        """Close and remove the folder; on a server, the collection."""
        if self._server is not None:
            self._client.delete_collection(self._name)
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _fact(name: str) -> int:
    return int(name.partition("#")[0])
