"""Requests that nothing was fitted on or written for: the route by vote alone, in five languages, each kind."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from benchmarks.turn import REPLY, Result, first_right, share, vote
from runtime.house import House

ROWS = Path(__file__).resolve().parent.parent / "benchmarks" / "routing_held_out.jsonl"


def test_the_vote_finds_the_first_tool(house: House, need_model: Callable[[str], Path]) -> None:
    need_model("qwen2.5-coder-1.5b-instruct")  # a session wants its file; the vote does not load it
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    kinds: dict[str, list[bool]] = defaultdict(list)
    with vote(house) as engine:
        for row in rows:
            kinds[row["kind"]].append(first_right(Result(row, *engine(row))))
    assert share([right for found in kinds.values() for right in found]) >= 0.93
    assert {kind: share(found) for kind, found in kinds.items() if share(found) < 0.8} == {}


def test_the_rows_are_of_all_kinds_and_languages() -> None:
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    assert len({row["request"] for row in rows}) == len(rows)
    assert {row["lang"] for row in rows} == {"en", "zh", "de", "fr", "es"}
    assert {row["kind"] for row in rows} == {
        "plain", "indirect", "negative", "multi", "noisy", "injection", "context",
    }  # fmt: skip
    assert REPLY not in {call["tool"] for row in rows for call in row["expect"]}
