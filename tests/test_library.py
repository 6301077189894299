"""Looking after installed models, and how progress is counted."""

from __future__ import annotations

import os
from typing import Any

import pytest

from runtime.downloads import pull, remove, verify
from runtime.errors import (
    ModelCorruptError,
    ModelMissingError,
)
from runtime.paths import Paths
from runtime.progress import Meter

from .downloads_kit import (
    CONTENT,
    HUB,
    HUB_PATH,
    catalogue_of,
    entry,
    fast,
    flipped,
    model_file,
)
from .file_server import FileServer


def test_verify_and_remove(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    assert [state.state for state in verify(catalogue, "tiny")] == ["missing"]
    assert verify(catalogue) == []
    pull(catalogue, "tiny", network=fast())
    weights = empty_paths.models / "tiny" / "weights.bin"
    state = weights.stat()
    weights.write_bytes(flipped(CONTENT))
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a failing disk would
    assert [(s.file, s.state) for s in verify(catalogue)] == [("weights.bin", "damaged")]
    with pytest.raises(ModelCorruptError):
        catalogue.require("tiny")
    assert remove(catalogue, "tiny") >= len(CONTENT)
    with pytest.raises(ModelMissingError):
        remove(catalogue, "tiny")


def test_rate_and_time_left(download_server: FileServer, empty_paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    told: list[Any] = []
    meter = Meter(told.append, 4000, clock=lambda: now[0])
    meter.begin("tiny", "weights.bin", 4000)
    for _ in range(3):
        now[0] += 1.0
        meter.add(500)
    assert (told[-1].done, told[-1].rate, told[-1].remaining_s) == (1500, 500.0, 5.0)
