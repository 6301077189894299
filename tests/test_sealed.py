"""Evidence at rest can be encrypted: no kept frame is a JPEG, `find` shows it still, and a lost key says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from memory.embedder import Embedder
from runtime.errors import StorageError
from runtime.house import House
from runtime.paths import Paths
from runtime.sealed import MARK, Seal, read_picture, settle
from runtime.settings import load_settings
from tools.finder.answering.search import FindQuery, search
from tools.finder.cameras import add_camera
from tools.finder.index import index_cameras, open_store
from tools.finder.looks.appearance import CLASSIFIER, DETECTOR
from tools.finder.scan.drafts import SegmentDraft, SegmentFile, SightingDraft, StillDraft
from tools.finder.sealing import plain_picture, reseal, shown_folder
from tools.finder.store import FinderStore
from tools.finder.taught.items import Picture, teach

from .test_finder_tools import START, film

JPEG = b"\xff\xd8\xff"


def pictures(house: House) -> list[bytes]:
    """Every picture that the index keeps: the files', and those in the database."""
    folder = house.paths.finder
    files = [*folder.glob("stills/*/*"), *folder.glob("items/*")]
    with FinderStore(folder) as store:
        crops = store._database.execute("SELECT crop FROM sightings WHERE crop IS NOT NULL").fetchall()
    return [file.read_bytes() for file in files] + [row[0] for row in crops]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]) -> Iterator[House]:
    """A house that encrypts, with a recording indexed by the real models."""
    need_model(DETECTOR), need_model(CLASSIFIER)
    folder = tmp_path_factory.mktemp("sealed")
    film(folder / "desk.mp4")
    models = Paths.from_environment().models
    environ = {"HAUSGEIST_HOME": str(folder / "house"), "HAUSGEIST_MODELS": str(models), "HOME": str(folder)}
    overrides = ["finder.timezone=UTC", "privacy.encrypt_evidence=true", "privacy.keyring=never"]
    with House.open(environ, overrides) as house:
        house.clock = lambda: datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        with open_store(house) as store:
            add_camera(store, "study_cam", folder / "desk.mp4", start=START.timestamp())
            index_cameras(house, store)
        yield house


