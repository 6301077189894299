"""What is left after a deletion: a house is filled, all of it is deleted by time, and its files are searched byte by
byte for what was in it. Owns no deletion."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from agent.privacy.erase import Wanted, delete, find
from benchmarks.trust.result import SuiteResult
from memory.memory import Memory
from runtime.house import House
from tools.finder.scan.drafts import SegmentDraft, SegmentFile, SightingDraft, StillDraft
from tools.finder.store import FinderStore

WEIGHT = 0.2
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(budget_s: float, seed: int) -> SuiteResult:
    """Fill and empty a house."""
    erased, left = _erasing(seed)
    notes = tuple(f"after a deletion {name} is still in {file}" for name, file in left)
    return SuiteResult("privacy", erased, len(left), notes=notes, unit="records looked for after their deletion")


def _erasing(seed: int) -> tuple[int, list[tuple[str, str]]]:
    """How many secrets were deleted, and those that are still somewhere, with the file's name."""
    needles = {f"still {n}": hashlib.sha512(f"{seed} still {n}".encode()).digest() for n in range(50)}
    crops = {f"crop {n}": hashlib.sha512(f"{seed} crop {n}".encode()).digest() for n in range(50)}
    words = {f"fact {n}": hashlib.sha256(f"{seed} fact {n}".encode()).hexdigest() for n in range(50)}
    with House.open() as house, Memory(house) as memory:
        start = DAY.timestamp()
        with FinderStore(house.paths.finder) as store:
            stills = [StillDraft(start + n, jpeg) for n, jpeg in enumerate(needles.values())]
            sightings = [
                SightingDraft(start + n, start + 50, (n, 1, 9, 9), "change", n, None, None, "cup", 0.9, ("red",), crop)
                for n, crop in enumerate(crops.values())
            ]
            file = SegmentFile("/rec/a.mp4", 1, 1, start, 60.0, 640, 360, 10.0)
            store.write_segment(store.add_camera("study", "/rec").id, SegmentDraft(file, stills, [], sightings))
        for word in words.values():
            memory.remember(f"The word is {word}.", source="benchmark", time=DAY)
            memory.append_turn("talk", f"Say {word}", f"I said {word}", [], DAY)
        memory.search("word")
        wanted = Wanted(since=datetime(2026, 2, 28, tzinfo=UTC), until=datetime(2026, 3, 3, tzinfo=UTC))
        delete(house, memory, find(house, memory, wanted))
    secrets = {**needles, **crops, **{name: word.encode() for name, word in words.items()}}
    texts = {path: path.read_bytes() for path in _files(house.paths.data)}
    left = [(name, path.name) for name, secret in secrets.items() for path, text in texts.items() if secret in text]
    return len(secrets), left


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
