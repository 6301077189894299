"""What of an evaluated prompt serves the next one: parts that moved forward are shifted, whole states are kept aside.

A conversation's prompt loses its oldest turns and the volatile block of the turn before; what stands behind them is the
same. Their keys are turned to the new places (rotary positions; `llama_memory_seq_add`) instead of computed anew, as
llama.cpp's server does with `--cache-reuse`. The values were computed in sight of what was dropped, so this is an
approximation, as in any sliding window (Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks").
Owns no policy of what a prompt holds.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import llama_cpp

SHORTEST_RUN = 16
"""Tokens that a moved part must have at least: shorter ones agree by chance."""
SHELF_BYTES = 192 * 1024 * 1024
"""Memory that set-aside states may take; one takes about 28 KiB for each token of a 1.5B model."""
WORTH_KEEPING = 48
"""Tokens that a change of conversation must spoil before the state is set aside: about a second on two cores."""


@dataclass(frozen=True)
class Run:
    """`length` evaluated tokens at `old` that the new prompt has at `new` (never behind `old`)."""

    old: int
    new: int
    length: int


def moved_runs(old: Sequence[int], new: Sequence[int], shared: int, shortest: int = SHORTEST_RUN) -> list[Run]:
    """The parts of `old` behind the common prefix (`shared` tokens) that follow each other in `new` without a gap.

    The last token of `new` is never in a run: it is evaluated for its logits.
    """
    runs: list[Run] = []
    at, end = shared, len(new) - 1
    head = shared
    while head < len(old) and at < end:
        length = 0
        while head + length < len(old) and at + length < end and old[head + length] == new[at + length]:
            length += 1
        if length >= shortest:
            runs.append(Run(head, at, length))
            head, at = head + length, at + length
        else:
            head += 1
    return runs


def shift(llm: llama_cpp.Llama, runs: Sequence[Run], shared: int) -> int:
    """Move the runs in `llm`'s cache to their new places and drop the rest; gives the tokens that are valid then."""
    memory = llama_cpp.llama_get_memory(llm._ctx.ctx)
    valid = shared
    for run in runs:
        if run.old > run.new:
            llama_cpp.llama_memory_seq_rm(memory, 0, run.new, run.old)
            llama_cpp.llama_memory_seq_add(memory, 0, run.old, run.old + run.length, run.new - run.old)
            llm.input_ids[run.new : run.new + run.length] = llm.input_ids[run.old : run.old + run.length].copy()
        valid = run.new + run.length
    llama_cpp.llama_memory_seq_rm(memory, 0, valid, -1)
    llm.n_tokens = valid
    return valid


def can_shift(llm: llama_cpp.Llama) -> bool:
    """Whether the model's positions can be turned (not so for some recurrent and multi-axis ones)."""
    memory = llama_cpp.llama_get_memory(llm._ctx.ctx)
    return bool(memory) and bool(llama_cpp.llama_memory_can_shift(memory))


class StateShelf:
    """States of `llm`'s sequence, set aside in memory up to `limit` bytes; the least recently used one goes first."""

    def __init__(self, llm: llama_cpp.Llama, limit: int = SHELF_BYTES) -> None:
        self._llm, self._limit = llm, limit
        self._states: OrderedDict[tuple[int, ...], ctypes.Array[ctypes.c_uint8]] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What the states take now."""
        return sum(len(state) for state in self._states.values())

    def put(self, tokens: Sequence[int]) -> None:
        """Set aside the present state, which holds `tokens`; shorter ones that it continues are dropped."""
        size = llama_cpp.llama_state_seq_get_size(self._llm._ctx.ctx, 0)
        key = tuple(tokens)
        if size > self._limit or not key:
            return
        for older in [known for known in self._states if known == key[: len(known)]]:
            del self._states[older]
        while self._states and self.bytes + size > self._limit:
            self._states.popitem(last=False)
        state = (ctypes.c_uint8 * size)()
        if llama_cpp.llama_state_seq_get_data(self._llm._ctx.ctx, state, size, 0) == size:
            self._states[key] = state

    def best(self, tokens: Sequence[int]) -> tuple[tuple[int, ...], int]:
        """The state that shares the longest beginning with `tokens`, and how many tokens (0: there is none)."""
        found: tuple[int, ...] = ()
        longest = 0
        for known in self._states:
            length = shared_length(known, tokens)
            if length > longest:
                found, longest = known, length
        return found, longest

    def take(self, key: tuple[int, ...]) -> bool:
        """Make a set-aside state the present one; False where llama.cpp refuses it (the cache is then empty).

        It stays on the shelf until a longer one that continues it comes, so that two conversations can begin with it.
        """
        state = self._states[key]
        self._states.move_to_end(key)
        self._llm._ctx.kv_cache_clear()
        self._llm.n_tokens = 0
        if not llama_cpp.llama_state_seq_set_data(self._llm._ctx.ctx, state, len(state), 0):
            self._llm._ctx.kv_cache_clear()
            del self._states[key]
            return False
        self._llm.input_ids[: len(key)] = key
        self._llm.n_tokens = len(key)
        return True


def shared_length(one: Sequence[int], two: Sequence[int]) -> int:
    """Length of the common prefix."""
    for index, (a, b) in enumerate(zip(one, two, strict=False)):
        if a != b:
            return index
    return min(len(one), len(two))
