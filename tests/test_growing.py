"""A recording that is still being written is left for later."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.finder.sources.growing import being_written, still_growing


def test_an_open_file_is_being_written(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"x")
    if being_written(file) is None:
        pytest.skip("this file system tells nothing about who writes (no leases)")
    with file.open("ab"):
        assert being_written(file) is True
        assert still_growing(file, file.stat().st_mtime + 3600.0, 30.0)
    with file.open("rb"):
        assert being_written(file) is False
    assert being_written(tmp_path / "gone.mp4") is None


def test_a_file_at_rest_is_finished(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"x")
    os.utime(file, (1000.0, 1000.0))
    assert still_growing(file, 1001.0, 30.0)
    assert not still_growing(file, 1100.0, 30.0)
    assert not still_growing(file, 900.0, 30.0)  # a file from the future: its clock tells nothing
    assert still_growing(tmp_path / "gone.mp4", 1100.0, 30.0)
