"""Addresses are shown without their credentials, which lie in a file of mode 0600."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.errors import StorageError, UsageError
from tools.finder.sources.address import Credentials, parse_address, redact


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("rtsp://anna:ge%20heim@cam.lan:8554/live", "rtsp", "rtsp://cam.lan:8554/live"),
        ("RTSP://anna@cam.lan/live?channel=1&subtype=0", "rtsp", "rtsp://cam.lan/live?channel=1&subtype=0"),
        ("rtsp://cam.lan/user=admin_password=tlJwpbo6_channel=1.sdp", "rtsp", "rtsp://cam.lan/user=***_password=***_channel=1.sdp"),
        ("rtsp://cam.lan/live?token=abc_123&x=1", "rtsp", "rtsp://cam.lan/live?token=***&x=1"),
        ("rtsps://anna:p@ss:w@[fe80::1]:322/s", "rtsp", "rtsps://[fe80::1]:322/s"),
        ("http://frigate.lan:5000", "frigate", "http://frigate.lan:5000"),
        ("https://anna:pw@frigate.lan:8971/", "frigate", "https://frigate.lan:8971/"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_secrets(text: str, kind: str, shown: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert (address.kind, address.shown) == (kind, shown)
    assert address.secret == (address.full != shown)
    assert "pw" not in repr(address)
    assert "heim" not in repr(address)


def test_paths_are_no_addresses() -> None:
    for text in ("/recordings/kitchen", "kitchen.mp4", "C:/video", "./a:b"):
        assert parse_address(text) is None


def test_a_password_goes_with_its_user() -> None:
    address = parse_address("rtsp://anna@cam.lan/live", "p@ss/w:ort")
    assert address is not None
    assert address.full == "rtsp://anna:p%40ss%2Fw%3Aort@cam.lan/live"
    for text, says in (("rtsp://cam.lan", "needs a user"), ("ftp://cam.lan", "ftp://"), ("rtsp:///live", "no host")):
        with pytest.raises(UsageError, match=says):
            parse_address(text, "word")
    with pytest.raises(UsageError, match="not valid"):
        parse_address("rtsp://cam.lan:notaport/live")


def test_messages_of_libraries_are_cleaned() -> None:
    said = redact("401 for url 'http://anna:pw@host/api' and rtsp://b:c@host2/x?password=word")
    assert said == "401 for url 'http://host/api' and rtsp://host2/x?password=***"


def test_credentials_lie_in_a_file_of_the_owners(tmp_path: Path) -> None:
    kept = Credentials(tmp_path)
    assert kept.full(1, "rtsp://cam.lan") == "rtsp://cam.lan"
    kept.keep(1, "rtsp://anna:pw@cam.lan")
    kept.keep(2, "rtsp://ben:pw@cam.lan")
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert Credentials(tmp_path).full(1, "rtsp://cam.lan") == "rtsp://anna:pw@cam.lan"
    kept.forget(1)
    assert "anna" not in (tmp_path / "credentials.json").read_text()
    assert kept.full(2, "") == "rtsp://ben:pw@cam.lan"
    (tmp_path / "credentials.json").write_text("[1, 2")
    with pytest.raises(StorageError, match="damaged"):
        kept.full(2, "")
