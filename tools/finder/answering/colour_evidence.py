"""What the shades of a sighting say for the colours that are asked for. Owns no other evidence and no pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.answering.density import Shares, looked_up, ratios_of
from tools.finder.answering.facts import DARK, Table
from tools.finder.answering.query import Wanted
from tools.finder.looks.colours import NAMES, alike, likeness

Floats = NDArray[np.float32]
TURNED_AWAY, PART_TURNED_AWAY = 0.1, 0.3
"""How often a thing's colour, and the colour of a part of it, is out of sight: it lies on that side, or something is in
front. In the generator's scenes a band, a ribbon or a label is seen two times in three."""
TONE = (0.8, 1.3)
"""The ratio of what is nothing of the wanted tone, and of what is all of it."""
DULL = frozenset({"black", "grey", "silver", "white", "beige", "brown"})
"""Shades that light, shadow and a camera make of others, or of the ground."""
EXTRAS, EXTRA_WORTH = (0.15, 0.4), (0.0, -2.0)
"""Shares of plain colours that no word names, and the logarithm of the ratio there. In the generator's scenes half of
what is seen has more than the second, and hardly a thing with the words that are said of it."""
_NO_SHADES = np.zeros(0, np.float32)


def colour_ratios(wanted: Wanted, house: Table, share: Shares | None) -> dict[str, Floats]:
    """Logarithms [FINE + 1] of the ratios by agreement with the wanted colours: the same for all that is weighed."""
    there, tables = _seen(house, wanted), dict[str, Floats]()
    if wanted.colours:
        tables["colour"] = np.log(ratios_of(_agreed(there), 1.5, share, TURNED_AWAY))
    if wanted.parts:
        tables["part"] = np.log(ratios_of(_agreed_parts(there), 1.0, share, PART_TURNED_AWAY))
    return tables


def by_colours(table: Table, wanted: Wanted, ratios: Mapping[str, Floats]) -> dict[str, Floats]:
    """Logarithms of what the shades say, [n]; `ratios` are those of `colour_ratios`."""
    evidence: dict[str, Any] = {}
    here = _seen(table, wanted)
    if wanted.colours:
        evidence["colour"] = looked_up(ratios["colour"], _agreed(here))
    if wanted.parts:
        evidence["part"] = looked_up(ratios["part"], _agreed_parts(here))
    if wanted.colours or wanted.parts:
        evidence["unnamed"] = _unnamed(here)
    if wanted.tone:
        dark = here.dark + np.float32(0.7) * table.flag(DARK)
        tone = TONE[0] + (TONE[1] - TONE[0]) * np.minimum(1, dark if wanted.tone == "dark" else 1 - dark)
        evidence["tone"] = np.log(tone).astype(np.float32)
    return evidence


def most_by_colours(wanted: Wanted, ratios: Mapping[str, Floats]) -> float:
    """The most that `by_colours` can say in all."""
    tone = math.log(TONE[1]) if wanted.tone else 0.0
    return sum(float(one.max()) for one in ratios.values()) + max(0.0, *EXTRA_WORTH) + tone


@dataclass(frozen=True)
class _Seen:
    """How well sightings agree with each of the wanted `colours` and `parts`, [n] each, 0 to 1; their share of plain
    colours that are none of these above the first of `EXTRAS`, in parts of its span, `extra` [n]; and how dark they
    are, `dark` [n], where a tone is wanted."""

    colours: Sequence[Floats]
    parts: Sequence[Floats]
    extra: Floats
    dark: Floats


def _seen(table: Table, wanted: Wanted) -> _Seen:
    """All in one product: there may be a million of them."""
    colours, parts = len(wanted.colours), len(wanted.parts)
    found = table.shares.astype(np.float32) @ _directions(wanted.colours, wanted.parts, wanted.tone is not None)
    agreed = [np.minimum(found[:, column], np.float32(1)) for column in range(colours + parts)]
    extra = found[:, colours + parts] - np.float32(EXTRAS[0] / (EXTRAS[1] - EXTRAS[0]))
    dark = np.minimum(found[:, -2], np.float32(1)) + found[:, -1] if wanted.tone else _NO_SHADES
    return _Seen(agreed[:colours], agreed[colours:], extra, dark)


@cache
def _directions(colours: tuple[str, ...], parts: tuple[str, ...], tone: bool) -> Floats:
    """Of shares of shades in bytes [16], the weights [16, m]: as in `colours.likeness` of each of the colours and the
    parts; of plain colours that are none of these, over the span of `EXTRAS`; for a tone of black and of navy."""
    named = np.array([name in colours or name in parts for name in NAMES])
    plain = np.array([name not in DULL for name in NAMES], np.float32)
    rows = [likeness(colour) for colour in colours] + [likeness(colour, 2) for colour in parts]
    rows.append(plain * (1 - (likenesses() * named).max(1)) / np.float32(EXTRAS[1] - EXTRAS[0]))
    if tone:
        rows += [likeness("black"), np.array([name == "navy" for name in NAMES], np.float32)]
    return np.pad(np.stack(rows, 1) / np.float32(255), ((0, 1), (0, 0)))


def _agreed(seen: _Seen) -> Floats:
    """How well the colours agree, 0 to 1; a thing of which only parts have other colours agrees with both."""
    agreed = np.mean(seen.colours, 0) if len(seen.colours) > 1 else seen.colours[0]
    if seen.parts:
        some = np.minimum(1.0, agreed / 0.15)
        agreed = np.maximum(agreed, 0.7 * some * np.minimum(1.0, agreed + np.sum(seen.parts, 0)))
    return np.asarray(agreed, np.float32)


def _agreed_parts(seen: _Seen) -> Floats:
    return np.asarray(np.mean([_as_part(one) for one in seen.parts], 0), np.float32)


def _unnamed(seen: _Seen) -> Floats:
    """What plain colours say that nobody named, logarithms: who names colours names those that a thing has most of."""
    none, all_ = EXTRA_WORTH
    worth = np.clip(seen.extra, np.float32(0), np.float32(1))
    worth *= np.float32(all_ - none)
    return worth if none == 0 else worth + np.float32(none)


def _as_part(share: Floats) -> Floats:
    """How well a share of pixels fits a part: a quarter is enough, and what is that colour all over fits less."""
    all_over = np.clip((share - 0.5) / 0.3, 0, 1)
    return np.asarray(np.minimum(1.0, share * 4) * (1 - 0.6 * all_over), np.float32)


@cache
def likenesses() -> Floats:
    return np.array([[alike(one, other) for other in NAMES] for one in NAMES], np.float32)
