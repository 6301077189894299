"""What of an evaluated prompt serves the next one: runs that moved, states set aside, on a real small model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import llama_cpp
import pytest

from agent.prefix_backend import ROWS, PromptCache
from agent.reuse_backend import Run, StateShelf, moved_runs
from runtime.worker_service import Emit


class Still:
    """An `Emit` that is never cancelled."""

    def check(self) -> None:
        """Go on."""


EMIT: Emit = Still()  # type: ignore[assignment]


def words(llm: llama_cpp.Llama, text: str) -> list[int]:
    return list(llm.tokenize(text.encode(), add_bos=False))


@pytest.fixture(scope="module")
def llm(need_model: Callable[[str], Path]) -> Iterator[llama_cpp.Llama]:
    file = next(need_model("smollm2-135m-instruct").glob("*.gguf"))
    model = llama_cpp.Llama(str(file), n_ctx=1024, n_batch=256, verbose=False)
    yield model
    model.close()


@pytest.fixture
def cache(llm: llama_cpp.Llama, tmp_path: Path, need_model: Callable[[str], Path]) -> PromptCache:
    llm.reset()
    llm._ctx.kv_cache_clear()
    return PromptCache(llm, next(need_model("smollm2-135m-instruct").glob("*.gguf")), tmp_path, 64)


FIXED = "You help in a house and you answer briefly. "
OLD = "The first guest asked how one bakes bread without yeast, and heard a long story about soda and buttermilk. "
KEPT = "The second guest wanted to know which river flows through Paris; the answer was the Seine, of course. "
NEWEST = "Which river flows through Paris? It is the"


def test_runs_follow_each_other_and_leave_the_last_token() -> None:
    assert moved_runs([1, 2, 9, 9, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6], 2, shortest=2) == [Run(4, 2, 3)]
    assert moved_runs([1, 2, 3, 4, 9, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8], 4, shortest=3) == [Run(5, 4, 3)]
    assert moved_runs([1, 9, 2, 3, 8, 8, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7], 1, shortest=2) == [Run(2, 1, 2), Run(6, 3, 3)]
    assert moved_runs([1, 9, 2, 3], [1, 2, 3, 4], 1, shortest=3) == []


def test_a_dropped_turn_costs_no_new_reading_and_the_answer_stays(llm: llama_cpp.Llama, cache: PromptCache) -> None:
    cache.warm(words(llm, FIXED), EMIT)
    before, after = words(llm, FIXED + OLD + KEPT), words(llm, FIXED + KEPT + NEWEST)
    cache.evaluate(before, EMIT)
    read = cache.evaluate(after, EMIT)
    assert read <= len(words(llm, NEWEST)) + 2
    assert llm._input_ids.tolist() == after
    assert llama_cpp.llama_memory_seq_pos_max(llm._ctx.memory, 0) == len(after) - 1
    shifted = int(llm._ctx.get_logits_ith(-1)[: llm.n_vocab()].index(max(llm._ctx.get_logits_ith(-1)[: llm.n_vocab()])))
    assert llm.detokenize([shifted]).strip() == b"Se"


@pytest.mark.parametrize("more", [2, 3, 4, 5])
def test_what_is_read_in_fours_gives_the_same_logits(llm: llama_cpp.Llama, cache: PromptCache, more: int) -> None:
    tokens = words(llm, FIXED + OLD)
    begun: list[int] = []
    evaluate = llm.eval

    def counted(part: list[int]) -> None:
        begun.append(len(part))
        evaluate(part)

    cache.evaluate(tokens[:-more], EMIT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llm, "eval", counted)
        assert cache.evaluate(tokens, EMIT) == more
    assert sum(begun) == -(-more // ROWS) * ROWS
    grown = list(llm._ctx.get_logits_ith(-1)[: llm.n_vocab()])
    llm.reset()
    llm._ctx.kv_cache_clear()
    cache.evaluate(tokens, EMIT)
    assert grown == pytest.approx(list(llm._ctx.get_logits_ith(-1)[: llm.n_vocab()]), abs=0.05)


def test_states_are_set_aside_and_taken_back_exactly(llm: llama_cpp.Llama, cache: PromptCache) -> None:
    cache.warm(words(llm, FIXED), EMIT)
    one, two = words(llm, FIXED + OLD + KEPT + NEWEST), words(llm, "Something else altogether: " + OLD * 2)
    assert cache.evaluate(one, EMIT) > len(words(llm, OLD + KEPT))
    first = list(llm._ctx.get_logits_ith(-1)[: llm.n_vocab()])
    cache.evaluate(two, EMIT)
    assert cache.evaluate(one, EMIT) == 1, "only the last token is read again"
    assert list(llm._ctx.get_logits_ith(-1)[: llm.n_vocab()]) == pytest.approx(first, abs=0.05)
    assert cache.evaluate(two, EMIT) == 1


def test_the_shelf_keeps_its_limit_and_drops_the_oldest(llm: llama_cpp.Llama, cache: PromptCache) -> None:
    cache.evaluate(words(llm, OLD), EMIT)
    size = llama_cpp.llama_state_seq_get_size(llm._ctx.ctx, 0)
    shelf = StateShelf(llm, limit=int(2.5 * size))
    tokens = words(llm, OLD)
    for last in (1, 2, 3):
        shelf.put([*tokens[:-1], last])
    assert shelf.bytes <= 2.5 * size
    assert shelf.best([*tokens[:-1], 1])[1] == len(tokens) - 1
    assert shelf.best([*tokens[:-1], 3])[1] == len(tokens)
    StateShelf(llm, limit=size - 1).put(tokens)


def test_a_longer_state_replaces_the_one_that_it_continues(llm: llama_cpp.Llama, cache: PromptCache) -> None:
    tokens = words(llm, OLD)
    cache.evaluate(tokens, EMIT)
    shelf = StateShelf(llm)
    shelf.put(tokens[:-4])
    alone = shelf.bytes
    shelf.put(tokens)
    assert shelf.bytes == alone
