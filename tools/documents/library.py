"""The library: folders of documents that questions are answered from, with file and page. Owns no reading of files.

A search joins BM25 and vectors as memory does (`memory.ranking`). What stands in a document is data from outside: it
may be quoted, and never chooses a tool.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from memory.embedder import Embedder
from memory.ranking import Evidence, fuse, share_of_words
from runtime.cancellation import Cancellation
from runtime.errors import DamagedError, HausgeistError, ToolError, storage_errors
from runtime.house import House
from runtime.inside import is_within
from tools.documents.library_store import Known, LibraryStore, Passage
from tools.documents.parsing import Parse, confined
from tools.documents.passages import cut
from tools.documents.reading import HTML, read_document

if TYPE_CHECKING:
    from memory.vectors_backend import ChromaVectors

SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".rst", ".pdf"}) | HTML
"""Files that are taken from a folder; a file that is named itself may have any suffix."""
CANDIDATES = 40
EMBED_AT_ONCE = 64
log = logging.getLogger(__name__)


@dataclass
class Added:
    """What came of adding: files read (anew), files as they were, and what could not be read, with the reason."""

    read: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    refused: list[tuple[Path, str]] = field(default_factory=list)
    gone: list[Path] = field(default_factory=list)
    """Files that were in the library under an added folder and are there no more."""
    passages: int = 0


@dataclass(frozen=True)
class Found:
    """A passage that answers a query. `score` orders (0 to 1); `similarity` is its cosine; `words` the share of the
    query's content words that stand in it (0 to 1)."""

    passage: Passage
    score: float
    similarity: float
    words: float


