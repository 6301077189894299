"""Parsers of files: pictures, sounds, recordings, documents, model weights, backups; valid files with mutations.

Owns the mutated files; they are read in a worker process with limits (`fuzz_service`), so that a crash or a hang of a
native library is seen as such and ends nothing else.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.trust import samples
from benchmarks.trust.fuzzing import WAIT_S, Target, mutated
from runtime.errors import WorkerDiedError, WorkerTimeoutError
from runtime.worker import Worker, WorkerSpec


@contextmanager
def confined() -> Iterator[Worker]:
    """The process with limits; it starts anew after a crash."""
    worker = Worker(WorkerSpec("parsers", "benchmarks.trust.fuzz_service:Parsers"))
    try:
        yield worker
    finally:
        worker.close()


def targets(worker: Worker) -> list[Target]:
    """Every parser of files, called in `worker`."""
    pictures, sounds, videos = samples.pictures(), samples.sounds(), samples.videos()
    return [
        _target(worker, "picture", pictures),
        _target(worker, "picture_edit", pictures),
        _target(worker, "photo", pictures[:2]),
        _target(worker, "provenance", (*pictures[:2], *sounds[:2]), ".png"),
        _target(worker, "sound", sounds, ".wav"),
        _target(worker, "sound_decoded", sounds, ".wav"),
        _target(worker, "video", videos, ".mp4"),
        _target(worker, "video_frame", videos, ".mp4"),
        _target(worker, "document", (samples.pdf(), samples.pdf("a", {"/Title": "b"})), ".pdf"),
        _target(worker, "document", (samples.PAGE,), ".html"),
        _target(
            worker, "document", ("Ein Text. 中文".encode(), "中文。".encode("gb18030"), "x".encode("utf-16")), ".txt"
        ),
        _target(worker, "weights", (samples.safetensors(),), ".safetensors"),
        _target(worker, "gguf", (samples.gguf(),), ".gguf"),
        _target(worker, "backup", (_backup(),), ".zip"),
    ]


def _target(worker: Worker, parser: str, valid: Sequence[bytes], suffix: str = ".bin") -> Target:
    def call(data: bytes, folder: Path) -> None:
        file = folder / f"input{suffix}"
        file.write_bytes(data)
        try:
            problem = worker.call("parse", parser, str(file), timeout_s=2 * WAIT_S)
        except WorkerTimeoutError as late:
            worker.close(grace_s=0.0)
            raise AssertionError(f"{parser} hangs: {late}") from late
        except WorkerDiedError as death:
            raise AssertionError(f"{parser} crashed: {death}") from death
        assert problem is None, problem

    return Target(f"file: {parser}{suffix if suffix != '.bin' else ''}", mutated(valid), call)


def _backup() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "hausgeist-backup.json",
            json.dumps(
                {"format": 1, "files": {}, "left_out": [], "made": "", "program": "", "databases": {}, "secrets": False}
            ),
        )
        archive.writestr("data/memory.db", b"x" * 50)
    return out.getvalue()
