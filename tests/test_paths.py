"""Folders from the environment, and files that are replaced in one step."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from runtime.errors import StorageError
from runtime.paths import Paths, ensure, replacing


def test_xdg_folders_and_their_defaults() -> None:
    paths = Paths.from_environment({"HOME": "/home/kim"})
    assert paths.settings_file == Path("/home/kim/.config/hausgeist/settings.toml")
    assert paths.data == Path("/home/kim/.local/share/hausgeist")
    assert paths.models == Path("/home/kim/.cache/hausgeist/models")
    other = Paths.from_environment({"HOME": "/home/kim", "XDG_DATA_HOME": "/data", "XDG_CACHE_HOME": "relative"})
    assert other.data == Path("/data/hausgeist")
    assert other.cache == Path("/home/kim/.cache/hausgeist")


def test_one_folder_for_all_state_but_not_for_models() -> None:
    paths = Paths.from_environment({"HOME": "/home/kim", "HAUSGEIST_HOME": "/house"})
    assert (paths.config, paths.data, paths.cache) == (Path("/house/config"), Path("/house/data"), Path("/house/cache"))
    assert paths.models == Path("/home/kim/.cache/hausgeist/models")
    own = Paths.from_environment({"HOME": "/home/kim", "HAUSGEIST_HOME": "/house", "HAUSGEIST_MODELS": "/big"})
    assert own.models == Path("/big")
    assert all(place.is_relative_to("/house") for place in (own.memory, own.finder, own.outputs))
    assert all(place.is_relative_to("/big") for place in (own.prefixes, own.fitted))


def test_looking_makes_no_folder(tmp_path: Path) -> None:
    Paths.from_environment({"HOME": str(tmp_path), "HAUSGEIST_HOME": str(tmp_path / "house")})
    assert list(tmp_path.iterdir()) == []


def test_new_folders_are_private(tmp_path: Path) -> None:
    made = ensure(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert ensure(made) == made


def test_replacing_is_all_or_nothing(tmp_path: Path) -> None:
    target = tmp_path / "new" / "facts.json"
    with replacing(target) as beside:
        assert beside.suffix == ".json"
        beside.write_text("one")
        assert not target.exists()
    assert target.read_text() == "one"
    with pytest.raises(ValueError, match="half"), replacing(target) as beside:
        beside.write_text("two")
        raise ValueError("half way")
    assert target.read_text() == "one"
    assert [file.name for file in target.parent.iterdir()] == ["facts.json"]


def test_a_place_that_cannot_be_written() -> None:
    with pytest.raises(StorageError, match="No permission"):  # not even root makes folders there
        ensure(Path("/sys/hausgeist"))
