"""Tokens a second of our chat worker, beside llama.cpp's own bench and the machine's memory bandwidth, in one run.

`llama-bench` is not in the wheel of llama-cpp-python. Its source is in the sdist of the same version: it is compiled
once into the cache folder and linked to the very libraries that the worker loads, so both run the same kernels. Where
there is no compiler or no source, the library's C functions called in a bare loop stand in, and the report says so.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from runtime.house import House

PROMPT, WRITTEN = 256, 48
"""Tokens read and tokens written in each measure."""
READ_BYTES = 256 * 1024 * 1024
PARTS = ("tools/llama-bench/llama-bench", "tools/llama-bench/main", "common/common", "common/log", "common/fit")
INCLUDES = ("include", "ggml/include", "common", "vendor", "src", "tools/llama-bench")
LINK = ("-lllama", "-lggml", "-lggml-base", "-lpthread", "-Wl,--gc-sections", "-Wl,--no-demangle")
NUMBERS = 'int llama_build_number(void) { return 0; }\nconst char * llama_commit(void) { return ""; }\n'
"""What the build of llama.cpp generates; the version stands in the report anyway."""
FOX = "The quick brown fox jumps over the lazy dog while the old clock in the hallway strikes the hour. "


def report(house: House, model: Path, spec: Any, bench: Path | None = None) -> dict[str, Any]:
    """Our rates, the peer's and the limit of the memory, tokens a second, for the GGUF file `model`."""
    threads = os.cpu_count() or 1
    found: dict[str, Any] = {"prompt_tokens": PROMPT, "written_tokens": WRITTEN, "threads": threads}
    found["ours"] = ours(house, spec)
    house.residency.close()
    try:
        tool = bench or built(house.paths.cache / "llama-bench")
        found["llama_bench"] = llama_bench(tool, model, threads)
    except (OSError, subprocess.SubprocessError, StopIteration, ValueError) as problem:
        found["llama_bench_missing"] = f"{type(problem).__name__}: {problem}"
        found["bare_loop"] = bare_loop(model, threads)
    bandwidth, weights = read_bandwidth(threads), model.stat().st_size
    found["memory"] = {
        "read_gb_s": round(bandwidth / 1e9, 2),
        "weights_gb_a_token": round(weights / 1e9, 3),
        "limit_write_tokens_s": round(bandwidth / weights, 2),
        "ours_share_of_limit": round(found["ours"]["write_tokens_s"] * weights / bandwidth, 3),
    }
    return found


