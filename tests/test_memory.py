"""Recall, forgetting, import and history through the facade, on the real embedder and a real Chroma folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from memory.memory import Memory, relevant
from memory.ranking import Evidence, fuse, share_of_words
from runtime.errors import ArgumentError
from runtime.house import House

FACTS = (
    "My sister's name is Anna",
    "我住在柏林",
    "My dog is called Rex and he is afraid of thunder",
    "I am allergic to peanuts",
    "The spare key lies under the blue flower pot",
    "Mein Auto steht in der Goethestraße",
    "我妈妈的生日是五月三号",
    "I work as a nurse at the city hospital",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """A memory that holds FACTS; the tests with it only read."""
    environment = {"HAUSGEIST_HOME": str(tmp_path_factory.mktemp("told")), "HOME": "/nonexistent"}
    with House.open(environment) as house, Memory(house) as memory:
        for days, text in enumerate(FACTS):
            memory.remember(text, source="test", time=house.now() - timedelta(days=2 * days))
        yield memory


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("What is my sister called?", 0),
        ("where do I live?", 1),
        ("who is Rex?", 2),
        ("peanuts", 3),
        ("what about peanut allergy", 3),
        ("where is the spare key", 4),
        ("Wo steht mein Auto?", 5),
        ("我妈妈什么时候生日", 6),
        ("¿dónde trabajo? hospital", 7),
    ],
)
def test_the_fact_that_answers_comes_first(told: Memory, query: str, best: int) -> None:
    hits = told.search(query, 3)
    assert hits[0].fact.text == FACTS[best] and len(hits) == 3
    assert hits[0].score >= hits[1].score >= hits[2].score and 0 <= hits[2].score <= 1


def test_time_narrows_and_raises(told: Memory) -> None:
    now = told.facts()[-1].time
    recent = told.search("what do you know", 10, since=now - timedelta(days=3))
    assert {hit.fact.text for hit in recent} == set(FACTS[:2])
    older = told.search("what do you know", 10, until=now - timedelta(days=11))
    assert {hit.fact.text for hit in older} == set(FACTS[6:])
    assert told.search("what did I tell you six days ago?", 1)[0].fact.text == FACTS[3]


def test_what_goes_into_a_prompt_is_relevant_and_fits(told: Memory) -> None:
    hits = told.recall_for_prompt("Where is the spare key?", 400, len)
    assert hits[0].fact.text == FACTS[4]
    assert told.recall_for_prompt("Where is the spare key?", 10, len) == []
    assert told.recall_for_prompt("what is the capital of France", 400, len) == []
    assert told.recall_for_prompt("draw a cat", 400, len) == []
    assert all(relevant(hit) for hit in hits)


def test_a_vague_query_matches_nothing_for_deletion(told: Memory) -> None:
    for query in ("everything", "all of it", "it", "my name", "elephants in the zoo", "", "什么"):
        assert told.matching(query) == []
        assert told.forget(query) == []
    assert [hit.fact.text for hit in told.matching("the spare key")] == [FACTS[4]]
    assert len(told.facts()) == len(FACTS)


def test_forgetting_many_at_once_is_refused(house: House) -> None:
    with Memory(house) as memory:
        for i in range(8):
            memory.remember(f"Locker {i} holds the tools of team {i}", source="test")
        with pytest.raises(ArgumentError, match="8 records"):
            memory.forget("locker tools")
        assert len(memory.facts()) == 8
        ids = [fact.id for fact in memory.facts()][:3]
        assert len(memory.forget(ids)) == 3 and len(memory.facts()) == 5
        assert memory.forget([12345]) == []


def test_an_empty_memory_loads_nothing(house: House) -> None:
    with Memory(house) as memory:
        assert memory.search("anything") == [] and memory.facts() == [] and memory.forget("anything") == []
        assert memory.recall_for_prompt("x", 100, len) == [] and memory.history("s") == [] and memory.export() == []
        assert memory.sessions() == []
    assert house.residency.status() == [] and not house.paths.memory.exists()


def test_empty_and_overlong_facts_are_refused(house: House) -> None:
    with Memory(house) as memory:
        for text in ("", "  \n", "x" * 20_001):
            with pytest.raises(ArgumentError):
                memory.remember(text, source="test")
        assert memory.facts() == []


def test_import_is_all_or_nothing_and_export_reads_back(house: House, tmp_path: Path) -> None:
    rows = [
        {"text": f"Shelf {i} holds jar {i}", "time": f"2026-05-0{i + 1}T09:30:00+02:00", "source": "pantry"}
        for i in range(4)
    ]
    good = tmp_path / "good.jsonl"
    good.write_text("\n".join(json.dumps(row) for row in [*rows, rows[0], {"text": "罐子在架子上"}]) + "\n\n", "utf-8")
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b'{"text": "fine"}\n{"text": ""}\n[1]\n{"text": "x", "time": "soon"}\nnot json\n\xff\xfe\n')
    with Memory(house) as memory:
        with pytest.raises(ArgumentError) as problem:
            memory.import_jsonl(bad)
        assert all(f"line {n}:" in str(problem.value) for n in (2, 3, 4, 5, 6)) and "line 1:" not in str(problem.value)
        assert memory.facts() == []
        with pytest.raises(ArgumentError, match="no file"):
            memory.import_jsonl(tmp_path / "absent.jsonl")
        seen: list[tuple[int, int]] = []
        new = memory.import_jsonl(good, lambda done, total: seen.append((done, total)))
        assert len(new) == 5 and seen[-1] == (5, 5)
        assert memory.import_jsonl(good) == []
        first = memory.facts()[0]
        assert first.time == datetime.fromisoformat(rows[0]["time"]) and first.source == "pantry"
        assert memory.facts()[-1].source == "good.jsonl"
        exported = memory.export()
        assert memory.search("which jar is on shelf 2", 1)[0].fact.text == "Shelf 2 holds jar 2"
    again = tmp_path / "again.jsonl"
    again.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in exported), "utf-8")
    with House.open({"HAUSGEIST_HOME": str(tmp_path / "other")}) as other, Memory(other) as memory:
        memory.import_jsonl(again)
        kept = ("text", "time", "source")
        assert [[f[k] for k in kept] for f in memory.export()] == [[f[k] for k in kept] for f in exported]


def test_learning_takes_facts_with_their_turn(house: House) -> None:
    with Memory(house) as memory:
        text, now = "Hi! My brother's name is Tom. Can you draw a cat?", house.now()
        turn = memory.append_turn("s", text, "Hello.", [], now)
        (fact,) = memory.learn_from(text, "s", now)
        assert fact.text == "My brother's name is Tom." and fact.turn == turn and fact.kind == "learned"
        assert fact.source == "session s" and memory.learn_from(text, "s", now) == []
        assert memory.learn_from("Where is my brother?", "s") == []
        memory.recall_for_prompt("what is my brother's name", 100, len)
        assert len(memory.facts()) == 1  # what is recalled is not stored again
        assert memory.forget([fact.id]) == [fact] and memory.history("s") == []


def test_learning_can_be_switched_off(environment: dict[str, str]) -> None:
    with House.open(environment, ["memory.learn=false"]) as house, Memory(house) as memory:
        assert memory.learn_from("My brother's name is Tom.", "s") == [] and memory.facts() == []


def test_replacing_a_fact(house: House) -> None:
    with Memory(house) as memory:
        old = memory.remember("I live in Bremen", source="test")
        new = memory.remember("I live in Kiel", source="test", replaces=old.id)
        assert [hit.fact.id for hit in memory.search("where do I live", 5)] == [new.id]
        assert {fact.id for fact in memory.facts(superseded=True)} == {old.id, new.id}
        assert {fact.id for fact in memory.forget([new.id])} == {old.id, new.id}


def test_a_long_record_is_found_by_one_sentence_of_it(house: House) -> None:
    filler = "The committee discussed the schedule of the coming season at length. "
    long = filler * 4 + "The gate code is 9931. " + filler * 4
    with Memory(house) as memory:
        memory.remember(long, source="test")
        memory.remember("The committee meets in the old hall", source="test")
        hit = memory.search("what is the code of the gate?", 1)[0]
        assert hit.fact.text == long.strip() and "9931" in hit.excerpt and len(hit.excerpt) < 200
        recalled = memory.recall_for_prompt("what is the code of the gate?", 200, len)
        assert "9931" in recalled[0].fact.text and len(recalled[0].fact.text) <= 200


def test_as_json_has_the_promised_keys(told: Memory) -> None:
    row = told.search("Anna", 1)[0].as_json()
    assert {"id", "text", "time", "source", "score"} <= row.keys() and json.loads(json.dumps(row)) == row


def test_fusion() -> None:
    both = fuse(Evidence({1: 0.9, 2: 0.8, 3: 0.7}, {2: 5.0, 3: 1.0}))
    assert both[2] > both[1] > both[3] and max(both.values()) <= 1
    assert fuse(Evidence({}, {})) == {} and fuse(Evidence({1: 0.5}, {})) == {1: 1.0}
    timed = fuse(Evidence({1: 0.9, 2: 0.8}, {}, frozenset({2}), 0.5))
    assert timed[2] >= 0.4 and max(timed.values()) <= 1
    assert share_of_words("painted fences", "I was painting the fence") == 1.0
    assert share_of_words("what is it", "anything") == 0.0
