"""Where backups of this house were written to, so that a repair finds the newest good one. Owns no backup."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime.errors import HausgeistError
from runtime.keeping.archive import Backup
from runtime.paths import Paths, replacing

MOST = 50


def note(paths: Paths, backup: Path, made: str) -> None:
    """Remember that a backup was written; a disk that refuses that spoils no backup."""
    rows = [row for row in _read(paths) if row["file"] != str(backup)]
    with suppress(HausgeistError, OSError), replacing(_file(paths)) as beside:
        beside.write_text(json.dumps([*rows, {"file": str(backup), "made": made}][-MOST:], indent=1), encoding="utf-8")


def newest_good(paths: Paths) -> tuple[Path, datetime] | None:
    """The newest backup that is still there and of which every byte is right, and when it was made."""
    for row in sorted(_read(paths), key=lambda row: row["made"], reverse=True):
        with suppress(HausgeistError, OSError, ValueError), Backup(Path(row["file"])) as backup:
            for _ in backup.verified():
                pass
            return backup.file, datetime.fromisoformat(backup.manifest.made)
    return None


def last_made(paths: Paths) -> datetime | None:
    """When the last backup was made; None where none is known."""
    made = [row["made"] for row in _read(paths)]
    with suppress(ValueError):
        return datetime.fromisoformat(max(made)) if made else None
    return None


def _file(paths: Paths) -> Path:
    return paths.data / "backups.json"


def _read(paths: Paths) -> list[dict[str, str]]:
    try:
        rows: Any = json.loads(_file(paths).read_text(encoding="utf-8"))
        return [{"file": str(row["file"]), "made": str(row["made"])} for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return []
