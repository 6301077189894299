"""Constrained decoding on llama.cpp's logits: a choice among names, JSON under a schema, free text."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import llama_cpp
import numpy as np
from llama_cpp._internals import LlamaSampler
from llama_cpp.llama_grammar import LlamaGrammar, json_schema_to_gbnf

from runtime.errors import ModelError

Logits = np.ndarray[Any, np.dtype[np.float32]]
NEGLIGIBLE = 0.01
"""A branch of the name tree less likely than this is not evaluated; its names share its probability evenly."""


def token_logits(llm: llama_cpp.Llama) -> Logits:
    """Logits of the last evaluated token, float32 [vocabulary], a copy."""
    pointer = llm._ctx.get_logits_ith(-1)
    return np.ctypeslib.as_array(pointer, shape=(llm.n_vocab(),)).copy()


def choose_by_trie(
    sequences: Mapping[str, Sequence[int]], logits_after: Callable[[Sequence[int]], Logits]
) -> dict[str, float]:
    """Probability of each name under a decoder that may only write one of `sequences` (tokens of each name).

    Tokens that leave no choice are not evaluated. `logits_after(path)` gives the logits behind the prompt and `path`.
    """
    result: dict[str, float] = {}

    def visit(path: tuple[int, ...], names: list[str], mass: float) -> None:
        if len(names) == 1:
            result[names[0]] = mass
            return
        depth = len(path)
        branches: dict[int | None, list[str]] = {}
        for name in names:
            tokens = sequences[name]
            branches.setdefault(tokens[depth] if depth < len(tokens) else None, []).append(name)
        if len(branches) == 1:
            (token,) = branches
            if token is None:
                result.update(dict.fromkeys(names, mass / len(names)))
            else:
                visit((*path, token), names, mass)
            return
        if mass < NEGLIGIBLE:
            result.update(dict.fromkeys(names, mass / len(names)))
            return
        tokens_here = [token for token in branches if token is not None]
        logits = logits_after(path)[tokens_here].astype(np.float64)
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        for token, weight in zip(tokens_here, weights, strict=True):
            visit((*path, token), branches[token], mass * float(weight))

    visit((), list(sequences), 1.0)
    return result


LARGEST_GRAMMAR = 64 * 1024
"""Bytes of grammar text; llama.cpp's parser overflows its stack on much larger ones instead of refusing them."""


class GrammarSampler:
    """Greedy decoding of JSON that is valid under a schema.

    The likeliest token is tried alone first; the whole vocabulary is masked only when the grammar refuses it.
    """

    def __init__(self, llm: llama_cpp.Llama, schema: str) -> None:
        self._llm = llm
        grammar = LlamaGrammar.from_string(json_schema_to_gbnf(schema), verbose=False)
        rules, root = grammar._grammar.encode(), grammar._root.encode()
        compiled = None
        if len(rules) <= LARGEST_GRAMMAR:
            compiled = llama_cpp.llama_sampler_init_grammar(llm._model.vocab, rules, root)
        if not compiled:
            raise ModelError(
                f"llama.cpp refuses the grammar of this schema: {schema[:200]}.",
                remedy="Simplify the tool's arguments: long length limits and patterns make it too large.",
            )
        self._sampler = LlamaSampler()
        llama_cpp.llama_sampler_chain_add(self._sampler.sampler, compiled)

    def next(self) -> int:
        """The next token, accepted by the grammar; an end-of-generation token when the value is whole."""
        logits = token_logits(self._llm)
        best = int(logits.argmax())
        token = best if self._allowed(np.array([best]), logits) is not None else self._best_allowed(logits)
        self._sampler.accept(token)
        return token

    def close(self) -> None:
        """Free the grammar."""
        self._sampler.close()

    def _best_allowed(self, logits: Logits) -> int:
        order = np.argpartition(logits, -512)[-512:]
        found = self._allowed(order, logits)
        if found is None:
            found = self._allowed(np.arange(len(logits)), logits)
        assert found is not None, "a grammar always allows some token"
        return found

    def _allowed(self, tokens: np.ndarray[Any, np.dtype[np.int64]], logits: Logits) -> int | None:
        """The likeliest of `tokens` that the grammar allows, or None."""
        data = (llama_cpp.llama_token_data * len(tokens))()
        view = np.ctypeslib.as_array(data)
        view["id"], view["logit"], view["p"] = tokens, logits[tokens], 0.0
        candidates = llama_cpp.llama_token_data_array(data=data, size=len(tokens), selected=-1, sorted=False)
        llama_cpp.llama_sampler_apply(self._sampler.sampler, ctypes.byref(candidates))
        kept = view["logit"][: candidates.size]
        best = int(kept.argmax())
        return int(view["id"][best]) if np.isfinite(kept[best]) else None


class ReplySampler:
    """Free text: greedy at temperature 0, else top-p 0.9; a mild repetition penalty keeps small models from looping."""

    def __init__(self, llm: llama_cpp.Llama, temperature: float, seed: int) -> None:
        self._llm = llm
        sampler = LlamaSampler()
        sampler.add_penalties(llm.n_vocab(), 64, 1.05, 0.0, 0.0)
        if temperature > 0:
            sampler.add_top_p(0.9, 1)
            sampler.add_temp(temperature)
            sampler.add_dist(seed)
        else:
            sampler.add_greedy()
        self._sampler = sampler

    def next(self) -> int:
        """The next token."""
        return int(self._sampler.sample(self._llm._ctx, -1))

    def close(self) -> None:
        """Free the sampler."""
        self._sampler.close()
