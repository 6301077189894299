"""Makes again what follows from the databases: vectors of memory and documents, the columns and vectors of the finder.

Owns no databases (`agent.keeping.repair`) and no rebuilding of its own: each room knows how; here it is asked to.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

from agent.keeping.repair import Repair, State
from agent.keeping.stores import FINDER, LIBRARY, MEMORY
from memory.memory import Memory
from runtime.errors import HausgeistError
from runtime.house import House
from tools.documents.library import Library
from tools.finder.answering.facts import Facts
from tools.finder.store import FinderStore

Tell = Callable[[str], None]


def repair_derived(house: House, tell: Tell = lambda text: None) -> Iterator[Repair]:
    """Look at all derived data and make again what is not right; a room that nobody has used is left alone."""
    for area, store, step in (
        ("memory", MEMORY, _memory), ("documents", LIBRARY, _documents), ("finder", FINDER, _finder),
    ):  # fmt: skip
        if not store.file(house.paths).exists():
            continue
        try:
            yield from step(house, tell)
        except HausgeistError as problem:
            yield Repair(area, "derived data", "failed", str(problem))


def _memory(house: House, tell: Tell) -> Iterator[Repair]:
    with Memory(house) as memory:
        made = memory.check_vectors(lambda done, total: tell(f"vectors of facts: {done} of {total}"))
    yield Repair("memory", "vectors", *_outcome(made, "vectors of facts"))


def _documents(house: House, tell: Tell) -> Iterator[Repair]:
    with Memory(house) as memory, Library(house, memory.embedder) as library:
        made = library.check_vectors(lambda _, done, total: tell(f"vectors of passages: {done} of {total}"))
    yield Repair("documents", "vectors", *_outcome(made, "vectors of passages"))


def _outcome(made: int, what: str) -> tuple[State, str]:
    return ("rebuilt", f"{made} {what} were made again") if made else ("sound", f"the {what} are right")


def _finder(house: House, tell: Tell) -> Iterator[Repair]:
    tell("columns of the search")
    folder = house.paths.finder
    with FinderStore(folder) as store, store.indexing():
        lost = [one for one in store.stills_to_give_up() if not (folder / one[1]).is_file()]
        if lost:
            store.remove_stills([number for number, _ in lost])
            detail = f"{len(lost)} stills are not on the disk; what was seen on them stays known without a picture"
            yield Repair("finder", "stills", "repaired", detail, lost=True)
        shutil.rmtree(folder / "facts", ignore_errors=True)
        rows = Facts(folder / "facts").catch_up(store)
    yield Repair("finder", "columns", "rebuilt", f"the columns of {rows} sightings were written anew")
