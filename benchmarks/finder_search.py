"""How long `find` takes as the index grows, without the language model: 10^3 to 10^6 sightings.

A house of made-up cameras is filled through the same tables and files as a real one: recordings of five minutes, each
with changes, people and things at rest, drawn from a seed; things come back over the months, so that there are older
and newer sightings of each. Then `find` is asked for things by words and by a photo, end to end in this process: the
answer in words, its facts and its evidence pictures. The peer in the same run loads every sighting and its vector and
compares them all (what this program did before), up to the size that it can do in reasonable time. The vision model is
asked for a photo once; the same photo again needs no model. Evidence pictures of earlier runs are removed first, so
that drawing them is a part of the times; the start of a process is not (`hausgeist find` adds it: `command_ms`).

`recall` compares the best of `find` with those of an exact search, which weighs all sightings by the whole evidence.

Prints one JSON object; the limit is 200 ms at the 95th percentile over 10^6 sightings.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image, ImageDraw

from benchmarks.lookup.exact import recall
from benchmarks.lookup.filler import NOW, Filler
from benchmarks.lookup.world import COLOURS, KINDS
from memory.embedder import Embedder
from runtime.house import House
from tools.finder.answering.search import FindQuery, search
from tools.finder.looks.appearance import current_version
from tools.finder.looks.vectors import Vectors
from tools.finder.store import FinderStore

LIMIT_MS = 200.0
THOUGHT_MAX = 100_000
"""The peer is asked up to this size."""


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000", help="numbers of sightings, ascending")
    parser.add_argument("--queries", type=int, default=60, help="questions for each size")
    parser.add_argument("--exact", type=int, default=4, help="questions that are also answered by the exact search")
    parser.add_argument(
        "--keep",
        type=Path,
        help="a folder to keep the filled house in, and to go on from (refused where other code filled it)",
    )
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as temporary:
        home = options.keep or Path(temporary)
        environ = {**os.environ, "HAUSGEIST_HOME": str(home), "HAUSGEIST_FAKE_NOW": NOW.isoformat()}
        with House.open(environ) as house:
            results = [measure(house, size, options) for size in sizes]
    last = results[-1]
    worst = max(last["words"]["p95_ms"], last["photo"]["p95_ms"])
    print(json.dumps({"benchmark": "finder_search", "limit_ms": LIMIT_MS, "sizes": results, "p95_ms": worst,
                      "within_limit": worst <= LIMIT_MS}))  # fmt: skip


def measure(house: House, size: int, options: argparse.Namespace) -> dict[str, Any]:
    """Fill the house up to `size` sightings and ask."""
    began, queries = time.monotonic(), options.queries
    with FinderStore(house.paths.finder) as store:
        Filler(house, store).fill_to(size)
    filled, embedder, photo = time.monotonic() - began, Embedder(house), draw_photo(house.paths.finder)
    began = time.monotonic()
    first = search(house, embedder, FindQuery("red mug"))  # brings the columns into line, once
    caught_up = time.monotonic() - began
    search(house, embedder, FindQuery("", photo=photo))  # the vision model sees the photo, once
    words = [f"the {colour} {kind}" for colour in COLOURS for kind in KINDS] + [f"my {kind}" for kind in KINDS]
    for old in house.paths.outputs.glob("found-*.jpg"):
        old.unlink()
    order = np.random.default_rng(7).permutation(len(words))[:queries]
    result = {
        "sightings": size, "fill_s": round(filled, 1), "first_search_s": round(caught_up, 2),
        "found": bool(first.found.reported),
        "words": timed([partial(search, house, embedder, FindQuery(words[i])) for i in order]),
        "photo": timed([partial(search, house, embedder, FindQuery("", photo=photo))] * (queries // 3)),
        "command_ms": command_ms(house, words[int(order[0])]),
    }  # fmt: skip
    print(json.dumps(result), file=sys.stderr, flush=True)
    if size <= THOUGHT_MAX:
        result["load_everything"] = timed([partial(load_everything, house)] * 3)
    if options.exact:
        asked = [FindQuery(words[i]) for i in order[: options.exact - 1]]
        result["recall"] = recall(house, embedder, [*asked, FindQuery("", photo=photo)])
    print(json.dumps(result), file=sys.stderr)
    return result


def command_ms(house: House, item: str) -> float:
    """One `hausgeist find` as a process of its own, from its start to its end, milliseconds."""
    environ = {**os.environ, "HAUSGEIST_HOME": str(house.paths.data.parent), "HAUSGEIST_FAKE_NOW": NOW.isoformat()}
    began = time.perf_counter()
    command = [sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())", "find", item, "--json"]
    done = subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        raise SystemExit(f"hausgeist find ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return round((time.perf_counter() - began) * 1000, 1)


def timed(calls: list[Callable[[], object]]) -> dict[str, float]:
    """Median, 95th percentile and longest of the times of `calls`, milliseconds; and the processor time among them,
    which tells how much of a time was waiting for a machine that others use."""
    took, worked = [], []
    for call in calls:
        began, busy = time.perf_counter(), time.process_time()
        call()
        took.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(float(np.percentile(took, 95)), 1),
        "max_ms": round(max(took), 1),
        "processor_p95_ms": round(float(np.percentile(worked, 95)), 1),
    }


def load_everything(house: House) -> int:
    """The plain way: every sighting with its vector into memory, one cosine each."""
    with FinderStore(house.paths.finder) as store:
        seen = store.sightings()
        matrix = Vectors(house, current_version(house)).matrix([s.id for s in seen])
        return int((matrix @ matrix[0]).argmax())


def draw_photo(folder: Path) -> Path:
    """A photo of a red mug on a white table, drawn."""
    picture = Image.new("RGB", (320, 320), (245, 245, 242))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((90, 80, 220, 250), 18, fill=COLOURS["red"])
    pen.arc((195, 115, 275, 205), -90, 90, fill=COLOURS["red"], width=18)
    file = folder / "red-mug.png"
    picture.save(file)
    return file


if __name__ == "__main__":
    main()
