"""Files of a step appear once: made in a folder of the step, moved into place after the journal says "done".

A step that is cut leaves files only in its own folder, which the next attempt empties. Moving is a rename within one
file system, and a rename that happened is not repeated; so a resumption may do all the moves again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runtime.errors import storage_errors
from runtime.house import House
from runtime.paths import Paths, ensure


@dataclass(frozen=True)
class StagedPaths(Paths):
    """The house's folders, with another place for what tools make."""

    stage: Path = Path()

    @property
    def outputs(self) -> Path:
        """Where tools write now."""
        return self.stage


class Stage:
    """The folder of one step of one run."""

    def __init__(self, house: House, run: str, path: str) -> None:
        self._outputs = house.paths.outputs
        name = hashlib.sha256(path.encode()).hexdigest()[:16]
        self.folder = house.paths.data / "scripts" / "stages" / run / name
        self._house = house

    def prepare(self) -> House:
        """Empty the folder; gives a house whose outputs go there."""
        with storage_errors(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)
        ensure(self.folder)
        paths = self._house.paths
        staged = StagedPaths(paths.config, paths.data, paths.cache, paths.models, self.folder)
        return replace(self._house, paths=staged)

    def settled(self, value: Any) -> Any:
        """A result in which every path of the folder is the path that the file will have."""
        here, there = str(self.folder), str(self._outputs)

        def change(text: str) -> str:
            return text.replace(here, there)

        return _map_texts(value, change)

    def commit(self) -> None:
        """Move every file to its place, and remove the folder; may be done again after a crash."""
        if not self.folder.is_dir():
            return
        with storage_errors(self._outputs):
            for file in sorted(self.folder.rglob("*")):
                if file.is_file():
                    target = self._outputs / file.relative_to(self.folder)
                    ensure(target.parent)
                    _synced(file)
                    file.replace(target)
        self.discard()

    def discard(self) -> None:
        """Remove the folder and what is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def discard_run(house: House, run: str) -> None:
    """Remove the folders of a run that is over."""
    shutil.rmtree(house.paths.data / "scripts" / "stages" / run, ignore_errors=True)


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _map_texts(item, change) for key, item in value.items()}
    return value


def _synced(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
