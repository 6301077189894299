"""Hub snapshots: hashes from the hub, refusal of wrong bytes, no request where none is wanted."""

from __future__ import annotations

import huggingface_hub.constants  # noqa: F401 - reads the environment when it is imported: before any test changes it
import pytest

from runtime.downloads import PullProgress, list_models, pull, verify
from runtime.errors import (
    DownloadError,
    ModelCorruptError,
    ModelMissingError,
)
from runtime.paths import Paths

from .downloads_kit import (
    COMMIT,
    CONTENT,
    HUB,
    HUB_PATH,
    REPOSITORY,
    catalogue_of,
    entry,
    fast,
    flipped,
    model_file,
    noise,
    snapshot_entry,
)
from .file_server import FileServer


def test_the_hub_is_not_asked_when_that_is_forbidden(
    download_server: FileServer, empty_paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    download_server.files[HUB_PATH] = CONTENT
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE forbids it"):
        pull(catalogue_of(empty_paths, entry(model_file(CONTENT, HUB))), "tiny", network=fast())
    assert download_server.requests == []


def test_a_hub_snapshot_takes_its_hashes_from_the_hub(download_server: FileServer, empty_paths: Paths) -> None:
    files = {"config.json": b"{}", "unet/weights.safetensors": CONTENT, "README.md": b"not wanted"}
    download_server.publish_repository(REPOSITORY, files, commit=COMMIT, large={"unet/weights.safetensors"})
    catalogue = catalogue_of(empty_paths, snapshot_entry())
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
    download_server.requests.clear()
    assert pull(catalogue, "tiny", network=fast()) == []
    assert download_server.requests == []


@pytest.mark.parametrize("name", ["config.json", "unet/weights.safetensors"])
def test_a_hub_snapshot_refuses_a_flipped_byte(download_server: FileServer, empty_paths: Paths, name: str) -> None:
    files = {"config.json": noise(5000, 3), "unet/weights.safetensors": CONTENT}
    download_server.publish_repository(REPOSITORY, files, commit=COMMIT, large={"unet/weights.safetensors"})
    download_server.files[f"/{REPOSITORY}/resolve/{COMMIT}/{name}"] = flipped(files[name], 10)
    catalogue = catalogue_of(empty_paths, snapshot_entry())
    with pytest.raises(ModelCorruptError, match="refused"):
        pull(catalogue, "tiny", network=fast())
    assert not catalogue.installed("tiny")


def test_an_unknown_repository_is_said(download_server: FileServer, empty_paths: Paths) -> None:
    with pytest.raises(DownloadError, match="has no answer for owner/model"):
        pull(catalogue_of(empty_paths, snapshot_entry()), "tiny", network=fast())
