"""Addresses of cameras, and the credentials in them: shown without, kept in a file that only the owner can read.

Owns no connections. What is printed, logged or stored in the index is the address as `Address.shown` has it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from runtime.errors import StorageError, UsageError, storage_errors
from runtime.paths import replacing
from tools.finder.records import CameraKind

_SCHEMES: dict[str, CameraKind] = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "frigate", "https": "frigate"}
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
    """Full addresses by camera id, in one file of mode 0600. Raises `StorageError` when it is damaged."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "credentials.json"

    def full(self, camera_id: int, shown: str) -> str:
        """The address to connect to; `shown` where nothing is kept."""
        return self._read().get(str(camera_id), shown)

    def keep(self, camera_id: int, full: str) -> None:
        """Keep a full address."""
        self._write({**self._read(), str(camera_id): full})

    def forget(self, camera_id: int) -> None:
        """Forget the address of a camera that is gone."""
        kept = self._read()
        if kept.pop(str(camera_id), None) is not None:
            self._write(kept)

    def _read(self) -> dict[str, str]:
        with storage_errors(self._file):
            try:
                text = self._file.read_text(encoding="utf-8")
            except FileNotFoundError:
                return {}
        try:
            return {str(key): str(value) for key, value in json.loads(text).items()}
        except (ValueError, AttributeError) as problem:
            remedy = "Move it aside, and add the cameras that need a password again."
            raise StorageError(f"The file {self._file} is damaged.", remedy=remedy) from problem

    def _write(self, kept: dict[str, str]) -> None:
        with replacing(self._file) as beside:
            beside.chmod(0o600)
            beside.write_text(json.dumps(kept), encoding="utf-8")
