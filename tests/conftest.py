"""What every test may use: the shared data, a house in an empty folder, installed models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.catalogue import Catalogue
from runtime.house import House
from runtime.paths import Paths

from .cli_driver import Cli, in_process
from .file_server import FileServer, file_server

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings and request sets; the test is skipped where it is absent."""
    folder = Path(os.environ.get("HAUSGEIST_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the shared test data is not at {folder} (set HAUSGEIST_SHARED_DATA)")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Environment of a house in an empty folder, with this machine's models."""
    models = Paths.from_environment().models
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HAUSGEIST_")}
    return {**kept, "HAUSGEIST_HOME": str(tmp_path / "house"), "HAUSGEIST_MODELS": str(models)}


@pytest.fixture
def cli(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("memory", "list")` runs `hausgeist` in this process, in the house of `environment`."""
    return in_process(environment, monkeypatch, capsys)


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    """A house in an empty folder."""
    with House.open(environment) as opened:
        yield opened


@pytest.fixture(scope="session")
def need_model() -> object:
    """`need_model("whisper-base")` gives the model's folder, or skips the test saying how to get it."""
    catalogue = Catalogue.load(Paths.from_environment())

    def need(model_id: str) -> Path:
        if not catalogue.installed(model_id):
            pytest.skip(f"the model {model_id} is not installed: hausgeist models pull {model_id}")
        return catalogue.folder(model_id)

    return need


@pytest.fixture
def download_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
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
def empty_paths(tmp_path: Path) -> Paths:
    """Folders under an empty one, the models' among them."""
    return Paths(tmp_path / "config", tmp_path / "data", tmp_path / "cache", tmp_path / "models")
