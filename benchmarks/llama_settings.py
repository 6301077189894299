"""What llama.cpp's settings cost and bring on this machine: one setting changed at a time, against what we run with.

Each row is a process of its own that loads the chat model as `agent.llama_backend` does, with one thing changed: its
threads, the size of a batch, flash attention, the types of keys and values, weights repacked for the CPU or used as
they lie in the file. A row holds the seconds of loading, the most memory held and what of it is no page of the model's
file (10^6 bytes), and tokens read and written a second, from an empty context and behind 1,024 tokens.
`most_gain_draft_k` is the speed-up of prompt-lookup decoding (Saxena 2023) if all of k tokens verified at once were
right: the limit of what it can bring here. llama.cpp's own bench stands beside the rows. Rounds go over all settings in
turn, so that a busy minute hits all; each figure is the best of its rounds. One JSON object.

    python -m benchmarks.llama_settings --rounds 2
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

FOX = "The quick brown fox jumps over the lazy dog while the old clock in the hallway strikes the hour. "
READ, WRITTEN, DEEP = 256, 24, 1024
DRAFTS = (2, 4, 8, 16)
Q8 = 8
"""GGML_TYPE_Q8_0."""
SETTINGS: dict[str, dict[str, Any]] = {
    "as we run": {},
    "one thread": {"n_threads": 1, "n_threads_batch": 1},
    "batch of 64": {"n_batch": 64, "n_ubatch": 64},
    "batch of 128": {"n_batch": 128, "n_ubatch": 128},
    "flash attention": {"flash_attn": True},
    "flash attention, keys and values q8_0": {"flash_attn": True, "type_k": Q8, "type_v": Q8},
    "weights as in the file": {"use_extra_bufts": False},
}
HIGHER = ("read_tokens_s", "read_deep_tokens_s", "write_tokens_s", "write_deep_tokens_s")


def main() -> None:
    """Measure all, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a model of the catalogue or a GGUF file")
    parser.add_argument("--rounds", type=int, default=2, help="times that each setting is measured")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    model = chosen(options.model)
    if options.child:
        print(json.dumps(measure(model, SETTINGS[options.child])))
        return
    rows: dict[str, dict[str, float]] = {}
    for number in range(options.rounds):
        for name in SETTINGS:
            found = child(model, name)
            rows[name] = better(rows.get(name, found), found)
            print(number + 1, name, found, file=sys.stderr, flush=True)
    about = {"benchmark": "llama_settings", "model": model.name, "threads": threads(), "rounds": options.rounds}
    print(json.dumps({**about, "settings": rows, "llama_bench": peer(model)}, indent=1))


def chosen(model: str) -> Path:
    """The file of `model`: the house's chat model, another of the catalogue, or a GGUF file."""
    from agent.chat_model import model_file
    from runtime.house import House

    with House.open(overrides=[f"chat.model={model}"] if model else []) as house:
        return model_file(house)


def threads() -> int:
    """As many as the worker uses."""
    from agent.llama_backend import cores

    return cores()


def child(model: Path, name: str) -> dict[str, float]:
    """One setting in a process of its own."""
    command = [sys.executable, __file__, "--model", str(model), "--child", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    row: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def better(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Of each figure the better one."""
    return {key: max(value, other[key]) if key in HIGHER or key.startswith("most_gain") else min(value, other[key])
            for key, value in one.items()}  # fmt: skip


def measure(model: Path, setting: dict[str, Any]) -> dict[str, float]:
    """The figures of one setting, in this process."""
    started = time.perf_counter()
    llm = load(model, setting)
    row = {"load_s": time.perf_counter() - started}
    tokens = (llm.tokenize((FOX * 100).encode(), add_bos=False) * 2)[: DEEP + READ + WRITTEN]
    llm.eval(tokens[:READ])  # the first run touches all weights
    for depth, suffix in ((0, ""), (DEEP, "_deep")):
        llm.reset()
        if depth:
            llm.eval(tokens[:depth])
        row[f"read{suffix}_tokens_s"] = READ / seconds(llm, tokens[depth : depth + READ], READ)
        row[f"write{suffix}_tokens_s"] = WRITTEN / seconds(llm, tokens[:WRITTEN], 1)
    single = 1 / row["write_deep_tokens_s"]
    for drafted in DRAFTS:
        row[f"most_gain_draft_{drafted}"] = (
            single * drafted / min(seconds(llm, tokens[:drafted], drafted) for _ in "123")
        )
    row["memory_mb"], row["memory_own_mb"] = memory()
    return {key: round(value, 3) for key, value in row.items()}


def load(model: Path, setting: dict[str, Any]) -> Any:
    """The model as the worker loads it, but for `setting`."""
    import llama_cpp

    own = dict(setting)
    repack = own.pop("use_extra_bufts", True)
    defaults = llama_cpp.llama_model_default_params

    def parameters() -> Any:
        found = defaults()
        found.use_extra_bufts = repack  # the Python class has no argument for it
        return found

    llama_cpp.llama_cpp.llama_model_default_params = parameters
    batch = {"n_batch": 512, "n_ubatch": 512, "n_threads": threads(), "n_threads_batch": threads()}
    return llama_cpp.Llama(str(model), n_ctx=6144, n_gpu_layers=0, verbose=False, **{**batch, **own})


def seconds(llm: Any, tokens: list[int], at_once: int) -> float:
    """Of evaluating `tokens` behind what is there, `at_once` at a time; they are taken back afterwards."""
    held = llm.n_tokens
    started = time.perf_counter()
    for first in range(0, len(tokens), at_once):
        llm.eval(tokens[first : first + at_once])
    spent = time.perf_counter() - started
    llm._ctx.kv_cache_seq_rm(-1, held, -1)
    llm.n_tokens = held
    return spent


def memory() -> tuple[float, float]:
    """The most that this process held, and what of it now is its own and not the model file's, 10^6 bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmHWM", "RssAnon"))}
    return kib["VmHWM"] * 1024 / 1e6, kib["RssAnon"] * 1024 / 1e6


def peer(model: Path) -> dict[str, Any]:
    """llama.cpp's own bench on the same file."""
    from benchmarks.speed.llama import built, llama_bench
    from runtime.paths import Paths

    try:
        return dict(llama_bench(built(Paths.from_environment(os.environ).cache / "llama-bench"), model, threads()))
    except (OSError, subprocess.SubprocessError, StopIteration, ValueError) as problem:
        return {"missing": f"{type(problem).__name__}: {problem}"}


if __name__ == "__main__":
    main()