def test_no_frame_on_the_disk_is_a_picture_and_find_shows_it(sealed: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # fmt: skip # noqa: E501
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    kept = pictures(sealed)
    assert len(kept) > 4 and all(data.startswith(MARK) and JPEG not in data[:32] for data in kept)
    found = search(sealed, Embedder(sealed), FindQuery("red thing"))
    assert found.frames and found.found.reported
    for frame in found.frames:
        assert frame.is_relative_to(tmp_path) and frame.parent.stat().st_mode & 0o777 == 0o700
        assert Image.open(frame).size == (640, 360)
    pictured = [file for file in sealed.paths.data.rglob("*") if file.is_file() and JPEG in file.read_bytes()]
    assert not pictured, "nothing under the data folder holds a JPEG"


def test_a_lost_key_and_another_key_are_told_apart(sealed: House) -> None:
    key = sealed.paths.config / "pictures.key"
    text = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600 and str(sealed.paths.data) not in str(key)
    file = next(sealed.paths.finder.glob("stills/*/*"))
    try:
        key.unlink()
        with pytest.raises(StorageError, match="The key of the sealed pictures is not in"):
            read_picture(file)
        key.write_text("A" * 43 + "=")
        with pytest.raises(StorageError, match="another key"):
            read_picture(file)
    finally:
        key.write_text(text)
    assert read_picture(file).startswith(JPEG)
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    with pytest.raises(StorageError, match="damaged"):
        Seal.of(sealed.paths.finder).open(bytes(damaged))


def test_what_is_kept_follows_the_setting_both_ways(environment: dict[str, str], tmp_path: Path) -> None:
    made = tmp_path / "made.jpg"
    Image.new("RGB", (64, 48), (200, 30, 40)).save(made)
    jpeg = made.read_bytes()
    with House.open(environment) as house:
        with FinderStore(house.paths.finder) as store:
            file = SegmentFile("/rec/a.mp4", 1, 1, 1000.0, 60.0, 640, 360, 10.0)
            seen = SightingDraft(1001, 1050, (1, 1, 9, 9), "change", 0, None, None, "cup", 0.9, ("red",), jpeg)
            draft = SegmentDraft(file, [StillDraft(1001, jpeg)], [], [seen])
            store.write_segment(store.add_camera("study", "/rec").id, draft)
            teach(house, store, "mug", [Picture(jpeg, "a photo")])
        assert pictures(house) == [jpeg] * 3 and reseal(house) == 0
        still = next(house.paths.finder.glob("stills/*/*"))
        assert plain_picture(house, still) == still and shown_folder(house) == house.paths.outputs
    for on, count in ((True, 3), (False, 3)):
        changed = load_settings(None, {}, [f"privacy.encrypt_evidence={str(on).lower()}", "privacy.keyring=never"])
        with House.open(environment, settings=changed) as house:
            assert (reseal(house), reseal(house)) == (count, 0)
            assert all(data.startswith(MARK) is on for data in pictures(house))
            with FinderStore(house.paths.finder) as store:
                (sighting,) = store.sightings()
                assert sighting.crop == jpeg and store.sightings_by_id([sighting.id])[sighting.id].crop == jpeg
            assert read_picture(still) == jpeg
            if on:
                raw = (house.paths.finder / "finder.sqlite").read_bytes()
                assert jpeg[:64] not in raw, "the plain crop is gone from the database's file"
                shown = plain_picture(house, still)
                assert shown.read_bytes() == jpeg and house.paths.data not in shown.parents
                shown.unlink()


@settings(max_examples=50, deadline=None, derandomize=True)
@given(data=st.binary(max_size=2000))
def test_what_is_sealed_is_opened_again(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("seal")
    seal = settle(folder, active=True, key_file=folder / "config" / "key", keychain=None)
    closed = seal.close(data)
    assert closed.startswith(MARK) and seal.open(closed) == data and seal.close(closed) == closed
    assert len(data) < 8 or data not in closed
    assert seal.close(data) != closed or data.startswith(MARK), "a new nonce each time"
    assert Seal.of(folder) == seal and Seal.of(folder / "nothing").open(b"plain") == b"plain"


def test_a_damaged_seal_file_says_so(tmp_path: Path) -> None:
    for text in ("{", "[]", json.dumps({"active": True})):
        (tmp_path / "seal.json").write_text(text)
        with pytest.raises(StorageError, match="damaged"):
            Seal.of(tmp_path)


def test_a_house_that_is_moved_finds_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, apart = tmp_path / "old", tmp_path / "new", tmp_path / "apart"
    key = old / "config" / "pictures.key"
    closed = settle(old / "data" / "finder", active=True, key_file=key, keychain=None).close(b"a picture")
    assert str(tmp_path) not in (old / "data" / "finder" / "seal.json").read_text()
    old.rename(new)
    assert Seal.of(new / "data" / "finder").open(closed) == b"a picture"
    (new / "data").rename(apart)
    with pytest.raises(StorageError, match="is not in"):
        Seal.of(apart / "finder").open(closed)
    monkeypatch.setenv("HAUSGEIST_HOME", str(new))
    assert Seal.of(apart / "finder").open(closed) == b"a picture"
    settle(apart / "finder", active=True, key_file=new / "config" / "pictures.key", keychain=None)
    monkeypatch.delenv("HAUSGEIST_HOME")
    assert Seal.of(apart / "finder").open(closed) == b"a picture"


def test_an_absolute_place_of_the_key_is_still_read(tmp_path: Path) -> None:
    folder, key = tmp_path / "finder", tmp_path / "config" / "pictures.key"
    closed = settle(folder, active=True, key_file=key, keychain=None).close(b"a picture")
    (folder / "seal.json").write_text(json.dumps({"active": True, "key_file": str(key), "key_name": ""}))
    assert Seal.of(folder).open(closed) == b"a picture"
