"""How fast memory recalls as it grows: the time of `Memory.search` over 10^3 to 10^6 records, and what it still finds.

Fills a real memory (SQLite, its word index, Chroma) with generated records, and plants records with an answer that is
asked for in other words. The planted records and the questions are embedded; the vectors of the others are those of a
few thousand embedded records with noise, since embedding a million texts takes hours on two cores and the search does
not see the difference. Two peers run on the same records: BM25 over all words (SQLite's FTS5, as it comes) and an
exact scan of all vectors. Prints one JSON object.

    python benchmarks/memory_scale.py --records 1000 10000 100000 --keep FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder: there is a `memory` in it

from memory.embedder import Embedder
from memory.memory import Memory
from memory.store import FactStore, NewFact
from memory.vectors import FactVectors
from memory.vectors_backend import ChromaVectors
from memory.words import content_words
from runtime.house import House

QUESTIONS, REAL, BATCH, NOISE, LIMIT_MS = 100, 3000, 5000, 0.45, 100.0
START = datetime(2020, 1, 1, 8, tzinfo=UTC)
Search = Callable[[str], Sequence[int]]

WORDS = """
first: Anna Ben Carla David Elena Felix Greta Hugo Irene Jonas Klara Leon Mona Nora Oskar Paula Quentin Rosa
last: Abel Berg Conrad Dorn Engel Falk Graf Haas Imhof Jung Keller Lang Marx Neumann Otto Pohl Roth Sander
things: boiler bicycle passport lawnmower violin camera freezer tent ladder printer guitar kettle heater sofa piano
things: drill dishwasher router blanket toaster telescope suitcase clarinet aquarium wardrobe bookcase barometer
deeds: bought sold repaired lent borrowed cleaned painted lost found moved ordered returned insured measured
places: cellar attic garage study kitchen hallway garden bedroom workshop balcony shed office bathroom
syllables: ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu za bri cla dro
"""


def words_of(kind: str) -> list[str]:
    """The words of one kind."""
    return [word for line in WORDS.splitlines() if line.startswith(f"{kind}:") for word in line.split()[1:]]


FIRST, LAST, THINGS = words_of("first"), words_of("last"), words_of("things")
DEEDS, PLACES, SYLLABLES = words_of("deeds"), words_of("places"), words_of("syllables")
ASKED = (
    ("{who}'s favourite dessert is {what}", "What does {who} like to eat most after dinner? Something with {hint}?"),
    ("{who} is allergic to {what}", "What must {who} not be given to eat? Is it {hint}?"),
    ("The spare key of {who} hangs behind the {what}", "Where is the extra key that belongs to {who}, by the {hint}?"),
    ("{who} was born in the town of {what}", "In which town did {who} come into the world? Was it {hint}?"),
)


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[1000, 10_000, 50_000], metavar="N")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the memories here and use those that are")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows = {}
    for size in sorted(options.records):
        kept = nullcontext(options.keep / str(size)) if options.keep else tempfile.TemporaryDirectory()
        with kept as folder:
            environ = {**os.environ, "HAUSGEIST_HOME": str(folder)}
            rows[str(size)] = measure(environ, size, options.seed)
    print(json.dumps({"benchmark": "memory_scale", "limit_p95_ms": LIMIT_MS, "records": rows}, indent=2))


def measure(environ: dict[str, str], size: int, seed: int) -> dict[str, Any]:
    """The figures of one size: how long each way takes, and how often the planted record is among the first five."""
    planted = list(plants(QUESTIONS, seed))
    with House.open(environ) as house, Memory(house) as memory:
        store = FactStore(memory._database)
        filled = fill(house, memory, store, size, planted, seed) if store.count() < size else 0.0
        asked = [(question, _id_of(store, text)) for text, question in planted]
        memory.search(asked[0][0], 5)
        result: dict[str, Any] = {"fill_s": round(filled, 1)}
        result["hausgeist"] = ask(lambda q: [hit.fact.id for hit in memory.search(q, 5)], asked)
        result["bm25_all_words"] = ask(lambda q: plain_bm25(store, q), asked)
        memory._vectors.close()
        result["exact_vectors"] = ask(exact(house, memory), asked)
    return result


def plants(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(record, question) pairs: each answer stands in one record only."""
    rng = random.Random(f"{seed} plants")
    for number in range(count):
        record, question = ASKED[number % len(ASKED)]
        who = f"{rng.choice(FIRST)} {_name(rng)}"
        what = f"{_name(rng)} {rng.choice(THINGS)}"
        hint = what.split()[1]
        yield f"{record.format(who=who, what=what)}.", question.format(who=who, hint=hint)


