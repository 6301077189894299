"""Whether the record that holds the answer is recalled: 155 questions about conversations (BFCL v4 memory).

Each user turn is one record, stored with its conversation and a time of its own; the scenarios have a memory each.
A question counts as answered by rank r when the record at rank r holds the answer's source sentence. Four ways run on
the same records: `Memory.search`, BM25 alone (SQLite FTS5), vectors alone (one vector a record, exact cosine), and
Chroma's default collection query with our embedder (one document a record). `--sentences N` cuts turns into records
of N sentences first. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder: this file is no `memory`

from memory.embedder import Embedder
from memory.memory import Memory
from memory.store import FactStore
from memory.words import sentences
from runtime.house import House

ROOT = Path(__file__).resolve().parent.parent
DEPTH = 20
HELD = 0.8
"""A record holds a source when it has the source's words in a row, or this share of its distinct words (the sources
leave words out and join sentences)."""
Search = Callable[[str], Sequence[int]]


@dataclass(frozen=True)
class Question:
    """A question, its scenario and the sentence that answers it."""

    text: str
    scenario: str
    source: str


def main() -> None:
    """Run all four ways and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("HAUSGEIST_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(default) / "memory")
    parser.add_argument("--sentences", type=int, default=0, help="sentences a record; 0: the whole turn")
    options = parser.parse_args()
    records = read_records(options.data, options.sentences)
    questions = read_questions(options.data)
    ranks: dict[str, list[int | None]] = {}
    seconds: dict[str, list[float]] = {}
    unplaced = 0
    for scenario, texts in records.items():
        asked = [question for question in questions if question.scenario == scenario]
        wanted = [holders(question.source, texts) for question in asked]
        unplaced += sum(not held for held in wanted)
        for way, found, spent in run_scenario(scenario, texts, [question.text for question in asked]):
            ranks.setdefault(way, []).extend(first_rank(a, b) for a, b in zip(found, wanted, strict=True))
            seconds.setdefault(way, []).extend(spent)
    print(json.dumps(report(ranks, seconds, records, unplaced, options.sentences), indent=2))


def run_scenario(
    scenario: str, texts: list[str], questions: list[str]
) -> list[tuple[str, list[list[int]], list[float]]]:
    """Each way's found records (indexes, best first) and seconds by question."""
    with tempfile.TemporaryDirectory() as home, House.open({**os.environ, "HAUSGEIST_HOME": home}) as house:
        rows = Path(home) / "rows.jsonl"
        start = datetime(2026, 1, 1, 9, tzinfo=UTC)
        rows.write_text(
            "\n".join(
                json.dumps({"text": t, "time": (start + timedelta(minutes=i)).isoformat(), "source": scenario})
                for i, t in enumerate(texts)
            ),
            encoding="utf-8",
        )
        with Memory(house) as memory:
            memory.import_jsonl(rows)
            place = {fact.text: texts.index(fact.text) for fact in memory.facts()}
            by_id = {fact.id: place[fact.text] for fact in memory.facts()}
            words = FactStore(memory._database)
            ways: dict[str, Search] = {
                "hausgeist": lambda q: [by_id[hit.fact.id] for hit in memory.search(q, DEPTH)],
                "bm25": lambda q: [by_id[fact] for fact, _ in words.by_words(q, DEPTH)],
                "vectors": exact_vectors(memory.embedder, texts),
                "chroma_default": chroma_default(memory.embedder, texts, Path(home) / "peer"),
            }
            return [(name, *timed(way, questions)) for name, way in ways.items()]


def timed(way: Search, questions: list[str]) -> tuple[list[list[int]], list[float]]:
    """What a way finds for each question, and the seconds it takes."""
    found, spent = [], []
    for question in questions:
        started = time.perf_counter()
        found.append(list(way(question)))
        spent.append(time.perf_counter() - started)
    return found, spent


def exact_vectors(embedder: Embedder, texts: list[str]) -> Search:
    """Cosine to one vector a record, computed exactly."""
    known = embedder.embed(texts, "passage")
    return lambda q: [int(i) for i in np.argsort(-(known @ embedder.embed([q], "query")[0]), kind="stable")[:DEPTH]]


def chroma_default(embedder: Embedder, texts: list[str], folder: Path) -> Search:
    """A collection made and asked the way Chroma's documentation does, with our embedder as embedding function.

    Chroma embeds documents and queries with the same function; both get the passage prefix here.
    """
    import chromadb
    from chromadb.api.types import EmbeddingFunction
    from chromadb.config import Settings

    class Ours(EmbeddingFunction[Any]):
        def __init__(self) -> None:
            pass

        def __call__(self, input: Any) -> Any:
            return list(embedder.embed(input, "passage"))

    client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    collection: Any = client.create_collection("records", embedding_function=Ours())
    collection.add(ids=[str(i) for i in range(len(texts))], documents=texts)
    depth = min(DEPTH, len(texts))
    return lambda q: [int(name) for name in collection.query(query_texts=[q], n_results=depth)["ids"][0]]


def read_records(folder: Path, size: int) -> dict[str, list[str]]:
    """By scenario: the user turns in order, each once, whole or cut into `size` sentences."""
    records: dict[str, list[str]] = {}
    for file in sorted((folder / "conversations").glob("*.json")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for turn in (m["content"] for turns in row["question"] for m in turns if m["role"] == "user"):
                parts = sentences(turn)
                cut = [" ".join(parts[i : i + size]) for i in range(0, len(parts), size)] if size else [turn.strip()]
                records.setdefault(row["scenario"], []).extend(cut)
    return {scenario: list(dict.fromkeys(texts)) for scenario, texts in records.items()}


def read_questions(folder: Path) -> list[Question]:
    """The questions with the sentence that answers each."""
    lines = (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    answers = {row["id"]: row for row in map(json.loads, lines)}
    rows = map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    return [Question(row["question"][0][0]["content"], row["scenario"], answers[row["id"]]["source"]) for row in rows]


def holders(source: str, texts: list[str]) -> set[int]:
    """The records that hold the source: all its pieces word for word, else the record with most of its words."""
    pieces = [plain(piece) for piece in re.split(r"\.\.\.|…", source) if len(plain(piece)) > 3]
    exact = {i for i, text in enumerate(texts) if all(piece in plain(text) for piece in pieces)}
    if exact:
        return exact
    wanted = set(plain(source).split())
    shares = [len(wanted & set(plain(text).split())) / len(wanted) for text in texts]
    best = max(shares)
    return {i for i, share in enumerate(shares) if share == best} if best >= HELD else set()


def plain(text: str) -> str:
    """Lower-case words only."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def first_rank(found: list[int], wanted: set[int]) -> int | None:
    """The rank (from 1) of the first record that holds the answer; None beyond the depth."""
    return next((rank for rank, record in enumerate(found, 1) if record in wanted), None)


def report(
    ranks: dict[str, list[int | None]],
    seconds: dict[str, list[float]],
    records: dict[str, list[str]],
    unplaced: int,
    size: int,
) -> dict[str, Any]:
    """The figures; a question whose source is in no record counts as not answered."""
    ways = {}
    for way, found in ranks.items():
        share = {f"at_{k}": round(sum(r is not None and r <= k for r in found) / len(found), 4) for k in (1, 3, 5, 10)}
        spent = sorted(seconds[way])
        share["ms_median"] = round(1e3 * statistics.median(spent), 1)
        share["ms_p95"] = round(1e3 * spent[int(0.95 * (len(spent) - 1))], 1)
        ways[way] = share
    return {
        "benchmark": "memory",
        "questions": len(next(iter(ranks.values()))),
        "record": f"{size} sentences" if size else "user turn",
        "records": {scenario: len(texts) for scenario, texts in records.items()},
        "questions_whose_source_is_in_no_record": unplaced,
        "aim_at_5": 0.9,
        "ways": ways,
    }


if __name__ == "__main__":
    main()