class Library:
    """The documents of one house. Thread-safe. Close it, or use it in a `with`; `embedder` belongs to the caller."""

    def __init__(self, house: House, embedder: Embedder) -> None:
        self._house, self._embedder = house, embedder
        self._folder = house.paths.data / "documents"
        self._store = LibraryStore(self._folder)
        self._vectors: ChromaVectors | None = None
        self._lock = threading.RLock()

    @property
    def empty(self) -> bool:
        """Whether nothing was ever added; asks no database where there is none."""
        return not self._store.database.exists or not self._store.documents()

    def add(
        self,
        places: Sequence[Path],
        *,
        progress: Callable[[str, int, int], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Added:
        """Read files, and folders with all that lies in them, into the library; a changed file is read again.

        A file that cannot be read is named in the result and stops nothing. `progress(file name, done, total)`.
        Raises `ToolError` when a place is not there, `StorageError`, `CallCancelled` (what was read by then stays).
        """
        added = Added()
        files = [file for place in places for file in _files(place)]
        known = {document.path: document for document in self._store.documents()}
        parse = confined(self._house)
        for done, file in enumerate(files):
            if cancellation is not None:
                cancellation.check()
            if progress is not None:
                progress(file.name, done, len(files))
            self._add_file(file, known.get(file), added, parse)
        added.gone = [path for path in known if path not in files and any(_under(path, place) for place in places)]
        for path in added.gone:
            self.remove(path)
        self._embed_owed(progress, cancellation)
        return added

    def documents(self) -> list[Known]:
        """What is in the library, by path."""
        return self._store.documents()

    def remove(self, path: Path) -> None:
        """Forget a document, its words and vectors. Raises `ToolError` when it is not in the library."""
        path = path.expanduser().absolute()
        if all(document.path != path for document in self._store.documents()):
            raise ToolError(f"{path} is not in the library.", remedy="`hausgeist docs list` names what is.")
        with self._lock:
            gone = self._store.remove(path)
            self._store.database.erase_traces()
            if gone:
                self._open().remove(set(gone))

    def search(self, query: str, k: int = 5) -> list[Found]:
        """The `k` passages that answer `query` best, best first. Raises `StorageError`, `ModelMissingError`."""
        if not query.strip() or k <= 0 or self.empty:
            return []
        with self._lock:
            similarity = self._nearest(query, max(CANDIDATES, k))
        scores = fuse(Evidence(similarity, self._store.by_words(query, max(CANDIDATES, k))))
        passages = self._store.passages(list(scores))
        best = sorted(passages, key=lambda i: (-scores[i], i))[:k]
        return [
            Found(passages[i], scores[i], similarity.get(i, 0.0), share_of_words(query, _searchable(passages[i])))
            for i in best
        ]

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            if self._vectors is not None:
                self._vectors.close()
                self._vectors = None
            self._store.database.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add_file(self, file: Path, known: Known | None, added: Added, parse: Parse) -> None:
        try:
            with storage_errors(file):
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
            if known is not None and known.sha256 == digest:
                added.unchanged.append(file)
                return
            document = read_document(str(file), Path("/"), parse=parse)
        except HausgeistError as problem:
            added.refused.append((file, problem.message))
            return
        cuts = cut(document)
        with self._lock:
            gone = self._store.put(file, document.title, digest, document.pages, cuts, self._house.now().timestamp())
            if gone:
                self._open().remove(set(gone))
        added.read.append(file)
        added.passages += len(cuts)

    def check_vectors(self, progress: Callable[[str, int, int], None] | None = None) -> int:
        """Compare vectors with their passages and make again what is not right; gives how many were made."""
        if self.empty:
            return 0
        with self._lock:
            owed = len(self._store.owed())
            try:
                if self._embed_owed(progress).facts() >= self._store.ids():
                    return owed
                raise DamagedError("Some passages have no vectors.")
            except DamagedError as problem:
                self._anew(problem)
                self._embed_owed(progress)
                return len(self._store.ids())

    def _nearest(self, query: str, limit: int) -> dict[int, float]:
        """Cosines of the nearest passages by id; vectors that are damaged are made again first."""
        vector = self._embedder.embed([query], "query")[0]
        try:
            found = self._embed_owed().nearest(vector, limit)
        except DamagedError as problem:
            self._anew(problem)
            found = self._embed_owed().nearest(vector, limit)
        return {i: cosine for i, _, cosine in found}

    def _anew(self, problem: DamagedError) -> None:
        """Give up a damaged folder: it is derived, and all vectors become owed."""
        log.warning("The vectors of documents are made again: %s", problem.message)
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None
        with storage_errors(self._folder):
            shutil.rmtree(self._folder / "vectors", ignore_errors=True)

    def _embed_owed(
        self, progress: Callable[[str, int, int], None] | None = None, cancellation: Cancellation | None = None
    ) -> ChromaVectors:
        """Make the vectors that passages lack; gives the open store."""
        with self._lock:
            vectors = self._open()
            owed = self._store.owed()
            for start in range(0, len(owed), EMBED_AT_ONCE):
                if progress is not None:
                    progress("passages", start, len(owed))
                part = owed[start : start + EMBED_AT_ONCE]
                made = self._embedder.embed([text for _, text in part], "passage", cancellation=cancellation)
                ids = [passage for passage, _ in part]
                vectors.add(ids, [0] * len(ids), made)
                self._store.embedded(ids)
            return vectors

    def _open(self) -> ChromaVectors:
        """The vectors; of another embedder, or lost, they are begun anew and all passages owe theirs."""
        from memory.vectors_backend import ChromaVectors

        if self._vectors is None:
            folder = self._folder / "vectors"
            if not folder.is_dir():
                self._store.vectors_of("")
            if not self._store.vectors_of(self._embedder.version) and folder.is_dir():
                ChromaVectors(folder).destroy()
            self._vectors = ChromaVectors(folder)
        return self._vectors


def _files(place: Path) -> Iterator[Path]:
    """The files that a place stands for: itself, or what lies in it, hidden folders and links to elsewhere left out."""
    place = place.expanduser().absolute()
    if place.is_dir():
        with storage_errors(place):
            for file in sorted(place.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(place).parts)
                if not hidden and file.suffix.lower() in SUFFIXES and file.is_file() and is_within(file, place):
                    yield file
    elif place.is_file():
        yield place
    else:
        raise ToolError(f"There is no file or folder {place}.", remedy="Check the path.")


def _under(path: Path, place: Path) -> bool:
    place = place.expanduser().absolute()
    return path == place or place in path.parents


def _searchable(passage: Passage) -> str:
    return f"{passage.title} {passage.heading} {passage.text}"
