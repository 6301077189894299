"""The utterances that routing learns from: well formed, many, varied, disjoint, and not taken from the dev set."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from agent.expand import TARGETS, expanded

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"en", "zh", "de", "fr", "es"}


def rows_of(name: str) -> list[dict[str, str]]:
    file = ROOT / TARGETS[name] / "utterances" / f"{name}.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def folded(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


@pytest.mark.parametrize("name", TARGETS)
def test_rows_are_well_formed_and_many(name: str) -> None:
    rows = rows_of(name)
    assert all(set(row) == {"lang", "text"} and row["text"].strip() == row["text"] != "" for row in rows)
    assert {row["lang"] for row in rows} == LANGUAGES
    assert len(rows) >= (800 if name == "reply" else 150)
    assert not [row["text"] for row in rows if re.search(r"[{}\[\]|]", row["text"]) and "x = [" not in row["text"]]


@pytest.mark.parametrize("name", TARGETS)
def test_files_are_what_their_sources_give(name: str) -> None:
    assert rows_of(name) == expanded(name)


def test_no_text_is_in_two_classes() -> None:
    count = Counter(folded(text) for name in TARGETS for text in {row["text"] for row in rows_of(name)})
    for name in TARGETS:
        own = Counter(folded(row["text"]) for row in rows_of(name))
        shared = {text for text in own if text and count[text] > own[text]}
        assert not shared, f"{name} shares texts with another class"


def test_chinese_rows_are_chinese_and_others_are_not() -> None:
    for name in set(TARGETS) - {"summarize_file"}:
        for row in rows_of(name):
            assert bool(re.search(r"[\u3400-\u9fff]", row["text"])) == (row["lang"] == "zh"), row["text"]


def test_nothing_is_taken_from_the_dev_set(shared_data: Path) -> None:
    lines = (shared_data / "routing" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    held_out = {folded(json.loads(line)["request"]) for line in lines if line.strip()}
    for name in TARGETS:
        assert not [row["text"] for row in rows_of(name) if folded(row["text"]) in held_out]
