"""Tokens of the servers: made once, shown once, kept as a hash with their scopes. Owns no requests.

A token is 256 random bits, so one round of SHA-256 protects it at rest as well as a slow hash would (NIST SP 800-63B
asks for slow ones for what people can remember). Comparison takes the same time wherever two hashes differ.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.serving.access import SCOPES, Access, scopes_from
from runtime.errors import SettingsError, UsageError, storage_errors
from runtime.paths import replacing

PREFIX = "hg-"


@dataclass(frozen=True)
class TokenRow:
    """What is known of a token: `made` is a day (ISO 8601). The token itself is not."""

    name: str
    made: str
    scopes: tuple[str, ...]


class Tokens:
    """The tokens in `file`, by name. Raises `SettingsError` for a damaged file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def rows(self) -> list[TokenRow]:
        """All tokens, by name."""
        return [TokenRow(name, str(row["made"]), _scopes(row)) for name, row in sorted(self._read().items())]

    def names(self) -> dict[str, str]:
        """Name and day of making of each token."""
        return {row.name: row.made for row in self.rows()}

    def make(self, name: str, now: datetime, scopes: Iterable[str] = SCOPES) -> str:
        """Make a token (in place of one of that name) and give it: it is shown this once and kept as a hash."""
        if not name.strip() or len(name) > 64 or not name.isprintable():
            raise UsageError(f"{name!r} is no name for a token.", remedy="Use up to 64 letters.")
        chosen = sorted(scopes_from(scopes), key=SCOPES.index)
        token = PREFIX + secrets.token_urlsafe(32)
        self._write(
            {**self._read(), name: {"sha256": _digest(token), "made": now.date().isoformat(), "scopes": chosen}}
        )
        return token

    def remove(self, name: str) -> bool:
        """Forget a token; tells whether there was one of that name. Servers that run refuse it from then on."""
        rows = self._read()
        if rows.pop(name, None) is None:
            return False
        self._write(rows)
        return True

    def access(self, token: str) -> Access | None:
        """Who a valid token belongs to and what it may do, else None. Every kept hash is compared."""
        given = _digest(token)
        found = None
        for name, row in self._read().items():
            if hmac.compare_digest(str(row["sha256"]), given):
                found = Access(name, frozenset(_scopes(row)))
        return found

    def owner(self, token: str) -> str | None:
        """The name of a token that is valid, else None."""
        found = self.access(token)
        return found.name if found else None

    def _read(self) -> dict[str, dict[str, object]]:
        if not self.file.exists():
            return {}
        try:
            with storage_errors(self.file.parent):
                rows = json.loads(self.file.read_text(encoding="utf-8"))
            kept = {str(name): {"scopes": list(SCOPES), **row} for name, row in rows.items()}
            for row in kept.values():
                _, _, _ = str(row["sha256"]), str(row["made"]), _scopes(row)
            return kept
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as problem:
            remedy = "Remove it and make new tokens with `hausgeist token create NAME`."
            raise SettingsError(f"The file of tokens {self.file} is damaged.", remedy=remedy) from problem

    def _write(self, rows: dict[str, dict[str, object]]) -> None:
        with replacing(self.file) as beside:
            beside.chmod(0o600)
            beside.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _scopes(row: dict[str, object]) -> tuple[str, ...]:
    """The scopes of a row; a token that was made before there were scopes has them all."""
    named = row.get("scopes")
    if not isinstance(named, list):
        raise TypeError("scopes is no list")
    return tuple(sorted(scopes_from(str(word) for word in named), key=SCOPES.index))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
