"""What is installed, missing and at work here, each with its remedy. Owns no cameras (the command line adds them)."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from packaging.requirements import Requirement

from runtime.catalogue import Catalogue
from runtime.gpu import Gpu, gpus
from runtime.house import House
from runtime.settings import Settings

GB = 1e9
EXTRAS = ("voice", "image", "camera", "serve", "web")
TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


@dataclass(frozen=True)
class Finding:
    """One line of `hausgeist doctor`. `state` is "ok", "warn" or "missing"; `remedy` is "" when none is needed."""

    area: str
    name: str
    state: str
    detail: str
    remedy: str = ""


def diagnose(house: House, environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """Look at everything; loads no model and changes nothing. Takes a few seconds, for the probed libraries."""
    cards = gpus()
    return [
        *_python(),
        *_llama(cards),
        *_models(house.catalogue, house.settings),
        *_gpu(cards),
        *_sound(),
        *_memory(house),
        *_disk(house),
        *_telemetry(environ),
        *_workers(house),
        *_footprints(house),
    ]


def _python() -> Iterator[Finding]:
    yield Finding("python", "Python", "ok", f"{platform.python_version()} at {sys.executable}")
    groups: dict[str, list[str]] = {"": []}
    try:
        texts = metadata.requires("hausgeist") or []
    except metadata.PackageNotFoundError:
        yield Finding("packages", "hausgeist", "missing", "it is not installed in this Python", "Run `make setup`.")
        return
    for text in texts:
        requirement = Requirement(text)
        for extra in ("", *EXTRAS):
            if requirement.marker is None and extra == "":
                groups[""].append(_lack(requirement))
            elif requirement.marker is not None and requirement.marker.evaluate({"extra": extra}):
                groups.setdefault(extra, []).append(_lack(requirement))
    for extra, lacks in groups.items():
        missing = [lack for lack in lacks if lack]
        name = f"hausgeist[{extra}]" if extra else "hausgeist"
        detail = f"missing: {', '.join(missing)}" if missing else f"{len(lacks)} packages"
        remedy = f'Install them: {sys.executable} -m pip install -e ".[{extra or "all"}]", or `make setup`.'
        yield Finding("packages", name, "missing" if missing else "ok", detail, remedy if missing else "")


def _lack(requirement: Requirement) -> str:
    """What is wrong with an installed package; "" when it is there in a fitting version."""
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return requirement.name
    fits = requirement.specifier.contains(version, prereleases=True)
    return "" if fits else f"{requirement.name} {version} (wanted {requirement.specifier})"


def _llama(cards: list[Gpu]) -> Iterator[Finding]:
    told = _probe("llama")
    if "error" in told:
        remedy = "Build it anew: rm -rf .venv/.packages-installed && make setup."
        yield Finding("llama.cpp", "llama.cpp", "missing", told["error"], remedy)
        return
    features = [part.split(" = ")[0].split(" : ")[-1].strip() for part in told["system"].split("|") if " = 1" in part]
    detail = f"llama-cpp-python {told['version']}, {'GPU' if told['gpu'] else 'CPU'} build ({', '.join(features)})"
    if cards and not told["gpu"]:
        yield Finding("llama.cpp", "llama.cpp", "warn", detail, "A GPU is here: build for it with `make gpu`.")
    else:
        yield Finding("llama.cpp", "llama.cpp", "ok", detail)


def _models(catalogue: Catalogue, settings: Settings) -> Iterator[Finding]:
    chosen = {settings.chat.model, settings.speech.recognizer, settings.speech.voice}
    optional = 0
    for entry in catalogue.entries.values():
        size = f"{entry.title}, {entry.bytes / 1e6:.0f} MB"
        if catalogue.installed(entry.id):
            yield Finding("models", entry.id, "ok", size)
        elif entry.starter or entry.id in chosen:
            yield Finding("models", entry.id, "missing", size, f"Get it with `hausgeist models pull {entry.id}`.")
        else:
            optional += 1
    for path in sorted(chosen - set(catalogue.entries)):
        if not Path(path).expanduser().exists() and not settings.chat.remote_url:
            yield Finding(
                "models", path, "missing", "neither a model of the catalogue nor a file", "Correct the setting."
            )
    if optional:
        yield Finding("models", "others", "ok", f"{optional} more can be pulled: `hausgeist models list`")


def _gpu(cards: list[Gpu]) -> Iterator[Finding]:
    for card in cards:
        yield Finding("gpu", card.name, "ok", f"{card.free_bytes / GB:.1f} of {card.total_bytes / GB:.1f} GB free")
    if cards and _torch().endswith("+cpu"):
        remedy = "Install a CUDA build of torch (pip install torch), or set image.device=cpu to keep the GPU free."
        yield Finding("gpu", "torch", "warn", f"torch {_torch()} cannot use the GPU", remedy)
    if not cards:
        yield Finding("gpu", "GPU", "ok", "no NVIDIA GPU is seen; models run on the CPU")


def _torch() -> str:
    """The installed version of torch; "" without it."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def _sound() -> Iterator[Finding]:
    told = _probe("sound")
    if "error" in told:
        remedy = "Install it (Debian: apt install libportaudio2); until then speech is written to files."
        yield Finding("sound", "PortAudio", "missing", told["error"], remedy)
        return
    for kind, use in (("output", "speech is written to files"), ("input", "there is no microphone to listen with")):
        device = told.get(kind)
        detail = device or f"none; {use}"
        yield Finding("sound", kind, "ok" if device else "warn", detail, "" if device else "Connect a sound device.")


