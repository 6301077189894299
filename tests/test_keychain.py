"""Camera addresses with passwords: in the keyring or a 0600 file, and in no other file, output, log or argument."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.errors import SettingsError, StorageError
from runtime.house import House
from runtime.keychain import SystemKeychain, open_keychain
from tools.finder.cameras import add_live, forget_camera
from tools.finder.sources.address import Credentials, parse_address
from tools.finder.sources.live import full_address
from tools.finder.store import FinderStore

from .cli_driver import Cli

keyring = pytest.importorskip(
    "keyring", reason="the package keyring is not installed: pip install 'hausgeist[keyring]'"
)
FULL = "rtsp://anna:hunter2-secret@127.0.0.1:9/live"


@pytest.fixture
def chain() -> Iterator[dict[tuple[str, str], str]]:
    """A keyring in memory in place of the machine's; what it holds, by service and name."""
    from keyring.backend import KeyringBackend

    held: dict[tuple[str, str], str] = {}
    before = keyring.get_keyring()  # chosen before the class below is there: the package knows each subclass at once

    class InMemory(KeyringBackend):
        priority = 5.0  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            from keyring.errors import PasswordDeleteError

            if held.pop((service, username), None) is None:
                raise PasswordDeleteError(username)

    keyring.set_keyring(InMemory())
    yield held
    keyring.set_keyring(before)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def add(house: House) -> None:
    address = parse_address(FULL)
    assert address is not None
    with FinderStore(house.paths.finder) as store:
        add_live(house, store, "door", address, check=False)


def test_the_keyring_holds_an_address_and_no_file_does(house: House, chain: dict[tuple[str, str], str]) -> None:
    add(house)
    assert list(chain.values()) == [FULL] and b"hunter2" not in everything(house.paths.data)
    with FinderStore(house.paths.finder) as store:
        assert full_address(house.paths.finder, store.camera("door")) == FULL
        forget_camera(house, store, "door")
    assert not chain


def test_addresses_move_between_the_file_and_the_keyring(tmp_path: Path, chain: dict[tuple[str, str], str]) -> None:
    Credentials(tmp_path).keep(1, FULL)
    assert b"hunter2" in everything(tmp_path)
    assert Credentials(tmp_path, SystemKeychain()).move() == 1 and b"hunter2" not in everything(tmp_path)
    assert Credentials(tmp_path).full(1, "") == FULL
    assert Credentials(tmp_path, SystemKeychain()).move() == 0
    assert Credentials(tmp_path).move() == 1 and not chain and Credentials(tmp_path).full(1, "") == FULL


def test_a_keyring_that_is_locked_or_lost_says_so(tmp_path: Path, chain: dict[tuple[str, str], str]) -> None:
    Credentials(tmp_path, SystemKeychain()).keep(1, FULL)
    chain.clear()
    with pytest.raises(StorageError, match="add it again"):
        Credentials(tmp_path).full(1, "")
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())
    with pytest.raises(StorageError, match=r"privacy\.keyring=never") as told:
        Credentials(tmp_path).full(1, "")
    assert "hunter2" not in str(told.value)
    assert open_keychain("auto") is None and open_keychain("never") is None
    with pytest.raises(SettingsError, match="no system keyring"):
        open_keychain("always")


def test_without_a_keyring_a_password_is_in_one_file_and_nowhere_else(
    environment: dict[str, str], cli: Cli, caplog: pytest.LogCaptureFixture
) -> None:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    caplog.set_level(logging.DEBUG)
    try:
        said = [cli("cameras", "add", "door", FULL, "--no-check", "--json")]
        said += [cli(*words) for words in (
            ("cameras", "list"), ("cameras", "list", "--json"), ("cameras", "add", "gate", FULL),
            ("cameras", "still", "door"), ("cameras", "coverage", "door", "--json"), ("settings", "--json"),
            ("privacy", "--json"), ("find", "watch", "--json"), ("cameras", "add", "door", FULL, "--no-check"),
        )]  # fmt: skip
        assert said[0].status == 0, said[0].err
        assert not [ran for ran in said if "hunter2" in ran.out + ran.err] and "hunter2" not in caplog.text
    finally:
        keyring.set_keyring(before)
    home = Path(environment["HAUSGEIST_HOME"])
    holding = [path for path in home.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert [path.name for path in holding] == ["credentials.json"]
    assert holding[0].stat().st_mode & 0o777 == 0o600 and json.loads(holding[0].read_text()) == {"1": FULL}
