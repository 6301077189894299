"""SQLite truth and Chroma vectors: transactions, healing after a crash, real deletion, bad files."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from memory.database import Database
from memory.history import History, tells
from memory.memory import Memory
from memory.store import FactStore, NewFact
from memory.words import content_words, index_words, passages, sentences
from runtime.errors import StorageError
from runtime.house import House

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FactStore]:
    database = Database(tmp_path / "memory")
    yield FactStore(database)
    database.close()


def add(store: FactStore, *texts: str) -> list[int]:
    rows = [NewFact(text, NOON + timedelta(hours=i), "test") for i, text in enumerate(texts)]
    return [fact.id for fact, _ in store.add(rows)]


def test_equal_facts_are_stored_once(store: FactStore) -> None:
    first = store.add([NewFact("I live in Bremen.", NOON, "a")])[0]
    again = store.add([NewFact("  i live in  BREMEN ", NOON, "b")])[0]
    assert first[1] and not again[1] and again[0] == first[0] and store.count() == 1


def test_words_find_inflected_accented_and_chinese_text(store: FactStore) -> None:
    ids = add(store, "My keys are in the Schlüsselkasten", "我的手表放在书架上", "I was painting the fence")
    assert [i for i, _ in store.by_words("where is the key", 5)] == [ids[0]]
    assert [i for i, _ in store.by_words("schlusselkasten", 5)] == [ids[0]]
    assert [i for i, _ in store.by_words("手表在哪里", 5)] == [ids[1]]
    assert [i for i, _ in store.by_words("who paints?", 5)] == [ids[2]]
    assert store.by_words('" OR * NEAR(', 5) == [] and store.by_words("", 5) == []


def test_a_failed_transaction_leaves_nothing(store: FactStore) -> None:
    with pytest.raises(ZeroDivisionError), store.database.transaction():
        add(store, "half a fact")
        raise ZeroDivisionError
    assert store.count() == 0 and store.pending() == ([], [])
    assert add(store, "a whole fact") and store.count() == 1


def test_a_newer_fact_supersedes(store: FactStore) -> None:
    (old,) = add(store, "I live in Bremen")
    new = store.add([NewFact("I live in Kiel", NOON, "test")], replaces=old)[0][0].id
    assert [fact.id for fact in store.all()] == [new]
    assert store.get([old, new]).keys() == {new} and not [i for i, _ in store.by_words("Bremen", 5)]
    assert [fact.id for fact in store.superseded_by([new])] == [old]


def test_history_keeps_turns_in_order(tmp_path: Path) -> None:
    history = History(Database(tmp_path))
    for i in range(5):
        history.append("a", f"question {i}", f"answer {i}", [{"name": "speak"}], NOON + timedelta(minutes=i))
    history.append("b", "other", "one", [], NOON)
    turns = history.turns("a", 3)
    assert [turn.user for turn in turns] == ["question 2", "question 3", "question 4"]
    assert turns[0].tool_calls == [{"name": "speak"}] and turns[0].time == NOON + timedelta(minutes=2)
    assert [(s.name, s.turns) for s in history.sessions()] == [("b", 1), ("a", 5)]
    assert history.delete_session("a") == 5 and history.turns("a", 5) == []


def test_what_tells_a_fact() -> None:
    assert tells("please remember that My PIN is 4711!", ["my pin is 4711."])
    assert tells("my code for the door is 4711, keep it", ["the door code is 4711"])
    assert not tells("where is my door key", ["the door code is 4711"])
    assert not tells("anything", [])


def test_words_and_passages() -> None:
    assert index_words("Café Zürich 我的表") == ["cafe", "zurich", "我", "的", "表", "我的", "的表"]
    assert content_words("Where is my Café?") == ["cafe"] and content_words("what is it") == []
    assert sentences("One. Two! 三。四\uff1f five") == ["One.", "Two!", "三。", "四\uff1f", "five"]
    short, long = "A short note.", " ".join(f"Sentence number {i} is about something else." for i in range(9))
    assert passages(short) == [short]
    assert passages(long)[0] == long and "Sentence number 4 is about something else." in passages(long)


def test_a_later_schema_and_a_damaged_file_are_refused(tmp_path: Path) -> None:
    Database(tmp_path).reading().__enter__()
    with sqlite3.connect(tmp_path / "memory.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="later version"), Database(tmp_path).reading():
        pass
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "memory.sqlite3").write_bytes(b"this is no database" * 200)
    with pytest.raises(StorageError, match="damaged"):
        FactStore(Database(broken)).count()


def test_a_memory_in_use_is_named(tmp_path: Path) -> None:
    store = FactStore(Database(tmp_path))
    add(store, "one")
    with store.database.reading() as connection:
        connection.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "memory.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="in use"):
        add(store, "two")
    other.execute("ROLLBACK")
    assert add(store, "three") and store.count() == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises((StorageError, NotADirectoryError, FileExistsError)):
        FactStore(Database(tmp_path / "file" / "memory")).add([NewFact("x", NOON, "test")])


def test_vectors_heal_after_a_crash_between_both_stores(house: House) -> None:
    with Memory(house) as memory:
        memory.remember("The ladder stands in the shed", source="test")
        gone = memory.remember("The tent is in the attic", source="test")
        assert memory.search("ladder")[0].similarity > 0
    with sqlite3.connect(house.paths.memory / "memory.sqlite3") as connection:
        connection.execute("DELETE FROM words WHERE rowid = ?", (gone.id,))
        connection.execute("DELETE FROM facts WHERE id = ?", (gone.id,))  # its vectors are orphans now
        connection.execute(
            "INSERT INTO facts (text, folded, source, kind, time, at) VALUES (?, ?, 'x', 'told', ?, ?)",
            ("The sledge hangs in the garage", "x", NOON.isoformat(), NOON.timestamp()),
        )
    with Memory(house) as memory:
        hits = memory.search("sleigh", 5)
        assert hits[0].fact.text == "The sledge hangs in the garage" and hits[0].similarity > 0.8
        assert memory._vectors.update().facts() == {fact.id for fact in memory.facts()}


def test_vectors_are_rebuilt_when_their_folder_is_lost(house: House) -> None:
    import shutil

    with Memory(house) as memory:
        memory.remember("The ladder stands in the shed", source="test")
        memory.search("ladder")
    for folder in house.paths.memory.glob("chroma-*"):
        shutil.rmtree(folder)
    with Memory(house) as memory:
        assert memory.search("something to climb on")[0].similarity > 0.75


def test_forgotten_words_are_gone_from_the_disk(house: House) -> None:
    secret, kept = "The zebrasecret number is 77123409", "The harmless kettle is green"
    with Memory(house) as memory:
        now = house.now()
        memory.append_turn("default", f"remember: {secret}", f"I will remember {secret}", [], now)
        memory.remember(secret, source="test")
        memory.remember(kept, source="test")
        memory.search("number")
        vector = memory.embedder.embed([secret], "passage")[0]
        assert present(house.paths.data, b"zebrasecret") and present(house.paths.data, vector.tobytes()[:64])
        assert [fact.text for fact in memory.forget("the zebrasecret number")] == [secret]
        assert memory.append_turn("default", f"forget {secret}", "Done.", [], now) is None
        assert [hit.fact.text for hit in memory.search("zebrasecret number", 5)] == [kept]
    with Memory(house) as memory:
        assert [hit.fact.text for hit in memory.search("kettle")] == [kept]
    for trace in (b"zebrasecret", b"77123409", vector.tobytes()[:64]):
        assert not present(house.paths.data, trace)
    assert present(house.paths.data, b"kettle")


def present(folder: Path, trace: bytes) -> bool:
    return any(trace in file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_no_connection_goes_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise AssertionError(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: refuse(None, a))  # type: ignore[arg-type]
    with Memory(house) as memory:
        memory.remember("The ladder stands in the shed", source="test")
        assert memory.search("ladder")


def test_chroma_itself(tmp_path: Path) -> None:
    from memory.vectors_backend import ChromaVectors

    vectors = np.eye(5, 8, dtype=np.float32)
    store = ChromaVectors(tmp_path / "one")
    store.add([1, 1, 2, 3, 4], [0, 1, 0, 0, 0], vectors)
    assert store.nearest(vectors[1], 2)[0] == (1, 1, pytest.approx(1.0)) and store.facts() == {1, 2, 3, 4}
    store.remove({1})
    fresh = store.copy_to(tmp_path / "two")
    store.destroy()
    assert fresh.facts() == {2, 3, 4} and fresh.count() == 3 and not (tmp_path / "one").exists()
    fresh.close()
