"""A house in which every database has rows, and what it holds, to be compared later. Owns no faults."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.keeping.stores import CONTENTS
from agent.scripts.journal import Journal, Run
from memory.memory import Memory
from memory.store import FactStore, NewFact
from runtime.house import House
from runtime.paths import Paths
from tools.documents.library_store import LibraryStore
from tools.documents.passages import Cut
from tools.finder.records import Zone
from tools.finder.scan.drafts import ChangeDraft, SegmentDraft, SegmentFile, SightingDraft
from tools.finder.store import FinderStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = NOW.timestamp()
FACTS, TURNS, DOCUMENTS, SEGMENTS, RUNS = 300, 300, 40, 60, 40
Rows = dict[str, dict[str, dict[Any, tuple[Any, ...]]]]
"""By store and table: the rows by their key."""


def fill(environ: dict[str, str]) -> Paths:
    """Make the house; gives its folders."""
    with House.open(environ) as house:
        paths = house.paths
        with Memory(house) as memory:
            rows = [NewFact(f"Bottle {n} of the cellar is from {1900 + n}.", NOW, "fault") for n in range(FACTS)]
            FactStore(memory._database).add(rows)
            for number in range(TURNS):
                time = NOW + timedelta(minutes=number)
                memory.append_turn("talk", f"What is in drawer {number}?", f"Spoon {number}. " * 6, [], time)
    _documents(paths.data / "documents")
    _runs(Journal(paths.data / "scripts"))
    _cameras(paths.finder)
    return paths


def _documents(folder: Path) -> None:
    library = LibraryStore(folder)
    for number in range(DOCUMENTS):
        text = "Screw {}-{} is {} mm long. "
        cuts = [Cut(text.format(number, page, page + number) * 5, page, f"Chapter {page}") for page in range(6)]
        library.put(Path(f"/manuals/{number}.pdf"), f"Manual {number}", f"{number:064x}", 6, cuts, START)
    library.database.close()


def _runs(journal: Journal) -> None:
    for number in range(RUNS):
        name = f"run-{number:04d}"
        journal.start(Run(name, "/s.yaml", "steps: []", {}, {}, "running", NOW), ("on", f"event-{number}"))
        for step in range(5):
            journal.finish(name, f"step-{step}", {"status": "ok", "text": "done " * 20})
        journal.end(name, "done", NOW)
    journal.close()


def _cameras(folder: Path) -> None:
    with FinderStore(folder) as store:
        camera = store.add_camera(
            "hall", "/recordings/hall", zones=[Zone("table", ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)))]
        )
        for number in range(SEGMENTS):
            store.write_segment(camera.id, segment(number))


def segment(number: int) -> SegmentDraft:
    """What one minute of footage gave: a change and some sightings with crops."""
    start = START + 60.0 * number
    file = SegmentFile(f"/recordings/hall/{number:06d}.mp4", 1000, number, start, 60.0, 640, 480, 10.0, "ok", None)
    change = ChangeDraft(start + 5, "placed", (10.0, 10.0, 40.0, 40.0), 0.9)
    sightings = [
        SightingDraft(start + 5 + n, start + 50, (10.0 * n, 10.0, 40.0, 40.0), "change", label="cup", label_score=0.8,
                      colours=("red",), crop=bytes([number % 256, n]) * 400)
        for n in range(4)
    ]  # fmt: skip
    return SegmentDraft(file, changes=[change], sightings=sightings)


def content(paths: Paths) -> Rows:
    """All rows of all tables that are saved; of a table that cannot be read nothing."""
    found: Rows = {}
    for store in CONTENTS.stores:
        tables = found[store.name] = {}
        with closing(sqlite3.connect(store.file(paths))) as database:
            for table in store.tables:
                if table == "meta":
                    continue
                try:
                    names = [row[1] for row in database.execute(f"PRAGMA table_info({table}) ")]
                    rows = database.execute(f"SELECT * FROM {table}").fetchall()
                except sqlite3.DatabaseError:
                    continue
                keys = 2 if table in ("steps", "zones", "item_vectors") else 3 if table == "fired" else 1
                ignored = [names.index(n) for n in ("embedded", "sha256", "indexed") if n in names]
                tables[table] = {row[:keys]: tuple(v for at, v in enumerate(row) if at not in ignored) for row in rows}
    return found
