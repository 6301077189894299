"""Whether the answer stands in the reply: the 155 questions of BFCL v4 memory, asked of the starter model.

For each question the records that a way recalls are put before the request within `memory.recall_tokens`, and the
model replies. `hausgeist` is the product's own turn (`Session.ask`: a reply with what memory recalls, or the quotation
of the tool `recall`); BM25 alone, vectors alone and Chroma's default query give their first five records, whole, the
last cut where the budget ends, to the same prompt. A reply counts when one of the short answers stands in it as whole
words (BFCL's own test). `in_prompt` is the share of questions whose answer stands in the recalled text at all; it needs
no model and is counted over all questions. Prints one JSON object.

    python benchmarks/memory_answers.py --limit 31 --ways hausgeist,bm25
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder: its memory.py is no `memory`

from langchain_core.messages import HumanMessage

from agent import Session
from agent.chat_llama import ChatLlama
from agent.prompt import context_block, estimate_tokens
from benchmarks.memory import chroma_default, exact_vectors, read_records
from memory.store import FactStore
from runtime.house import House

ROOT = Path(__file__).resolve().parent.parent
FIRST = 5
WAYS = ("hausgeist", "bm25", "vectors", "chroma_default")
REPLY_TOKENS = 120
Recall = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Asked:
    """A question, its scenario and the short answers of which one must be told."""

    text: str
    scenario: str
    answers: tuple[str, ...]
    number: int


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("HAUSGEIST_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(default) / "memory")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--limit", type=int, default=0, help="questions to reply to, evenly spread; 0: all; -1: none")
    parser.add_argument("--skip", type=int, default=0, help="begin the even spread this many questions later")
    parser.add_argument("--log", type=Path, help="write each reply's outcome here, a line a question")
    options = parser.parse_args()
    asked = read_questions(options.data)
    step = len(asked) / options.limit if options.limit > 0 else 1
    chosen = {int(i * step + options.skip) for i in range(options.limit or len(asked))} if options.limit >= 0 else set()
    rows: list[dict[str, Any]] = []
    for scenario, texts in read_records(options.data, 0).items():
        mine = [question for question in asked if question.scenario == scenario]
        for row in run_scenario(scenario, texts, mine, chosen, options.ways.split(",")):
            rows.append(row)
            if options.log and "seconds" in row:
                with options.log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps(row) + "\n")
        print(scenario, json.dumps(report(rows)["ways"]), file=sys.stderr, flush=True)
    print(json.dumps(report(rows), indent=1))


def run_scenario(
    scenario: str, texts: list[str], asked: Sequence[Asked], chosen: set[int], ways: Sequence[str]
) -> list[dict[str, Any]]:
    """One row for each question and way: whether the answer is in the prompt, and in the reply where one was asked."""
    rows: list[dict[str, Any]] = []
    overrides = [f"chat.max_reply_tokens={REPLY_TOKENS}", "chat.temperature=0"]
    with (
        tempfile.TemporaryDirectory() as home,
        House.open({**os.environ, "HAUSGEIST_HOME": home}, overrides=overrides) as house,
        Session.open(house, "benchmark") as session,
    ):
        session.past = ()
        recalls = recalled_by(session, fill(session, texts, scenario, Path(home)), Path(home))
        for question in asked:
            for way in ways:
                recalled = recalls[way](question.text)
                row = {"way": way, "question": question.number, "in_prompt": told(question, "\n".join(recalled))}
                if question.number in chosen:
                    started = time.perf_counter()
                    said, tools = reply(session, question.text, None if way == "hausgeist" else recalled)
                    row |= {"in_answer": told(question, said), "tools": tools}
                    row["seconds"] = round(time.perf_counter() - started, 2)
                rows.append(row)
    return rows


def fill(session: Session, texts: list[str], scenario: str, home: Path) -> list[str]:
    """Import the records, a minute apart; gives them again."""
    start = datetime(2026, 1, 1, 9, tzinfo=UTC)
    lines = [
        json.dumps({"text": text, "time": (start + timedelta(minutes=i)).isoformat(), "source": scenario})
        for i, text in enumerate(texts)
    ]
    (home / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    session.memory.import_jsonl(home / "rows.jsonl")
    return texts


def recalled_by(session: Session, texts: list[str], home: Path) -> dict[str, Recall]:
    """What each way puts into the prompt."""
    memory, budget = session.memory, session.house.settings.memory.recall_tokens
    words, by_id = FactStore(memory._database), {fact.id: fact.text for fact in memory.facts()}
    vectors, chroma = exact_vectors(memory.embedder, texts), chroma_default(memory.embedder, texts, home / "peer")
    return {
        "hausgeist": lambda q: [hit.fact.text for hit in memory.recall_for_prompt(q, budget, estimate_tokens)],
        "bm25": lambda q: within([by_id[fact] for fact, _ in words.by_words(q, FIRST)], budget),
        "vectors": lambda q: within([texts[i] for i in list(vectors(q))[:FIRST]], budget),
        "chroma_default": lambda q: within([texts[i] for i in list(chroma(q))[:FIRST]], budget),
    }


def within(records: Sequence[str], budget: int) -> list[str]:
    """As many whole records as the budget of tokens holds, and the beginning of the next."""
    kept: list[str] = []
    for record in records:
        left = budget - sum(map(estimate_tokens, kept))
        if estimate_tokens(record) > left:
            return [*kept, record[: 3 * left]] if left > 10 else kept
        kept.append(record)
    return kept


def reply(session: Session, question: str, recalled: Sequence[str] | None) -> tuple[str, list[str]]:
    """The product's turn, or the model's reply to a prompt with these records; and the tools that ran."""
    if recalled is None:
        turn = session.ask(question)
        return turn.reply, [call.name for call in turn.calls]
    model, tools = session.model, session.tool_descriptions
    assert isinstance(model, ChatLlama), "the benchmark needs the llama.cpp chat model"
    block = context_block(session.house.now(), recalled)
    with model.engine(tools) as engine:
        chunks = list(model._reply(engine, [HumanMessage(question)], tools, lambda: block, None, {}))
    return "".join(chunk.text for chunk in chunks), []


def read_questions(folder: Path) -> list[Asked]:
    """The questions in order, each with its answers."""
    lines = (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    answers = {row["id"]: tuple(row["ground_truth"]) for row in map(json.loads, lines)}
    rows = map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Asked(row["question"][0][0]["content"], row["scenario"], answers[row["id"]], number)
        for number, row in enumerate(rows)
    ]


def told(question: Asked, text: str) -> bool:
    """Whether one of the answers stands in `text` as whole words, whatever the case and the marks."""
    return any(re.search(rf"\b{re.escape(standard(answer))}\b", standard(text)) for answer in question.answers)


def standard(text: str) -> str:
    """Small letters without the marks that BFCL's checker leaves out."""
    return re.sub(r"[,./\-_*^()]", "", text).lower().replace("'", '"')


def report(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares by way."""
    ways: dict[str, Any] = {}
    for way in dict.fromkeys(row["way"] for row in rows):
        mine = [row for row in rows if row["way"] == way]
        replied = [row for row in mine if "seconds" in row]
        ways[way] = {"in_prompt": round(sum(row["in_prompt"] for row in mine) / len(mine), 4), "questions": len(mine)}
        if replied:
            ways[way] |= {
                "in_answer": round(sum(row["in_answer"] for row in replied) / len(replied), 4),
                "replies": len(replied),
                "in_answer_where_in_prompt": sum(row["in_answer"] for row in replied if row["in_prompt"]),
                "by_tool": sum(bool(row["tools"]) for row in replied),
                "seconds_median": sorted(row["seconds"] for row in replied)[len(replied) // 2],
            }
    return {"benchmark": "memory_answers", "aim_in_answer": 0.75, "ways": ways}


if __name__ == "__main__":
    main()
