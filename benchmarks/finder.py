"""How well lost things are found: rendered homes with truth, asked for each thing by words and by photo.

Scenes are made from `--seed` on (`--scenes` of each style: one close camera over a table; two or three whole rooms) and
kept in `--keep` for the next run. Each gets a house of its own: cameras with zones, one indexing, then every asked
thing by its description and by its photo, and things that are never there. `--shared` also runs the rendered homes of
`HAUSGEIST_SHARED_DATA` (default: ../shared/data), with the same scorer. The limits beside the figures are those that
the project set itself. `benchmarks/scenes/score.py` defines each figure. Prints one JSON object; progress on stderr.

Speed of indexing is measured by `benchmarks/finder_speed.py`, latency by index size by `benchmarks/finder_search.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scenes.ask import Asked, Way, ask_scene
from benchmarks.scenes.generate import scene
from benchmarks.scenes.score import Sheet, sheet

STYLES = ("table", "room")
WAYS: tuple[Way, ...] = ("words", "photo")
LIMITS = {
    "table": {"found": {"words": 0.8, "photo": 0.9}},
    "room": {"found": {"words": 0.55, "photo": 0.7}},
    "all": {"camera": 0.95, "place": 0.85, "iou_03": 0.8, "state": 0.8, "time_s": 2.0, "near": 0.1, "far": 0.0},
}
Tell = Callable[[str], None]


def generated(root: Path, count: int, seed: int, tell: Tell) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Style, folder and truth of the generated scenes, the styles in turn."""
    for number in range(seed, seed + count):
        for style in STYLES:
            folder = root / f"{style}_{number:04d}"
            yield style, folder, scene(folder, style, number, tell)


def shared(root: Path) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """The shared homes: `tabletop_*` and `room_*`."""
    for file in sorted(root.glob("*/truth.json")):
        style = "table" if file.parent.name.startswith("tabletop") else "room"
        yield style, file.parent, json.loads(file.read_text(encoding="utf-8"))


def shared_root() -> Path:
    """Where the shared homes lie or would lie."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    return Path(os.environ.get("HAUSGEIST_SHARED_DATA", beside)) / "home"


class Tally:
    """The sheets of one source of scenes, by style and way of asking."""

    def __init__(self) -> None:
        self._sheets: dict[tuple[str, Way], Sheet] = {}
        self._asked: list[Asked] = []
        self._scenes = 0
        self._wrong: list[str] = []

    def add(self, style: str, name: str, truth: dict[str, Any], asked: Asked) -> None:
        """Count one scene."""
        self._scenes += 1
        self._asked.append(asked)
        for way in WAYS:
            got = sheet(truth, asked.answers[way])
            self._sheets[style, way] = self._sheets.get((style, way), Sheet((), ())) + got
            self._wrong += [f"{name} {way} {m.item}: {_fault(m.found, m.thing)}" for m in got.marks if not m.thing]

    def as_json(self, verbose: bool) -> dict[str, Any]:
        """The figures."""
        footage, work = sum(a.footage_s for a in self._asked), sum(a.index_s for a in self._asked)
        asks = sum(len(a.answers[way]) for a in self._asked for way in WAYS)
        out: dict[str, Any] = {
            "scenes": self._scenes,
            **{style: {way: s.as_json() for (st, way), s in self._sheets.items() if st == style} for style in STYLES},
            "footage_s": round(footage, 1),
            "index_times_real_time": round(footage / work, 1) if work else None,
            "seconds_per_question": round(sum(a.ask_s for a in self._asked) / asks, 3) if asks else None,
        }
        return {**out, "wrong": self._wrong} if verbose else out


def _fault(found: bool, thing: bool) -> str:
    return "not found" if not found else "another thing" if not thing else ""


def measure(
    scenes: Iterator[tuple[str, Path, dict[str, Any]]], backend: str, tell: Tell, verbose: bool
) -> dict[str, Any]:
    """Run every scene of one source."""
    tally = Tally()
    for style, folder, truth in scenes:
        with tempfile.TemporaryDirectory(prefix="hausgeist-scene-") as home:
            tally.add(style, folder.name, truth, ask_scene(folder, truth, Path(home), backend, tell))
    return tally.as_json(verbose)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=4, help="generated scenes of each style (default 4)")
    parser.add_argument("--seed", type=int, default=100, help="first seed (default 100)")
    parser.add_argument("--shared", action="store_true", help="also the shared homes, where they are")
    parser.add_argument("--backend", choices=("starter", "full"), default="starter")
    parser.add_argument("--quick", action="store_true", help="one generated scene of each style")
    parser.add_argument("--keep", type=Path, help="folder for the generated scenes (default: a temporary one)")
    parser.add_argument("--wrong", action="store_true", help="name each thing that was not found rightly")
    given = parser.parse_args()

    def tell(text: str) -> None:
        print(f"\r{text[:100]:100s}", end="", file=sys.stderr, flush=True)

    result: dict[str, Any] = {"benchmark": "finder", "backend": given.backend, "seed": given.seed, "limits": LIMITS}
    with tempfile.TemporaryDirectory(prefix="hausgeist-scenes-") as temporary:
        root = given.keep or Path(temporary)
        count = 1 if given.quick else given.scenes
        if count:
            result["generated"] = measure(generated(root, count, given.seed, tell), given.backend, tell, given.wrong)
        if given.shared:
            homes = shared_root()
            there = homes.is_dir()
            result["shared"] = (
                measure(shared(homes), given.backend, tell, given.wrong) if there else f"{homes} is not there"
            )
    print(file=sys.stderr)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
