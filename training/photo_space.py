"""Finds what photos have in common with each other and not with crops, for `tools.finder.looks.photo_space`.

Homes are rendered and indexed by the benchmark's own generator (`benchmarks/scenes`), by seed. In each, the vectors of
the sightings that show an asked thing, by the truth, are pairs with those of its photo. From these: the mean of photos,
the mean of sightings, and the directions in which pairs differ with their variance v (a singular value decomposition of
the differences); of such a direction the share 1 / (1 + v / (STRENGTH * s)) counts, s being the mean variance of a
number of a sighting's features. Measured homes must have other seeds.

    python -m training.photo_space --scenes 12 --seed 600 --keep ~/scenes --out tools/finder/looks/starter_photos.npz
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenes.ask import index_scene, open_house
from benchmarks.scenes.generate import scene
from benchmarks.scenes.score import LEAST_IOU, iou
from runtime.house import House
from runtime.paths import replacing
from tools.finder.answering.index_view import Index, open_index
from tools.finder.looks.appearance import LeasedAppearance, open_appearance
from tools.finder.looks.layout import take_apart
from tools.finder.looks.photo import known_photo_vectors
from tools.finder.store import FinderStore

Floats = NDArray[np.float32]
STRENGTH = 3.0
AXES = 48
STYLES = ("table", "room")


@dataclass(frozen=True)
class Seen:
    """One home: the features of all its sightings [n, d], those of each photo [12, d], and which sightings (places)
    show the thing of which photo."""

    sightings: Floats
    photos: tuple[Floats, ...]
    pairs: tuple[tuple[int, int], ...]


def homes(root: Path, scenes: int, seed: int) -> Iterator[Seen]:
    """Made, indexed and kept under `root` where they are not there yet."""
    for number in range(seed, seed + scenes):
        for style in STYLES:
            name = f"{style}_{number:04d}"
            truth = scene(root / "scenes" / name, style, number, lambda text: print(text, file=sys.stderr))
            home, done = root / "homes" / name, root / "homes" / name / "done"
            with open_house(home, truth, "starter") as house:
                if not done.exists():
                    index_scene(house, root / "scenes" / name, truth, lambda text: None)
                    done.write_text("")
                yield seen(house, root / "scenes" / name, truth)


def seen(house: House, folder: Path, truth: dict[str, Any]) -> Seen:
    """Of one indexed home."""
    with FinderStore(house.paths.finder) as store, open_appearance(house) as appearance:
        index = open_index(house, store, None, None)
        index.shares(lambda: appearance)
        rows = index.table(index.ids).rows
        features = take_apart(index.vectors.matrix(rows["id"])).features
        asked = [*truth["items"].values(), *truth["absent_items"]]
        photos = tuple(_photo(folder / one["photo"], index, appearance) for one in asked)
        began = datetime.fromisoformat(truth["start"]).timestamp()
        pairs = [(n, i) for n, one in enumerate(asked) for i in shown(one.get("track", ()), rows, index, began)]
    return Seen(features, photos, tuple(pairs))


def _photo(file: Path, index: Index, appearance: LeasedAppearance) -> Floats:
    return take_apart(known_photo_vectors(file, index.vectors.folder, lambda: appearance)).features


def shown(track: list[dict[str, Any]], rows: Any, index: Index, began: float) -> list[int]:
    """The places of the sightings that show a thing with this track: at that place, for most of their time."""
    found = []
    for rest in track:
        for place in np.flatnonzero([index.cameras[int(c)].name == rest["camera"] for c in rows["camera"]]).tolist():
            first, last = float(rows["first"][place]) - began, float(rows["last"][place]) - began
            shared = min(last, rest["to"] + 1) - max(first, rest["from"] - 1)
            resting = rest["state"] in {"visible", "covered"} and shared > max(0.0, 0.5 * (last - first))
            if resting and iou(rows["box"][place].tolist(), rest["box"]) > LEAST_IOU:
                found.append(place)
    return found


def fit(known: list[Seen]) -> dict[str, Any]:
    """The arrays of `tools.finder.looks.photo_space.PhotoSpace`."""
    photos = np.mean([photo for home in known for photo in home.photos], (0, 1))
    differences = []
    for home in known:
        mean = home.sightings.mean(0)
        for photo, sighting in home.pairs:
            views, crop = home.photos[photo] - photos, home.sightings[sighting] - mean
            nearest = int((_unit(views) @ crop).argmax())
            differences += [crop - views[nearest], crop - views.mean(0)]
    _, values, axes = np.linalg.svd(np.array(differences), full_matrices=False)
    variance = values[:AXES] ** 2 / len(differences)
    usual = np.mean([home.sightings.var(0).mean() for home in known])
    crops = np.mean([home.sightings.mean(0) for home in known], 0)
    kept = 1 / (1 + variance / (STRENGTH * usual))
    return {"photos": photos, "crops": crops, "axes": axes[:AXES].astype(np.float16), "kept": kept.astype(np.float32)}


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def main() -> None:
    """Make the homes, fit, write, and say on how much."""
    from tools.finder.looks.appearance import STARTER_VERSION

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=12, help="homes of each style (default 12)")
    parser.add_argument("--seed", type=int, default=600, help="first seed (default 600)")
    parser.add_argument("--keep", type=Path, required=True, help="folder for scenes and their indexes")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    given = parser.parse_args()
    known = list(homes(given.keep, given.scenes, given.seed))
    found = {name: np.asarray(values) for name, values in fit(known).items()}
    with replacing(given.out) as beside, beside.open("wb") as out:
        photos, crops, axes, kept = (found[name] for name in ("photos", "crops", "axes", "kept"))
        np.savez(out, version=np.array(STARTER_VERSION), photos=photos, crops=crops, axes=axes, kept=kept)
    pairs, asked = sum(len(home.pairs) for home in known), sum(len(home.photos) for home in known)
    print(json.dumps({"homes": len(known), "photos": asked, "pairs": pairs, "axes": len(found["axes"])}))


if __name__ == "__main__":
    main()
