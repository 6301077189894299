"""Looks at the best sightings once more, with the full backend's detector: is it there, and where exactly.

Owns no ranking: a sighting's odds are multiplied by what the detector says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runtime.sealed import read_picture
from tools.finder.answering.calibration import VERIFIED, by_verification
from tools.finder.answering.match import Ranked
from tools.finder.looks.appearance_types import Verified, WordsAndBoxes
from tools.finder.records import Box
from tools.finder.store import FinderStore

CLOSELY = 8
"""As many of the best are looked at."""


def verified(
    ranked: Sequence[Ranked], store: FinderStore, backend: WordsAndBoxes, text: str, photo: Path | None
) -> list[Ranked]:
    """The sightings, the best `CLOSELY` with the odds and the box that the detector gives them, best first.

    `photo` counts more than `text`. Sightings without a still stay as they are.
    """
    data = photo.read_bytes() if photo is not None else None
    by_still: dict[int, list[Ranked]] = {}
    for one in ranked[:CLOSELY]:
        if one.sighting.still_id is not None:
            by_still.setdefault(one.sighting.still_id, []).append(one)
    changed: dict[int, Ranked] = {}
    for still_id, group in by_still.items():
        still = store.still(still_id)
        file = store.folder / still.file if still is not None else None
        if still is None or file is None or not file.is_file():
            continue
        boxes = [_scaled(one.sighting.box, still.scale) for one in group]
        seen = backend.verify(read_picture(file), boxes, text or None, data)
        for one, found in zip(group, seen, strict=True):
            changed[one.sighting.id] = _weighed(one, found, still.scale, data is not None)
    return sorted((changed.get(one.sighting.id, one) for one in ranked), key=lambda one: -one.score)


def _weighed(one: Ranked, seen: Verified, scale: float, by_photo: bool) -> Ranked:
    ratio = by_verification(seen, by_photo)
    odds = one.score / max(1e-9, 1 - one.score) * ratio
    sighting = one.sighting
    if seen.score >= VERIFIED["photo" if by_photo else "words"]:
        sighting = replace(sighting, box=_scaled(seen.box, 1 / scale))
    evidence = {**one.evidence, "verified": ratio}
    return replace(one, sighting=sighting, score=odds / (1 + odds), ratio=one.ratio * ratio, evidence=evidence)


def _scaled(box: Box, scale: float) -> Box:
    return box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale
