"""The key-value cache of one llama.cpp context: what of a prompt is evaluated already, and the prefix kept on disk.

Owns no prompts; how a prompt that is no mere continuation is served is `agent.reuse_backend`. The state of the fixed
prefix is written by `llama_state_seq_save_file` and read at the next start instead of computed; the file's name is a
hash of model, llama.cpp version, context size and prefix.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
from collections.abc import Sequence
from pathlib import Path

import llama_cpp

from agent.reuse_backend import WORTH_KEEPING, Run, StateShelf, can_shift, moved_runs, shared_length, shift
from runtime.errors import StorageError
from runtime.paths import replacing
from runtime.worker_service import Emit

KEPT_STATES = 6
"""Newest prefix states kept on disk; one takes about 28 KiB for each token of a 1.5B model."""

ROWS = 4
"""Tokens that ggml's processor kernels for K-quants work on together; each left over reads all weights once more
(19 tokens took 1.3 times as long as 20)."""


class PromptCache:
    """Evaluates prompts on `llm`, `chunk` tokens between two looks at cancellation, only what the cache lacks."""

    def __init__(self, llm: llama_cpp.Llama, model_file: Path, folder: Path | None, chunk: int) -> None:
        self._llm, self._path, self._folder, self._chunk = llm, model_file, folder, chunk
        self._shelf = StateShelf(llm)
        self._shifts = can_shift(llm)
        self._prefix: list[int] = []
        self._prefix_file: Path | None = None

    def warm(self, prefix: Sequence[int], emit: Emit) -> str:
        """Have `prefix` in the cache and return where from: "memory", "disk" or "computed"."""
        self._prefix = list(prefix)
        self._prefix_file = self._file_of(self._prefix)
        if self.cached(self._prefix) >= len(self._prefix):
            return "memory"
        if self._load():
            return "disk"
        self.evaluate(self._prefix, emit)
        self._save()
        return "computed"

    def cached(self, tokens: Sequence[int]) -> int:
        """How many of `tokens`, from the first, are evaluated already."""
        return shared_length(self._llm._input_ids.tolist(), tokens)

    def evaluate(self, tokens: Sequence[int], emit: Emit) -> int:
        """Have the logits after `tokens`; gives how many of them were not there yet."""
        cached = self.cached(tokens)
        if cached < min(self._llm.n_tokens, len(tokens) - 1):
            cached = self._recover(list(tokens), cached)
        cached = min(cached, len(tokens) - 1)
        begin = self._llm.n_tokens = self._aligned(cached, len(tokens))
        for at in range(begin, len(tokens), self._chunk):
            emit.check()
            self._llm.eval(tokens[at : at + self._chunk])
        return len(tokens) - cached

    def _aligned(self, cached: int, total: int) -> int:
        """Where to begin so that a multiple of `ROWS` tokens is evaluated: up to three known ones are read again.

        A single token (one that was just written) stays single. Some models cannot go back a few tokens: left alone.
        """
        fresh = total - cached
        if fresh < 2 or not self._shifts:
            return cached
        return max(0, cached - -fresh % ROWS)

    def _recover(self, tokens: list[int], cached: int) -> int:
        """Tokens of another prompt are in the cache: find the quickest way to as much of `tokens` as was ever there.

        Parts that only moved are shifted; else a state set aside, or the prefix on disk, is loaded where that is more.
        """
        present: list[int] = self._llm._input_ids.tolist()
        runs = self._moved(present, tokens, cached)
        reached = runs[-1].new + runs[-1].length if runs else cached
        if not runs and len(present) - cached >= WORTH_KEEPING:
            self._shelf.put(present)
        known, shared = self._shelf.best(tokens)
        saved = self._prefix if self._prefix and tokens[: len(self._prefix)] == self._prefix else []
        if max(shared, len(saved)) <= reached:
            return shift(self._llm, runs, cached)
        if shared >= len(saved) and self._shelf.take(known):
            return shift(self._llm, self._moved(known, tokens, shared), shared)
        return len(saved) if saved and self._load() else self.cached(tokens)

    def _moved(self, old: Sequence[int], tokens: Sequence[int], shared: int) -> list[Run]:
        """Runs behind the fixed prefix, which itself is never moved."""
        return moved_runs(old, tokens, shared) if self._shifts and shared >= len(self._prefix) else []

    def _file_of(self, prefix: Sequence[int]) -> Path | None:
        if self._folder is None:
            return None
        stat = self._path.stat()
        model = f"{self._path.name}|{stat.st_size}|{stat.st_mtime_ns}"
        key = f"{model}|{llama_cpp.__version__}|{self._llm.n_ctx()}|{list(prefix)}"
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.state"

    def _save(self) -> None:
        """Keep the state for the next start; a full disk only costs time then, so it is no error."""
        if self._prefix_file is None:
            return
        tokens = (llama_cpp.llama_token * len(self._prefix))(*self._prefix)
        with contextlib.suppress(OSError, StorageError), replacing(self._prefix_file) as beside:
            context = self._llm._ctx.ctx
            if not llama_cpp.llama_state_seq_save_file(context, str(beside).encode(), 0, tokens, len(tokens)):
                raise OSError("the state could not be written")
        with contextlib.suppress(OSError):
            states = sorted(self._prefix_file.parent.glob("*.state"), key=lambda file: file.stat().st_mtime_ns)
            for old in states[:-KEPT_STATES]:
                old.unlink(missing_ok=True)

    def _load(self) -> bool:
        """Load the saved state of the prefix; False when there is none or it does not fit (it is then computed)."""
        if self._prefix_file is None or not self._prefix_file.is_file():
            return False
        count = ctypes.c_size_t(0)
        room = len(self._prefix) + 8
        tokens = (llama_cpp.llama_token * room)()
        self._llm._ctx.kv_cache_clear()
        self._llm.n_tokens = 0
        loaded = llama_cpp.llama_state_seq_load_file(
            self._llm._ctx.ctx, str(self._prefix_file).encode(), 0, tokens, room, ctypes.byref(count)
        )
        if not loaded or list(tokens[: count.value]) != self._prefix:
            self._llm._ctx.kv_cache_clear()
            self._prefix_file.unlink(missing_ok=True)
            return False
        self._llm.input_ids[: count.value] = self._prefix
        self._llm.n_tokens = count.value
        return True
