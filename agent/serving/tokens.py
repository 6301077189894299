"""Tokens of the servers: made once, shown once, kept as a hash. Owns no requests.

A token is 256 random bits, so one round of SHA-256 protects it at rest as well as a slow hash would (NIST SP 800-63B
asks for slow ones for what people can remember). Comparison takes the same time wherever two hashes differ.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import datetime
from pathlib import Path

from runtime.errors import SettingsError, UsageError, storage_errors
from runtime.paths import replacing

PREFIX = "hg-"


class Tokens:
    """The tokens in `file`, by name."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def names(self) -> dict[str, str]:
        """Name and day of making of each token. Raises `SettingsError` for a damaged file."""
        return {name: row["made"] for name, row in self._read().items()}

    def make(self, name: str, now: datetime) -> str:
        """Make a token (in place of one of that name) and give it: it is shown this once and kept as a hash."""
        if not name.strip() or len(name) > 64:
            raise UsageError(f"{name!r} is no name for a token.", remedy="Use up to 64 letters.")
        token = PREFIX + secrets.token_urlsafe(32)
        rows = self._read()
        rows[name] = {"sha256": _digest(token), "made": now.date().isoformat()}
        with replacing(self.file) as beside:
            beside.write_text(json.dumps(rows, indent=1), encoding="utf-8")
            beside.chmod(0o600)
        return token

    def remove(self, name: str) -> bool:
        """Forget a token; tells whether there was one of that name."""
        rows = self._read()
        if rows.pop(name, None) is None:
            return False
        with replacing(self.file) as beside:
            beside.write_text(json.dumps(rows, indent=1), encoding="utf-8")
            beside.chmod(0o600)
        return True

    def owner(self, token: str) -> str | None:
        """The name of a token that is valid, else None."""
        given = _digest(token)
        found = None
        for name, row in self._read().items():
            if hmac.compare_digest(str(row["sha256"]), given):
                found = name
        return found

    def _read(self) -> dict[str, dict[str, str]]:
        if not self.file.exists():
            return {}
        try:
            with storage_errors(self.file.parent):
                rows = json.loads(self.file.read_text(encoding="utf-8"))
            return {str(name): {"sha256": row["sha256"], "made": row["made"]} for name, row in rows.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            remedy = "Remove it and make new tokens with `hausgeist serve --new-token NAME`."
            raise SettingsError(f"The file of tokens {self.file} is damaged.", remedy=remedy) from problem


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
