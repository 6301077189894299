"""What the full backend's scores mean, as likelihood ratios for the ranking. Owns no models and no order.

SigLIP is trained as a classifier of single pairs, of which about one in a batch's size matches (Zhai et al. 2023; its
bias starts at -10 for that reason): logits of unrelated pairs lie about there, those of matching pairs about 0. What is
between depends on how small and blurred the crops of a house are; half of the neutral point is therefore taken from
what this house's own sightings get. OWLv2's authors show boxes from a score of 0.1 on for words, and much higher ones
for pictures (Minderer et al. 2023, and the model's published examples).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.appearance_types import TextLooks, Verified

Floats = NDArray[np.float32]
NEUTRAL = -5.0
"""Logit that speaks neither for nor against a pair: half way between unrelated and matching ones."""
ABOVE_HOUSE = 4.0
"""So much above the median of all sightings a logit is neutral as well."""
SLOPE = 0.7
"""Share of the logit that counts: crops of one thing are no independent witnesses of it."""
TEXT_RANGE = (-4.0, 5.0)
VERIFIED = {"words": 0.1, "photo": 0.6}
"""OWLv2's score that speaks neither for nor against, by what was asked with."""
VERIFIED_RANGE = (-1.5, 2.0)


def by_text(features: Floats, text: TextLooks, house: Floats) -> Floats:
    """Likelihood ratios [n] of crops, `features` [n, d] of unit length, for the best of the texts.

    `house` [m, d]: features of sightings that tell what is usual.
    """
    logits, usual = (_logits(one, text) for one in (features, house))
    neutral = 0.5 * NEUTRAL + 0.5 * (float(np.median(usual)) + ABOVE_HOUSE)
    return np.asarray(np.exp(np.clip(SLOPE * (logits - neutral), *TEXT_RANGE)), np.float32)


def _logits(features: Floats, text: TextLooks) -> NDArray[Any]:
    return np.asarray((features @ text.vectors.T).max(1) * text.scale + text.bias)


def by_verification(seen: Verified, by_photo: bool) -> float:
    """Likelihood ratio of what the detector says of one box."""
    neutral = VERIFIED["photo" if by_photo else "words"]
    return math.exp(min(max(_logit(seen.score) - _logit(neutral), VERIFIED_RANGE[0]), VERIFIED_RANGE[1]))


def _logit(share: float) -> float:
    kept = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(kept / (1 - kept))
