"""The catalogue: what it says, what it refuses, and when a model counts as installed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from runtime import records
from runtime.catalogue import Catalogue
from runtime.errors import ModelCorruptError, ModelMissingError, SettingsError, UnknownNameError
from runtime.model_entry import TASKS, HubSource, ModelEntry, ModelFile, WheelSource, parse_entries
from runtime.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "data", tmp_path / "cache", tmp_path / "models")


def tiny(content: bytes) -> ModelEntry:
    file = ModelFile("weights.bin", len(content), hashlib.sha256(content).hexdigest())
    return ModelEntry("tiny", "chat", "Tiny", "MIT", ("en",), (file,))


def row(**changes: Any) -> dict[str, Any]:
    file = {"name": "a.bin", "bytes": 3, "sha256": "0" * 64}
    base = {"id": "own", "task": "chat", "title": "Own", "licence": "MIT", "languages": ["en"], "files": [file]}
    return {"model": [{**base, **changes}]}


def test_the_catalogue_of_the_program_is_sound(paths: Paths) -> None:
    catalogue = Catalogue.load(paths)
    assert {entry.task for entry in catalogue.entries.values()} <= set(TASKS)
    starter = catalogue.select("starter")
    assert {entry.task for entry in starter} == {"chat", "recognition", "voice", "detection", "features"}
    for entry in [*starter, *catalogue.select("test")]:
        for file in entry.files:
            assert file.sources
            for source in file.sources:
                if isinstance(source, WheelSource):
                    assert sum(part.bytes for part in source.parts) == file.bytes, file.name
                    assert all("==" in part.requirement for part in source.parts)
                else:
                    assert isinstance(source, HubSource)
                    assert source.file.endswith(file.name)
    full = catalogue.select("full")
    assert {entry.task for entry in full} == {"chat", "recognition", "voice", "detection", "features", "image"}
    for entry in full:
        assert entry.hub is not None
        assert entry.bytes == entry.hub.about_bytes > 0
        assert not catalogue.installed(entry.id)


def test_names_and_sets(paths: Paths) -> None:
    catalogue = Catalogue.load(paths)
    assert [entry.id for entry in catalogue.select(["whisper-base", "test", "whisper-base"])] == [
        "whisper-base",
        "smollm2-135m-instruct",
        "kokoro-82m-int8",
    ]
    with pytest.raises(UnknownNameError, match="Did you mean 'whisper-base'"):
        catalogue.entry("whisper-bas")
    assert catalogue.folder("whisper-base") == paths.models / "whisper-base"


def test_a_model_is_used_only_when_its_bytes_are_right(paths: Paths) -> None:
    content = os.urandom(1000)
    catalogue = Catalogue({"tiny": tiny(content)}, paths)
    with pytest.raises(ModelMissingError, match=r"The model tiny .* is not installed") as caught:
        catalogue.require("tiny")
    assert caught.value.remedy == "Get it with `hausgeist models pull tiny`."
    weights = paths.models / "tiny" / "weights.bin"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(content[:-1])
    assert not catalogue.installed("tiny")
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert catalogue.installed("tiny")
    with pytest.raises(ModelCorruptError, match=r"weights\.bin of the model tiny is damaged"):
        catalogue.require("tiny")
    weights.write_bytes(content)
    assert catalogue.require("tiny") == weights.parent


def test_a_verified_file_is_not_hashed_again_until_it_is_touched(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(1000)
    catalogue = Catalogue({"tiny": tiny(content)}, paths)
    weights = paths.models / "tiny" / "weights.bin"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(content)
    hashed: list[Path] = []
    really = records.digest
    monkeypatch.setattr(records, "digest", lambda path, tell=None: hashed.append(path) or really(path, tell))
    catalogue.require("tiny")
    catalogue.require("tiny")
    assert hashed == [weights]
    os.utime(weights, (1, 1))
    catalogue.require("tiny")
    assert hashed == [weights, weights]
    (weights.parent / records.RECORD).write_text("not JSON")
    catalogue.require("tiny")
    assert len(hashed) == 3


def test_the_owner_can_add_models(paths: Paths) -> None:
    paths.config.mkdir()
    own = paths.config / "catalogue.toml"
    own.write_text(
        '[[model]]\nid = "own"\ntask = "voice"\ntitle = "Own"\nlicence = "MIT"\nlanguages = ["de"]\n'
        f'[[model.files]]\nname = "a.onnx"\nbytes = 3\nsha256 = "{"0" * 64}"\n'
        '[[model.files.sources]]\npath = "~/a.onnx"\n'
    )
    catalogue = Catalogue.load(paths)
    assert catalogue.entry("own").files[0].name == "a.onnx"
    assert "whisper-base" in catalogue.entries
    own.write_text("[[model]")
    with pytest.raises(SettingsError, match=r"catalogue\.toml cannot be read"):
        Catalogue.load(paths)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "cooking"}, "no task 'cooking'"),
        ({"files": []}, "either files or hub"),
        ({"id": "../own"}, "not a plain name"),
        ({"files": [{"name": "../a", "bytes": 3, "sha256": "0" * 64}]}, "leaves the model's folder"),
        ({"files": [{"name": "a", "bytes": 3, "sha256": ""}]}, "no size or no SHA-256"),
        ({"files": [{"name": "a", "bytes": 3}]}, "'sha256' is missing"),
        ({"files": 3}, "is wrong"),
    ],
)
def test_a_wrong_entry_is_named(changes: dict[str, Any], said: str) -> None:
    assert set(parse_entries(row(), "the test")) == {"own"}
    with pytest.raises(SettingsError, match=said):
        parse_entries(row(**changes), "the test")
