"""Encryption of kept pictures at rest: AES-256-GCM (NIST SP 800-38D), a new random nonce for each. Owns no pictures.

A folder whose pictures are to be sealed holds `seal.json`: whether new ones are sealed, and where the key is: in the
system's keyring, or in a file of mode 0600 beside the settings. That file is named from the folder on, so that all can
be moved together; a data folder that is moved alone finds the key beside the settings. What is sealed begins with a
mark and the key's number, so that plain and sealed pictures may lie side by side, and a wrong key is told from a
damaged file. The key lies apart from the data, so that a copy of the data folder shows nothing; who has both can read
all.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.errors import StorageError, storage_errors
from runtime.keychain import Keychain, SystemKeychain
from runtime.paths import Paths, replacing

MARK = b"HGSEAL1\n"
FILE = "seal.json"
KEY_BYTES, NUMBER_BYTES, NONCE_BYTES = 32, 8, 12
_DEPTH = 4
"""How far above a picture its folder's `seal.json` may lie."""


@dataclass(frozen=True)
class Seal:
    """How a folder's pictures are kept: `active`: new ones are sealed. Raises `StorageError` where the key is gone."""

    active: bool = False
    key_file: str = ""
    """From `folder` on; an absolute path in what older versions wrote."""
    key_name: str = ""
    """The name in the keyring, where the key is there."""
    folder: Path = field(default=Path(), compare=False)

    @classmethod
    def of(cls, folder: Path) -> Seal:
        """The seal of `folder`; one that seals nothing where there is none."""
        try:
            table = json.loads((folder / FILE).read_text(encoding="utf-8"))
            return cls(bool(table["active"]), str(table["key_file"]), str(table["key_name"]), folder.resolve())
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as problem:
            remedy = "Put it back from a backup: it says where the key of the pictures is."
            raise StorageError(f"The file {folder / FILE} is damaged.", remedy=remedy) from problem

    def close(self, data: bytes) -> bytes:
        """`data`, sealed where this seal is active and it is not sealed yet."""
        if not self.active or data.startswith(MARK):
            return data
        key = self._key()
        nonce = os.urandom(NONCE_BYTES)
        return MARK + _number(key) + nonce + AESGCM(key).encrypt(nonce, data, MARK)

    def open(self, data: bytes) -> bytes:
        """What was sealed; plain data as it is."""
        if not data.startswith(MARK):
            return data
        key, body = self._key(), data[len(MARK) :]
        if body[:NUMBER_BYTES] != _number(key):
            remedy = "Put the key back that was there when it was sealed, or delete it: `hausgeist privacy delete`."
            raise StorageError(f"A picture was sealed with another key than that in {self._where}.", remedy=remedy)
        nonce = body[NUMBER_BYTES : NUMBER_BYTES + NONCE_BYTES]
        try:
            return AESGCM(key).decrypt(nonce, body[NUMBER_BYTES + NONCE_BYTES :], MARK)
        except (InvalidTag, ValueError) as problem:
            remedy = "Put it back from a backup, or delete it: `hausgeist privacy delete`."
            raise StorageError("A sealed picture is damaged.", remedy=remedy) from problem

    @property
    def place(self) -> Path:
        """The file with the key: as it was written down, else of that name beside the settings."""
        told = Path(os.path.normpath(self.folder / self.key_file))
        beside = Paths.from_environment().config / told.name
        return beside if not told.exists() and beside.exists() else told

    @property
    def _where(self) -> str:
        return "the system keyring" if self.key_name else str(self.place) if self.key_file else ""

    def _key(self) -> bytes:
        try:
            found = SystemKeychain().get(self.key_name) if self.key_name else self.place.read_text("ascii")
            key = b64decode(found or "", validate=True)
        except (OSError, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            remedy = "Put it back; without it the kept pictures cannot be read by anybody, and can only be deleted."
            raise StorageError(f"The key of the sealed pictures is not in {self._where or 'its place'}.", remedy=remedy)
        return key


def settle(folder: Path, *, active: bool, key_file: Path, keychain: Keychain | None) -> Seal:
    """Let a folder's new pictures be sealed, or not, from now on. The first time a key is made and kept.

    A key that is there stays: what it sealed must stay readable. Raises `StorageError`.
    """
    now = Seal.of(folder)
    if not now.key_file and not now.key_name:
        if not active:
            return now
        now = _with_key(folder, key_file, keychain)
    elif now.key_file and not (now.folder / now.key_file).exists() and key_file.exists():  # it was moved
        now = replace(now, key_file=_from(folder, key_file))
    changed = replace(now, active=active, folder=folder.resolve())
    if changed != Seal.of(folder):
        table = {"active": changed.active, "key_file": changed.key_file, "key_name": changed.key_name}
        with replacing(folder / FILE) as beside:
            beside.write_text(json.dumps(table), encoding="utf-8")
    return changed


def read_picture(file: Path) -> bytes:
    """The bytes of a picture's file, opened where it is sealed. Raises `OSError`, `StorageError`."""
    data = file.read_bytes()
    if not data.startswith(MARK):
        return data
    folders = list(file.absolute().parents)[:_DEPTH]
    return Seal.of(next((one for one in folders if (one / FILE).is_file()), folders[0])).open(data)


def _with_key(folder: Path, key_file: Path, keychain: Keychain | None) -> Seal:
    text = b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
    if keychain is not None:
        name = f"pictures {hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"
        if keychain.get(name) is None:
            keychain.put(name, text)
        return Seal(key_name=name)
    if not key_file.exists():
        with storage_errors(key_file.parent), replacing(key_file) as beside:
            beside.chmod(0o600)
            beside.write_text(text, encoding="ascii")
    return Seal(key_file=_from(folder, key_file))


def _from(folder: Path, key_file: Path) -> str:
    return os.path.relpath(key_file.resolve(), folder.resolve())


def _number(key: bytes) -> bytes:
    """What tells one key from another, and nothing of the key."""
    return hashlib.sha256(b"hausgeist key " + key).digest()[:NUMBER_BYTES]
