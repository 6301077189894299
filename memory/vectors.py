"""Keeps the vectors in step with the facts: owed ones are made, orphans dropped, deletions leave no trace.

Owns which Chroma folder is the current one; knows nothing of ranking. A crash between the two stores heals at the
next use, since SQLite remembers what is owed and the ids are compared when the vectors are opened.
"""

from __future__ import annotations

import logging
import re
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from memory.embedder import Embedder
from memory.records import Fact
from memory.store import FactStore
from memory.words import passages
from runtime.errors import DamagedError, HausgeistError, storage_errors

if TYPE_CHECKING:
    from memory.vectors_backend import ChromaVectors

COMPARE_AT_MOST = 100_000
FACTS_AT_ONCE = 200
SAMPLE, SAME = 16, 0.999
"""Facts whose vectors a check makes again, and the cosine from which on two vectors count as the same."""
_CURRENT = "vectors"
log = logging.getLogger(__name__)


class FactVectors:
    """The vectors of the facts in `store` under `folder`, made by `embedder`. Thread-safe."""

    def __init__(self, folder: Path, store: FactStore, embedder: Embedder, server: str | None = None) -> None:
        self._folder, self._store, self._embedder, self._server = folder, store, embedder, server
        self._lock = threading.RLock()
        self._open: ChromaVectors | None = None

    def nearest(self, text: str, limit: int) -> list[tuple[int, int, float]]:
        """The passages nearest to a query as (fact, passage number, cosine), nearest first."""
        with self._lock:
            warm = threading.Thread(target=self._warm, daemon=True)
            warm.start()
            import memory.vectors_backend  # noqa: F401  (a second: beside the start of the embedder)

            warm.join()
            vector = self._embedder.embed([text], "query")[0]
            try:
                return self.update().nearest(vector, limit)
            except DamagedError as problem:
                self._anew(problem)
                return self.update().nearest(vector, limit)

    def update(self, progress: Callable[[int, int], None] | None = None) -> ChromaVectors:
        """Bring the vectors in step with the facts and return them. `progress(done, total)` counts facts."""
        with self._lock:
            vectors = self._current()
            owed, gone = self._store.pending()
            if gone:
                vectors = self._purge(vectors, set(gone))
                self._store.settled(gone)
            for start in range(0, len(owed), FACTS_AT_ONCE):
                part = owed[start : start + FACTS_AT_ONCE]
                self._make(vectors, part)
                self._store.settled([fact.id for fact in part])
                if progress is not None:
                    progress(min(start + FACTS_AT_ONCE, len(owed)), len(owed))
            return vectors

    def check(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Compare some of the vectors with their facts, and make all again where one is wrong; gives how many facts.

        A damaged store, and one that holds other vectors than its facts have, is begun anew.
        """
        with self._lock:
            owed = len(self._store.pending()[0])
            try:
                if self._right(self.update(progress)):
                    return owed
                self._anew(DamagedError("Some vectors are not those of their facts."))
            except DamagedError as problem:
                self._anew(problem)
            self.update(progress)
            return self._store.count()

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _right(self, vectors: ChromaVectors) -> bool:
        facts = self._store.all(superseded=True)
        some = facts[:: max(1, len(facts) // SAMPLE)][:SAMPLE]
        made = self._embedder.embed([passages(fact.text)[0] for fact in some], "passage")
        kept = [vectors.vector(fact.id) for fact in some]
        return all(v is not None and float(v @ m) > SAME for v, m in zip(kept, made, strict=True))

    def _anew(self, problem: HausgeistError) -> None:
        """Give up a damaged folder: it is derived, and all vectors become owed."""
        log.warning("The vectors are made again: %s", problem.message)
        self.close()
        self._begin(re.sub(r"[^A-Za-z0-9.-]+", "-", self._embedder.version), self._store.meta(_CURRENT))

    def _warm(self) -> None:
        with suppress(HausgeistError):  # it comes again, and is raised, where the vector is needed
            _ = self._embedder.version

    def _make(self, vectors: ChromaVectors, facts: list[Fact]) -> None:
        cut = [(fact.id, number, text) for fact in facts for number, text in enumerate(passages(fact.text))]
        made = self._embedder.embed([text for _, _, text in cut], "passage")
        vectors.add([fact for fact, _, _ in cut], [number for _, number, _ in cut], made)

    def _current(self) -> ChromaVectors:
        """The open store; opened, healed and, after a change of the embedder, begun anew."""
        from memory.vectors_backend import ChromaVectors

        name = self._store.meta(_CURRENT)
        version = re.sub(r"[^A-Za-z0-9.-]+", "-", self._embedder.version)
        if name is None or not name.startswith(f"chroma-{version}-") or not (self._folder / name).is_dir():
            name = self._begin(version, name)
        if self._open is None or self._open.folder.name != name:
            self.close()
            self._open = ChromaVectors(self._folder / name, self._server)
            self._heal(self._open)
        return self._open

    def _begin(self, version: str, old: str | None) -> str:
        """Name a new, empty folder and owe all vectors."""
        name = f"chroma-{version}-{_number(old) + 1}"
        with self._store.database.transaction():
            self._store.set_meta(_CURRENT, name)
            self._store.owe(self._store.ids())
        self._sweep(name)
        return name

    def _heal(self, vectors: ChromaVectors) -> None:
        """Owe what has no vectors, drop what has no fact, remove folders that a crash left behind."""
        self._sweep(vectors.folder.name)
        if vectors.count() > COMPARE_AT_MOST:
            return
        there, wanted = vectors.facts(), self._store.ids()
        if wanted - there:
            self._store.owe(wanted - there)
        if there - wanted:
            vectors.remove(there - wanted)

    def _purge(self, vectors: ChromaVectors, gone: set[int]) -> ChromaVectors:
        from memory.vectors_backend import COPY_AT_MOST

        vectors.remove(gone)
        if vectors.count() > COPY_AT_MOST:
            return vectors
        name = vectors.folder.name
        fresh = vectors.copy_to(self._folder / f"{name.rpartition('-')[0]}-{_number(name) + 1}")
        self._store.set_meta(_CURRENT, fresh.folder.name)
        vectors.destroy()
        self._open = fresh
        return fresh

    def _sweep(self, keep: str) -> None:
        with storage_errors(self._folder):
            for folder in self._folder.glob("chroma-*"):
                if folder.name != keep:
                    shutil.rmtree(folder, ignore_errors=True)


def _number(name: str | None) -> int:
    digits = (name or "").rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
