"""The chat model inside its worker process: llama.cpp with a cached prompt prefix. Owns no prompts and no policy.

The key-value cache keeps the longest common prefix with the last prompt, so a turn only evaluates what is new (see
`agent.prefix_backend`). Choices and arguments are decoded under constraints (see `agent.decode_backend`).
"""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import psutil
from jinja2 import TemplateError
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from agent.decode_backend import GrammarSampler, ReplySampler, choose_by_trie, token_logits
from agent.prefix_backend import PromptCache
from agent.reuse_backend import shared_length
from runtime.errors import ModelCorruptError, ModelError
from runtime.worker_service import Emit

Message = Mapping[str, str]
CPU_CHUNK = 128
"""Prompt tokens evaluated between two looks at cancellation on a CPU (about 2.5 s on two cores)."""


def cores() -> int:
    """Physical cores that this process may use; llama-cpp-python alone would write with only half of the processors.

    Two threads on one core's two hyper-threads share its arithmetic units and its path to memory.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


class LlamaEngine:
    """A GGUF model with its own chat template. One call at a time (the worker sees to that)."""

    def __init__(
        self,
        model_path: str,
        *,
        context_tokens: int = 6144,
        batch_tokens: int = 512,
        threads: int = 0,
        gpu_layers: int = -1,
        prefix_folder: str | None = None,
    ) -> None:
        offload = bool(llama_cpp.llama_supports_gpu_offload())
        threads = threads or cores()
        try:
            self._llm = llama_cpp.Llama(
                model_path,
                n_ctx=context_tokens,
                n_batch=batch_tokens,
                n_ubatch=batch_tokens,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=gpu_layers if offload else 0,
                verbose=False,
            )
        except (ValueError, OSError, RuntimeError) as problem:
            raise ModelCorruptError(
                f"llama.cpp cannot load {model_path}: {problem}.",
                remedy="Check it with `hausgeist models verify`, or lower chat.context_tokens when memory is short.",
            ) from problem
        self._path = Path(model_path)
        self._offload = offload
        chunk = batch_tokens if offload else min(batch_tokens, CPU_CHUNK)
        self._cache = PromptCache(self._llm, self._path, Path(prefix_folder) if prefix_folder else None, chunk)
        self._formatter, self._control = self._read_template()

    def describe(self) -> dict[str, Any]:
        """Name, size in bytes, context in tokens, and whether it runs on a GPU."""
        inner = self._llm._model
        return {
            "model": inner.desc(),
            "bytes": inner.size(),
            "context_tokens": self._llm.n_ctx(),
            "gpu": self._offload,
            "llama_cpp": llama_cpp.__version__,
        }

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return [len(self._tokenize(text)) for text in texts]

    def warm(self, messages: Sequence[Message], emit: Emit) -> dict[str, Any]:
        """Have the state of `messages` (the fixed prefix) in the cache: loaded from disk, or computed and saved.

        Returns {"tokens", "source": "memory"|"disk"|"computed", "seconds"}.
        """
        started = time.perf_counter()
        prefix = self._common_prefix(messages)
        source = self._cache.warm(prefix, emit)
        return {"tokens": len(prefix), "source": source, "seconds": time.perf_counter() - started}

    def choose(self, messages: Sequence[Message], lead: str, names: Sequence[str], emit: Emit) -> dict[str, float]:
        """Probability of each of `names` as the next words of the assistant after `lead`; they sum to 1."""
        prompt = self._prompt(messages, lead)
        sequences = {name: self._continuation(messages, lead, name) for name in names}
        self._cache.evaluate(prompt, emit)
        return choose_by_trie(sequences, lambda path: self._logits_after(prompt, path, emit))

    def fill(self, messages: Sequence[Message], lead: str, schema: str, max_tokens: int, emit: Emit) -> dict[str, Any]:
        """Decode a JSON value that is valid under `schema` (JSON Schema text) after `lead`. Greedy.

        Returns {"text", "tokens", "complete"}; `complete` is False when `max_tokens` ran out.
        """
        prompt = self._prompt(messages, lead)
        self._cache.evaluate(prompt, emit)
        sampler = GrammarSampler(self._llm, schema)
        pieces: list[int] = []
        try:
            while len(pieces) < max_tokens:
                emit.check()
                token = sampler.next()
                if self._ends(token):
                    return {"text": self._text(pieces), "tokens": len(pieces), "complete": True}
                pieces.append(token)
                self._cache.evaluate(prompt + pieces, emit)
        finally:
            sampler.close()
        return {"text": self._text(pieces), "tokens": len(pieces), "complete": False}

    def complete(
        self,
        messages: Sequence[Message],
        lead: str,
        max_tokens: int,
        temperature: float,
        seed: int,
        emit: Emit,
    ) -> dict[str, Any]:
        """Write on after `lead`, handing out pieces of text by `emit` as they are certain to be whole characters.

        Returns {"text", "prompt_tokens", "cached_tokens", "tokens", "finish": "stop"|"length", "seconds"}.
        """
        started = time.perf_counter()
        prompt = self._prompt(messages, lead)
        cached = len(prompt) - self._cache.evaluate(prompt, emit)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        sampler = ReplySampler(self._llm, temperature, seed)
        pieces: list[int] = []
        written: list[str] = []
        finish = "length"
        try:
            while len(pieces) < min(max_tokens, self._llm.n_ctx() - len(prompt) - 1):
                emit.check()
                token = sampler.next()
                if self._ends(token):
                    finish = "stop"
                    break
                pieces.append(token)
                text = decoder.decode(self._llm.detokenize([token], prev_tokens=prompt + pieces[:-1]))
                if text:
                    written.append(text)
                    emit(text)
                self._cache.evaluate(prompt + pieces, emit)
        finally:
            sampler.close()
        return {
            "text": "".join(written),
            "prompt_tokens": len(prompt),
            "cached_tokens": cached,
            "tokens": len(pieces),
            "finish": finish,
            "seconds": time.perf_counter() - started,
        }

    # Prompt -----------------------------------------------------------------------------------------------------

    def _read_template(self) -> tuple[Jinja2ChatFormatter, list[str]]:
        llm = self._llm
        template = llm.metadata.get("tokenizer.chat_template")
        if not template:
            raise ModelError(
                f"{self._path.name} has no chat template in it.",
                remedy="Choose an instruct model in GGUF format.",
            )
        vocabulary = llama_cpp.llama_model_get_vocab(llm._model.model)
        control = [
            llama_cpp.llama_vocab_get_text(vocabulary, token).decode("utf-8", "replace")
            for token in range(llm.n_vocab())
            if llama_cpp.llama_vocab_get_attr(vocabulary, token) & llama_cpp.LLAMA_TOKEN_ATTR_CONTROL
        ]

        def text_of(token: int) -> str:
            return llm._model.token_get_text(token) if token >= 0 else ""

        formatter = Jinja2ChatFormatter(
            template,
            eos_token=text_of(llm.token_eos()),
            bos_token=text_of(llm.token_bos()),
            add_generation_prompt=True,
        )
        return formatter, [text for text in control if len(text) > 1]

    def _harmless(self, text: str) -> str:
        """Text in which no control token can be spelled (a zero-width space is put into each)."""
        for control in self._control:
            if control in text:
                text = text.replace(control, f"{control[0]}\u200b{control[1:]}")
        return text

    def _render(self, messages: Sequence[Message], lead: str) -> str:
        harmless = [{"role": m["role"], "content": self._harmless(m["content"])} for m in messages]
        try:
            return str(self._formatter(messages=harmless).prompt) + lead
        except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            message = f"The chat template in {self._path.name} cannot be used: {problem}."
            raise ModelError(message, remedy="Choose another file of the model.") from problem

    def _tokenize(self, text: str) -> list[int]:
        return list(self._llm.tokenize(text.encode("utf-8"), add_bos=False, special=True))

    def _prompt(self, messages: Sequence[Message], lead: str) -> list[int]:
        tokens = self._tokenize(self._render(messages, lead))
        if len(tokens) + 16 > self._llm.n_ctx():
            raise ModelError(
                f"The conversation takes {len(tokens)} tokens and the context window holds {self._llm.n_ctx()}.",
                remedy="Start a new session, shorten the text, or raise chat.context_tokens.",
            )
        return tokens

    def _continuation(self, messages: Sequence[Message], lead: str, name: str) -> list[int]:
        """Tokens of `name` and a line end, as the tokenizer writes them after `lead`."""
        before, after = self._tokenize(lead), self._tokenize(f"{lead}{name}\n")
        if after[: len(before)] == before:
            return after[len(before) :]
        return self._tokenize(f"{name}\n")

    def _common_prefix(self, messages: Sequence[Message]) -> list[int]:
        """Tokens that every prompt beginning with `messages` shares, whatever the user says next."""
        one = self._tokenize(self._render([*messages, {"role": "user", "content": "A"}], ""))
        two = self._tokenize(self._render([*messages, {"role": "user", "content": "说"}], ""))
        return one[: shared_length(one, two)]

    def _logits_after(
        self, prompt: list[int], path: Sequence[int], emit: Emit
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        self._cache.evaluate([*prompt, *path], emit)
        return token_logits(self._llm)

    # Tokens -----------------------------------------------------------------------------------------------------

    def _ends(self, token: int) -> bool:
        vocabulary = llama_cpp.llama_model_get_vocab(self._llm._model.model)
        return bool(llama_cpp.llama_vocab_is_eog(vocabulary, token))

    def _text(self, tokens: Sequence[int]) -> str:
        return bytes(self._llm.detokenize(list(tokens))).decode("utf-8", "replace")
