"""Weighs the likeliest sightings by their outlines: how long a thing is for its width, and whether it is solid.

Colours and sizes agree for many things; a wristwatch and a tape measure, a mug and a bunch of keys differ in this,
whichever way they are turned. The ratio compares how often the wanted thing is seen so with how often anything in a
house is. A camera that looks along a table sees flat things wider than they are, which is why a kind's length tells
less than a photo's. Owns no ranking and no pixels (see `tools.finder.looks.outline_backend`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import MediaError
from runtime.sealed import read_picture
from tools.finder.answering.match import Ranked
from tools.finder.answering.query import Wanted

if TYPE_CHECKING:
    from tools.finder.looks.outline_backend import Outline
    from tools.finder.looks.outline_rows import OutlineRows

CLOSELY = 12
"""As many of the likeliest are looked at."""
USUAL = (0.45, 0.4)
"""Mean and spread of the logarithm of the length of what is seen in a house."""
BY_KIND, BY_PHOTO = (0.05, 0.36), (0.08, 0.3)
"""By how much the same logarithm of the thing itself is above that of its kind, or of its photo, and its spread."""
LEAST = 0.1
"""Density of lengths that hardly anything has: of few things many lengths are rare."""
OTHERWISE = 0.15
"""Share of sightings whose outline says nothing: half hidden, in pieces, in the colour of the ground."""
COARSE = 2.0
"""What few pixels add to the spread: so much over the root of their number."""
OPEN_KINDS = frozenset({"keys", "glasses", "sunglasses", "headphones", "scissors", "charger"})
"""The ground is seen through them: rings, wires, handles."""
OPEN, SOLID = (0.55, 0.15), (1.0, 0.06)
"""Mean and spread of the fill of such things and of all others, where they are seen wholly and on ground unlike them,
and of those that are not (`RAGGED`), a share `OTHERWISE` of them. So in the generator's scenes."""
RAGGED = (0.7, 0.2)
USUALLY_OPEN = 0.2
"""Share of open things among those in a house."""
SURELY, SURELY_NOT = 0.95, 0.05
"""How likely a thing is open, by its kind or by a photo that shows it solid. Where a photo does not, it may be that a
white thing lies on white: that says nothing."""
SOLID_FILL = 0.85
"""From this fill on a photo's thing is solid."""
FEW_PX, MANY_PX = 40.0, 160.0
"""Of so few pixels an outline says nothing of its fill, of so many all it can."""
SAME_LOOK = 0.8
"""Sightings whose vectors have this cosine with the best one's have its outline too."""


@dataclass(frozen=True)
class Shape:
    """The wanted thing's: one of these `lengths`, of each those that it is seen in about as often (by so much more, and
    with that spread: `around`), and how likely it is `open`."""

    lengths: tuple[tuple[float, ...], ...]
    around: tuple[float, float] = BY_KIND
    open: float = USUALLY_OPEN


def wanted_shape(wanted: Wanted | None, photos: Sequence[Path], rows: OutlineRows) -> Shape:
    """From the photos of the thing where it stands alone on them, else from its kind; none where neither tells."""
    known = [one for one in (_shown(photo, rows) for photo in photos) if one is not None]
    if known:
        solid = max(one.fill for one in known) >= SOLID_FILL
        return Shape(tuple((one.length,) for one in known), BY_PHOTO, SURELY_NOT if solid else USUALLY_OPEN)
    kinds = wanted.kinds if wanted is not None else ()
    share = sum(kind.name in OPEN_KINDS for kind in kinds) / max(1, len(kinds))
    return Shape(tuple(kind.lengths for kind in kinds), BY_KIND, SURELY_NOT + share * (SURELY - SURELY_NOT))


def _shown(photo: Path, rows: OutlineRows) -> Outline | None:
    """The outline of the thing on a photo. One that was damaged since its vectors were kept tells none."""
    try:
        return rows.of_photo(read_picture(photo))
    except (MediaError, OSError):
        return None


def outlined(ranked: Sequence[Ranked], shape: Shape, rows: OutlineRows) -> list[Ranked]:
    """The sightings with the odds that their outlines give them, best first; `rows` keep what is known of outlines."""
    if not ranked or not shape.lengths:
        return list(ranked)
    near = [one.sighting for one in ranked[:CLOSELY]]
    seen = rows.of([one.id for one in near], [one.crop for one in near])
    ratios = [_ratio(one, shape) for one in seen]
    others = [ratios[0] if one.like_best >= SAME_LOOK else 1.0 for one in ranked[CLOSELY:]]
    weighed = [_weighed(one, ratio) for one, ratio in zip(ranked, [*ratios, *others], strict=True)]
    return sorted(weighed, key=lambda one: -one.score)


def _ratio(found: Outline | None, shape: Shape) -> float:
    if found is None:
        return 1.0
    each = [[by_length(found, length, shape.around) for length in lengths] for lengths in shape.lengths]
    return max(sum(ratios) / len(ratios) for ratios in each) * by_fill(found, shape.open)


def by_length(seen: Outline, length: float, around: tuple[float, float]) -> float:
    """How much likelier the wanted thing, usually `length` times as long as wide, is seen so than anything is."""
    value, coarse = math.log(seen.length), COARSE / math.sqrt(max(seen.pixels, 1))
    wanted = _normal(value, math.log(length) + around[0], math.hypot(around[1], coarse))
    usual = _normal(value, USUAL[0], math.hypot(USUAL[1], coarse))
    return (1 - OTHERWISE) * wanted / max(usual, LEAST) + OTHERWISE


def by_fill(seen: Outline, open_: float) -> float:
    """How much likelier a thing that is open with that chance is seen so than anything is."""
    fill, ragged = min(seen.fill, SOLID[0]), OTHERWISE * _normal(seen.fill, *RAGGED)
    solid = (1 - OTHERWISE) * _normal(fill, *SOLID) + ragged
    wiry = (1 - OTHERWISE) * _normal(fill, *OPEN) + OTHERWISE * _normal(fill, *SOLID)
    ratio = (open_ * wiry + (1 - open_) * solid) / (USUALLY_OPEN * wiry + (1 - USUALLY_OPEN) * solid)
    known = (seen.pixels - FEW_PX) / (MANY_PX - FEW_PX)
    return float(ratio ** min(1.0, max(0.0, known)))


def _normal(value: float, mean: float, spread: float) -> float:
    return math.exp(-0.5 * ((value - mean) / spread) ** 2) / (spread * math.sqrt(2 * math.pi))


def _weighed(one: Ranked, ratio: float) -> Ranked:
    odds = one.score / max(1e-9, 1 - one.score) * ratio
    evidence = {**one.evidence, "outline": ratio}
    return replace(one, score=odds / (1 + odds), ratio=one.ratio * ratio, evidence=evidence)
