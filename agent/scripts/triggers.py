"""What has happened since a script last looked: new files, indexed camera events. Owns no schedule and no journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from agent.scripts.schema import CameraTrigger, FileTrigger
from runtime.errors import HausgeistError
from runtime.house import House
from tools.finder.events import events as camera_events
from tools.finder.store import FinderStore

TEMPORARY = (".part", ".tmp", ".crdownload", ".swp", "~")


@dataclass(frozen=True)
class Happening:
    """Something that happened: `key` names it in the journal, `event` is what the script's templates see."""

    key: str
    event: Mapping[str, Any]


class FileWatch:
    """New files of a folder. A file counts once two looks in a row find it of the same size and time, so that one that
    is still being written is not taken half done. A file that is written again later is new again.
    """

    def __init__(self, trigger: FileTrigger) -> None:
        self._folder = Path(trigger.folder).expanduser().absolute()
        self._pattern = trigger.pattern
        self._before: dict[Path, tuple[int, int]] | None = None

    def look(self) -> list[Happening]:
        """The files that have come to rest since the last look, by name."""
        now = self._states()
        resting = [path for path, state in now.items() if self._before is not None and self._before.get(path) == state]
        self._before = now
        return [_file_happening(path, now[path]) for path in sorted(resting)]

    def there(self) -> list[str]:
        """The keys of all files that are there."""
        return [_file_happening(path, state).key for path, state in self._states().items()]

    def _states(self) -> dict[Path, tuple[int, int]]:
        states = {}
        try:
            for path in self._folder.iterdir():
                hidden = path.name.startswith(".") or path.name.endswith(TEMPORARY)
                if not hidden and fnmatch(path.name, self._pattern) and path.is_file():
                    found = path.stat()
                    states[path] = (found.st_size, found.st_mtime_ns)
        except OSError:
            return states  # the folder comes and goes, as on a stick
        return states


def _file_happening(path: Path, state: tuple[int, int]) -> Happening:
    size, mtime = state
    return Happening(f"{path}|{size}|{mtime}", {"kind": "file", "path": str(path), "name": path.name, "bytes": size})


class CameraWatch:
    """Changes that the finder has indexed."""

    def __init__(self, trigger: CameraTrigger, house: House) -> None:
        self._trigger, self._house = trigger, house
        self._stamp: tuple[int, int] | None = None

    def look(self) -> list[Happening]:
        """All changes of the trigger's kind, the oldest first; nothing where the index was not touched since."""
        file = self._house.paths.finder / "finder.sqlite"
        stamp = _stamp(file)
        if stamp is None or stamp == self._stamp:
            return []
        found = self._read()
        self._stamp = stamp
        return found

    def there(self) -> list[str]:
        """The keys of all changes that are indexed."""
        file = self._house.paths.finder / "finder.sqlite"
        return [happening.key for happening in self._read()] if file.exists() else []

    def _read(self) -> list[Happening]:
        wanted = self._trigger
        with FinderStore(self._house.paths.finder) as store:
            try:
                rows = camera_events(store, wanted.name, self._house.now().tzinfo)
            except HausgeistError:
                return []  # the camera is not there yet
        return [
            Happening(f"{row['camera']}|{row['time']}|{row['type']}|{row['box']}", {"kind": "camera", **row})
            for row in rows
            if wanted.change is None or row["type"] == wanted.change
        ]


def _stamp(file: Path) -> tuple[int, int] | None:
    """Changes whenever the database was written: the modification times of it and of its log."""
    try:
        log = file.with_name(f"{file.name}-wal")
        return file.stat().st_mtime_ns, log.stat().st_mtime_ns if log.exists() else 0
    except OSError:
        return None