def fillers(count: int, seed: int) -> Iterator[str]:
    """Records of the kind that a household keeps, each different."""
    rng = random.Random(f"{seed} fillers")
    for number in range(count):
        who = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        thing, place = rng.choice(THINGS), rng.choice(PLACES)
        yield (
            f"{who} {rng.choice(DEEDS)} the {_name(rng)} {thing} in the {place} for {rng.randint(3, 900)} euros, "
            f"receipt number {number} is in the {rng.choice(PLACES)}."
        )


def fill(house: House, memory: Memory, store: FactStore, size: int, planted: list[tuple[str, str]], seed: int) -> float:
    """Store records and vectors; gives the seconds it took."""
    started = time.perf_counter()
    rng = np.random.default_rng(seed)
    texts = list(fillers(size - len(planted), seed))
    for place, (text, _) in zip(sorted(rng.integers(0, len(texts), len(planted))), planted, strict=True):
        texts.insert(int(place), text)
    embedder = Embedder(house)
    real = embedder.embed(texts[:REAL], "passage")
    own = dict(zip((t for t, _ in planted), embedder.embed([t for t, _ in planted], "passage"), strict=True))
    vectors: ChromaVectors = memory._vectors.update()
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        rows = [NewFact(text, START + timedelta(minutes=start + i), "benchmark") for i, text in enumerate(part)]
        ids = [fact.id for fact, _ in store.add(rows)]
        made = _noisy(real, len(part), rng)
        for i, text in enumerate(part):
            made[i] = own.get(text, made[i])
        vectors.add(ids, [0] * len(ids), made)
        store.settled(ids)
        print(f"\r{start + len(part)} of {size} records", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return time.perf_counter() - started


def ask(search: Search, asked: Sequence[tuple[str, int]]) -> dict[str, float]:
    """Median and 95th percentile of a search, milliseconds, and the share of questions whose record is in the five."""
    spent, hits = [], 0
    for question, wanted in asked:
        started = time.perf_counter()
        found = search(question)
        spent.append(1e3 * (time.perf_counter() - started))
        hits += wanted in found
    spent.sort()
    return {
        "ms_median": round(statistics.median(spent), 1),
        "ms_p95": round(spent[int(0.95 * (len(spent) - 1))], 1),
        "found_at_5": round(hits / len(asked), 3),
    }


def plain_bm25(store: FactStore, query: str) -> list[int]:
    """BM25 over every word of the query, as FTS5 does it."""
    expression = " OR ".join(f'"{word}"' for word in content_words(query))
    sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words) LIMIT 5"
    with store.database.reading() as connection:
        return [int(row[0]) for row in connection.execute(sql, (expression,))]


def exact(house: House, memory: Memory) -> Search:
    """The nearest of all vectors, compared one by one."""
    vectors: FactVectors = memory._vectors
    collection = vectors.update()._passages
    total, names, parts = collection.count(), [], []
    for start in range(0, total, 50_000):
        part = collection.get(include=["embeddings"], limit=50_000, offset=start)
        names += [int(name.partition("#")[0]) for name in part["ids"]]
        parts.append(np.asarray(part["embeddings"], np.float32))
    known, ids = np.concatenate(parts), np.asarray(names)
    embedder = Embedder(house)
    return lambda q: [int(i) for i in ids[np.argsort(-(known @ embedder.embed([q], "query")[0]))[:5]]]


def _noisy(real: NDArray[np.float32], count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Vectors near real ones, of unit length."""
    made = real[rng.integers(0, len(real), count)]
    made = made + rng.normal(0.0, NOISE / made.shape[1] ** 0.5, made.shape).astype(np.float32)
    unit: NDArray[np.float32] = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _name(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(3)).capitalize()


def _id_of(store: FactStore, text: str) -> int:
    with store.database.reading() as connection:
        row = connection.execute("SELECT id FROM facts WHERE folded = ?", (text.casefold().rstrip("."),)).fetchone()
    return int(row[0])


if __name__ == "__main__":
    main()
