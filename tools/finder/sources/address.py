"""Addresses of cameras, and the credentials in them: shown without, kept in the keyring or a file of the owner's alone.

Owns no connections. What is printed, logged or stored in the index is the address as `Address.shown` has it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from runtime.errors import StorageError, UsageError, storage_errors
from runtime.keychain import Keychain, SystemKeychain
from runtime.paths import replacing
from tools.finder.records import CameraKind

_SCHEMES: dict[str, CameraKind] = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "frigate", "https": "frigate"}
_IN_KEYRING = "in the keyring"
"""Stands in the file for an address that the keyring has."""
_SECRET = re.compile(
    r"(?i)(?<![a-z0-9])([a-z]*(?:pass|pwd|passwd|password|token|secret|key|auth|user|username))="
    r"([^&/;#\s'\"]*?)(?=[&/;#\s'\"]|_[a-z]+=|$)"
)


@dataclass(frozen=True)
class Address:
    """An address: `full` may hold credentials and is never printed; `shown` holds none."""

    kind: CameraKind
    full: str
    shown: str

    @property
    def secret(self) -> bool:
        """Whether something of it must not be seen."""
        return self.full != self.shown

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"


def parse_address(text: str, password: str | None = None) -> Address | None:
    """The address that `text` is, or None for a path. `password` goes with the user that the address names.

    Raises `UsageError` for a scheme that is not known, an address without a host, or a password without a user.
    """
    scheme, separator, _ = text.strip().partition("://")
    if not separator or not scheme.isalpha():
        return None
    kind = _SCHEMES.get(scheme.lower())
    if kind is None:
        remedy = "Known are rtsp://, rtsps:// (a camera) and http://, https:// (a Frigate server)."
        raise UsageError(f"An address that begins with {scheme}:// is not known.", remedy=remedy)
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as problem:
        raise UsageError(f"The address of the camera is not valid: {problem}.", remedy="Check it.") from problem
    if not host:
        raise UsageError(f"The address {redact(text)} names no host.", remedy="Write rtsp://HOST/PATH.")
    if password is not None and not parts.username:
        raise UsageError("A password needs a user.", remedy=f"Write {scheme}://USER@{host}.")
    place = f"[{host}]" if ":" in host else host
    place = f"{place}:{port}" if port else place
    full = urlunsplit(parts)
    if password is not None:
        full = urlunsplit(parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{place}"))
    return Address(kind, full, redact(urlunsplit(parts._replace(netloc=place))))


def redact(text: str) -> str:
    """`text` in which users and passwords of addresses are left out, and values that look secret are starred."""
    bare = re.sub(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s]*@", r"\1", text)
    return _SECRET.sub(r"\1=***", bare) if "://" in bare else bare


class Credentials:
    """Full addresses by camera id, in one file of mode 0600, or in the system's keyring with a mark in the file.

    `keychain` is where `keep` puts new ones; None: the file. Raises `StorageError` when the file is damaged or the
    keyring locked.
    """

    def __init__(self, folder: Path, keychain: Keychain | None = None) -> None:
        self._file = folder / "credentials.json"
        self._place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        self._keychain = keychain

    def full(self, camera_id: int, shown: str) -> str:
        """The address to connect to; `shown` where nothing is kept."""
        kept = self._read().get(str(camera_id), shown)
        if kept != _IN_KEYRING:
            return kept
        found = self._opened().get(self._name(camera_id))
        if found is None:
            remedy = "Remove the camera and add it again with its address."
            raise StorageError(f"The keyring has no address of the camera with the number {camera_id}.", remedy=remedy)
        return found

    def keep(self, camera_id: int, full: str) -> None:
        """Keep a full address."""
        if self._keychain is not None:
            self._keychain.put(self._name(camera_id), full)
        kept = self._read()
        if self._keychain is None and kept.get(str(camera_id)) == _IN_KEYRING:
            self._opened().drop(self._name(camera_id))
        self._write({**kept, str(camera_id): full if self._keychain is None else _IN_KEYRING})

    def forget(self, camera_id: int) -> None:
        """Forget the address of a camera that is gone."""
        kept = self._read()
        was = kept.pop(str(camera_id), None)
        if was == _IN_KEYRING:
            self._opened().drop(self._name(camera_id))
        if was is not None:
            self._write(kept)

    def move(self) -> int:
        """Bring every address to where `keep` would put it now; gives how many were moved."""
        wrong = [key for key, value in self._read().items() if (value == _IN_KEYRING) is (self._keychain is None)]
        for key in wrong:
            self.keep(int(key), self.full(int(key), ""))
        return len(wrong)

    def _name(self, camera_id: int) -> str:
        """The name in the keyring; houses on one machine do not share it."""
        return f"camera {self._place}/{camera_id}"

    def _opened(self) -> Keychain:
        return self._keychain or SystemKeychain()

    def _read(self) -> dict[str, str]:
        with storage_errors(self._file):
            try:
                text = self._file.read_text(encoding="utf-8")
            except FileNotFoundError:
                return {}
        try:
            return {str(key): str(value) for key, value in json.loads(text).items()}
        except (ValueError, AttributeError, RecursionError) as problem:
            remedy = "Move it aside, and add the cameras that need a password again."
            raise StorageError(f"The file {self._file} is damaged.", remedy=remedy) from problem

    def _write(self, kept: dict[str, str]) -> None:
        with replacing(self._file) as beside:
            beside.chmod(0o600)
            beside.write_text(json.dumps(kept), encoding="utf-8")