def _memory(house: House) -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    budget = house.residency.cpu_budget
    largest = max((e.bytes for e in house.catalogue.entries.values() if house.catalogue.installed(e.id)), default=0)
    detail = (
        f"models may take {budget / GB:.1f} GB; {memory.available / GB:.1f} of {memory.total / GB:.1f} GB are free now"
    )
    if budget < largest * 1.3:
        remedy = "Close other programs, raise budget.cpu_gib, or choose a smaller model."
        yield Finding("memory", "budget", "warn", f"{detail}; the largest model here needs more", remedy)
    else:
        yield Finding("memory", "budget", "ok", detail)


def _disk(house: House) -> Iterator[Finding]:
    places = {"data": (house.paths.data, "HAUSGEIST_HOME"), "models": (house.paths.models, "HAUSGEIST_MODELS")}
    for name, (folder, variable) in places.items():
        there = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(there).free
        detail = f"{folder}, {free / GB:.1f} GB free"
        if not os.access(there, os.W_OK):
            yield Finding(
                "disk", name, "warn", f"{detail}, read-only", f"Make it writable, or move it with {variable}."
            )
        elif free < 2 * GB:
            yield Finding("disk", name, "warn", detail, f"Free some space, or move it with {variable}.")
        else:
            yield Finding("disk", name, "ok", detail)


def _telemetry(environ: Mapping[str, str]) -> Iterator[Finding]:
    on = [name for name in TRACING if environ.get(name, "").lower() in {"1", "true"}]
    if on:
        detail = f"{', '.join(on)} sends prompts and replies to a tracing service"
        yield Finding("privacy", "telemetry", "warn", detail, f"Unset {' and '.join(on)}.")
    else:
        yield Finding("privacy", "telemetry", "ok", "off: no library reports usage, no tracing is set")


def _workers(house: House) -> Iterator[Finding]:
    running = house.residency.status()
    for info in running:
        use = "in use" if info.in_use else "idle"
        again = f", restarted {info.restarts} times" if info.restarts else ""
        pinned = ", pinned" if info.pinned else ""
        on_gpu = f", {info.gpu_bytes / GB:.2f} GB on the GPU" if info.gpu_bytes else ""
        state = "warn" if info.restarts else "ok"
        detail = f"process {info.pid}, {info.cpu_bytes / GB:.2f} GB{on_gpu}, {use}{pinned}{again}"
        yield Finding("workers", info.name, state, detail)
    if not running:
        yield Finding("workers", "workers", "ok", "no model is loaded by this program")


def _footprints(house: House) -> Iterator[Finding]:
    """What models were measured to take at their loads, by this and earlier programs; it plans the next ones."""
    rows = house.residency.measured()
    for row in rows:
        on_gpu = f", {row.gpu_bytes / GB:.2f} GB of GPU memory" if row.gpu_bytes else ""
        detail = f"{row.cpu_bytes / GB:.2f} GB of main memory{on_gpu} at most, measured {row.times} times"
        if row.cpu_bytes > house.residency.cpu_budget:
            remedy = "Close other programs, raise budget.cpu_gib, or choose a smaller model."
            yield Finding("measured", row.name, "warn", f"{detail}; more than the budget", remedy)
        else:
            yield Finding("measured", row.name, "ok", detail)
    if not rows:
        yield Finding("measured", "models", "ok", "no model has been loaded yet; its declared size counts until then")


def _probe(
    what: str, *, timeout_s: float = 60.0, run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
) -> dict[str, Any]:
    """What `runtime.probe_backend` tells, or {"error": why it told nothing}."""
    command = [sys.executable, "-P", "-m", "runtime.probe_backend", what]
    try:
        answer = run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"it did not answer within {timeout_s:.0f} s"}
    if answer.returncode < 0:
        return {"error": f"it died of signal {-answer.returncode}"}
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or ["it gave no reason"]
        return {"error": lines[-1]}
    told: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    return told
