"""Passwords of cameras after a restoring: those of this house stay with the cameras they belong to. Owns no addresses.

A backup without secrets knows its cameras by number and address. A password goes along only where both are the same, so
that none is ever sent to another camera's address.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from agent.keeping.stores import FINDER
from runtime.paths import replacing
from tools.finder.sources.address import redact


def carry_credentials(fresh: Path, present: Path) -> None:
    """Keep of the carried credentials in the data folder `fresh` those that fit its cameras."""
    file, index = fresh / "finder" / "credentials.json", fresh / FINDER.place
    if not file.is_file() or not (present / "finder" / "credentials.json").is_file():
        return
    cameras: dict[str, str] = {}
    if index.is_file():
        with closing(sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True)) as database:
            cameras = {str(number): source for number, source in database.execute("SELECT id, source FROM cameras")}
    try:
        kept = {
            n: full for n, full in json.loads(file.read_text(encoding="utf-8")).items() if _fits(cameras.get(n), full)
        }
    except (ValueError, AttributeError, TypeError):
        kept = {}
    with replacing(file) as beside:
        beside.chmod(0o600)
        beside.write_text(json.dumps(kept), encoding="utf-8")


def _fits(shown: str | None, full: str) -> bool:
    return shown is not None and redact(full) == redact(shown)
