"""Passwords of cameras after a restoring: those of this house stay with the cameras they belong to. Owns no addresses.

A backup without secrets knows its cameras by number and address. A password goes along only where both are the same, so
that none is ever sent to another camera's address.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from agent.keeping.stores import FINDER
from runtime.errors import HausgeistError
from runtime.paths import replacing
from tools.finder.sources.address import Credentials, redact


def carry_credentials(fresh: Path, present: Path) -> None:
    """Keep of the credentials that were carried into the data folder `fresh` those that fit its cameras.

    `present` is the data folder that they are from; what lies in the keyring is asked for by its place.
    """
    file, index = fresh / "finder" / "credentials.json", fresh / FINDER.place
    if not file.is_file() or not (present / "finder" / "credentials.json").is_file():
        return
    cameras: dict[str, str] = {}
    if index.is_file():
        with closing(sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True)) as database:
            cameras = {str(number): source for number, source in database.execute("SELECT id, source FROM cameras")}
    kept: dict[str, str] = {}
    with suppress(ValueError, AttributeError, TypeError, RecursionError):
        for number, value in json.loads(file.read_text(encoding="utf-8")).items():
            if number in cameras and _full(present, number) == redact(cameras[number]):
                kept[number] = value
    with replacing(file) as beside:
        beside.chmod(0o600)
        beside.write_text(json.dumps(kept), encoding="utf-8")


def _full(present: Path, number: str) -> str | None:
    """The address without its secrets; None where the keyring does not give it."""
    try:
        return redact(Credentials(present / "finder").full(int(number), ""))
    except HausgeistError:
        return None
