"""`hausgeist docs`: the documents that questions are answered from. Owns no reading and no index."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import UsageError
from tui.commands.common import interruptible, open_house, text_of
from tui.output import note, print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from runtime.house import House
    from tools.documents.library import Library


def add(options: Namespace) -> int:
    """Read files and folders into the library. Exit status 1 when a file could not be read."""
    places = [Path(place) for place in options.places]
    with (
        open_house(options) as house,
        _library(house) as library,
        interruptible() as cancellation,
        progress_bar() as show,
    ):
        added = library.add(
            places, progress=lambda name, done, total: show(name, done, total, ""), cancellation=cancellation
        )
        total = len(library.documents())
    if options.json:
        print_json(
            {
                "read": [str(path) for path in added.read],
                "unchanged": len(added.unchanged),
                "gone": [str(path) for path in added.gone],
                "refused": [[str(path), problem] for path, problem in added.refused],
                "passages": added.passages,
                "documents": total,
            }
        )
    else:
        say(f"Read {len(added.read)} documents ({added.passages} passages), {len(added.unchanged)} unchanged;")
        say(f"{total} are in the library now. Ask about them: hausgeist ask …")
    for _, problem in added.refused:
        note(f"hausgeist: {problem}")
    return 1 if added.refused else 0


def list_documents(options: Namespace) -> int:
    """List the documents of the library."""
    with open_house(options) as house, _library(house) as library:
        known = library.documents()
        zone = house.now().tzinfo
    rows = [
        {
            "path": str(document.path),
            "title": document.title,
            "pages": document.pages,
            "passages": document.passages,
            "read": datetime.fromtimestamp(document.read_at, zone).isoformat(timespec="seconds"),
        }
        for document in known
    ]
    if options.json:
        print_json({"documents": rows})
        return 0
    cells = [(row["path"], row["title"], row["pages"] or "-", row["passages"], row["read"]) for row in rows]
    empty = "The library is empty. Add documents with `hausgeist docs add FOLDER`."
    print_table(("file", "title", "pages", "passages", "read"), cells, empty=empty)
    return 0


def search(options: Namespace) -> int:
    """Search the documents; nothing found is no error."""
    from tools.documents.citing import citation

    if options.k < 1:
        raise UsageError(f"-k {options.k} is not possible.", remedy="Give 1 or more.")
    query = text_of(options.query, "query")
    with open_house(options) as house, _library(house) as library:
        found = library.search(query, options.k)
    if options.json:
        hits = [
            {
                "path": str(hit.passage.path),
                "page": hit.passage.page,
                "heading": hit.passage.heading,
                "text": hit.passage.text,
                "score": round(hit.score, 4),
                "similarity": round(hit.similarity, 4),
            }
            for hit in found
        ]
        print_json({"query": query, "hits": hits})
        return 0
    rows = [(f"{hit.similarity:.2f}", citation(hit.passage), hit.passage.text) for hit in found]
    print_table(("likeness", "source", "text"), rows, empty="No document says anything about it.")
    return 0


def remove(options: Namespace) -> int:
    """Forget documents; the files stay."""
    with open_house(options) as house, _library(house) as library:
        for name in options.files:
            library.remove(Path(name))
            if not options.json:
                say(f"Removed {name} from the library; the file is untouched.")
    if options.json:
        print_json({"removed": options.files})
    return 0


@contextmanager
def _library(house: House) -> Iterator[Library]:
    from memory.embedder import Embedder
    from tools.documents.library import Library

    with Library(house, Embedder(house)) as library:
        yield library