def ours(house: House, spec: Any) -> dict[str, float]:
    """Through the worker, as a turn does it: pipes, sampling and decoding of text included."""
    with house.residency.lease(spec) as worker:
        (each,) = worker.call("count_tokens", [FOX])
        messages = [{"role": "user", "content": FOX * max(1, PROMPT // each)}]
        worker.call("complete", [{"role": "user", "content": "Hello."}], "", 4, 0.0, 0)
        read = worker.call("complete", messages, "", 1, 0.0, 0)
        wrote = worker.call("complete", messages, "Once upon a time", WRITTEN, 0.0, 0)
    fresh = read["prompt_tokens"] - read["cached_tokens"]
    return {
        "prompt_tokens_s": round(fresh / read["seconds"], 2),
        "write_tokens_s": round(wrote["tokens"] / wrote["seconds"], 2),
        "written": wrote["tokens"],
    }


def llama_bench(tool: Path, model: Path, threads: int) -> dict[str, float]:
    """llama.cpp's own bench on the same file."""
    command = [str(tool), "-m", str(model), "-p", str(PROMPT), "-n", str(WRITTEN), "-t", str(threads), "-r", "1"]
    done = subprocess.run([*command, "-o", "json"], check=True, capture_output=True, text=True)
    rows = json.loads(done.stdout)
    return {
        "prompt_tokens_s": round(next(row["avg_ts"] for row in rows if row["n_prompt"]), 2),
        "write_tokens_s": round(next(row["avg_ts"] for row in rows if row["n_gen"]), 2),
    }


def bare_loop(model: Path, threads: int) -> dict[str, float]:
    """The library called directly: one batch read, then single tokens, no sampling."""
    import llama_cpp

    llm = llama_cpp.Llama(str(model), n_ctx=1024, n_batch=512, n_ubatch=512, n_threads=threads, verbose=False)
    tokens = llm.tokenize((FOX * PROMPT).encode(), add_bos=False)[: PROMPT + WRITTEN]
    started = time.perf_counter()
    llm.eval(tokens[:PROMPT])
    read = time.perf_counter()
    for token in tokens[PROMPT:]:
        llm.eval([token])
    wrote = time.perf_counter()
    llm.close()
    return {
        "prompt_tokens_s": round(PROMPT / (read - started), 2),
        "write_tokens_s": round(WRITTEN / (wrote - read), 2),
    }


def read_bandwidth(threads: int) -> float:
    """Bytes a second that `threads` threads read from memory together: the best of five sums over large arrays."""
    parts = [np.ones(READ_BYTES // 8, np.int64) for _ in range(threads)]
    best = 0.0
    for _ in range(5):
        workers = [threading.Thread(target=np.add.reduce, args=(part,)) for part in parts]
        started = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = max(best, threads * READ_BYTES / (time.perf_counter() - started))
    return best


def built(folder: Path) -> Path:
    """The compiled `llama-bench` of the installed version. Raises what pip or the compiler raise."""
    import llama_cpp

    version = importlib.metadata.version("llama-cpp-python")
    home = folder / version
    tool = home / "llama-bench"
    if tool.is_file():
        return tool
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        raise FileNotFoundError("no C++ compiler is installed")
    home.mkdir(parents=True, exist_ok=True)
    source = fetched(home, version)
    libraries = Path(llama_cpp.__file__).parent / "lib"
    (home / "numbers.cpp").write_text(NUMBERS, encoding="utf-8")
    flags = [
        "-O1",
        "-DNDEBUG",
        "-std=c++17",
        "-ffunction-sections",
        "-fdata-sections",
        "-DGGML_SHARED",
        "-DLLAMA_SHARED",
    ]
    flags += [f"-I{source / include}" for include in INCLUDES]
    objects = []
    for file in (*(source / f"{part}.cpp" for part in PARTS), home / "numbers.cpp"):
        objects.append(home / f"{file.stem}.o")
        print(f"compiling {file.name}", file=sys.stderr, flush=True)
        subprocess.run([compiler, *flags, "-c", str(file), "-o", str(objects[-1])], check=True)
    linked = [compiler, *map(str, objects), f"-L{libraries}", *LINK, f"-Wl,-rpath,{libraries}", "-o", str(tool)]
    tried = subprocess.run(linked, check=False, capture_output=True, text=True)
    missing = sorted(set(re.findall(r"undefined reference to `([^']+)'", tried.stderr)))
    if tried.returncode:  # parts that fetch models from a hub or list devices are left out; nothing here calls them
        subprocess.run([*linked, *(f"-Wl,--defsym={symbol}=0" for symbol in missing)], check=True)
    return tool


def fetched(home: Path, version: str) -> Path:
    """The folder of llama.cpp's source of that version, downloaded by pip where it is not there."""
    if not any(home.glob("llama_cpp_python-*.tar.gz")):
        print("fetching the source of llama.cpp", file=sys.stderr, flush=True)
        named = ["--no-deps", "--no-binary", "llama-cpp-python", f"llama-cpp-python=={version}"]
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", *named, "-d", str(home)], check=True)
    archive = next(home.glob("llama_cpp_python-*.tar.gz"))
    with tarfile.open(archive) as opened:
        opened.extractall(home, filter="data")
    return next(home.glob("*/vendor/llama.cpp"))
