"""Which recordings of a camera are ready to be looked through, told cheaply again and again. Owns no indexing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.finder.records import Camera
from tools.finder.sources.growing import still_growing
from tools.finder.sources.recordings import recordings_of
from tools.finder.store import FinderStore


@dataclass
class Looker:
    """Remembers which files are done, so that the index is asked once for each. `clock` gives Unix seconds."""

    store: FinderStore
    settle_s: float
    clock: Callable[[], float]
    _done: dict[int, dict[Path, tuple[int, int]]] = field(default_factory=dict)

    def look(self, camera: Camera) -> tuple[list[Path], int]:
        """The recordings that are ready, and how many still grow. Raises `OSError` where they cannot be read."""
        before, now_done = self._done.get(camera.id, {}), dict[Path, tuple[int, int]]()
        ready, growing = [], 0
        for file in recordings_of(camera):
            try:
                found = file.stat()
            except FileNotFoundError:
                continue
            seen = (found.st_size, found.st_mtime_ns)
            if before.get(file) == seen or self.store.is_indexed(camera.id, str(file), *seen):
                now_done[file] = seen
            elif self.grows(file):
                growing += 1
            else:
                ready.append(file)
        self._done[camera.id] = now_done
        return ready, growing

    def grows(self, file: Path) -> bool:
        """Whether a recording has to be left for later."""
        return still_growing(file, self.clock(), self.settle_s)
