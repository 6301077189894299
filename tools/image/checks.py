"""Simple checks of a finished picture: is it black, blank, clipped; and does it show what was asked for?

Thresholds are those below which a picture carries nothing to look at, not a judgement of taste. Relevance is scored by
an image-text model where one is installed (`relevance.py`); this module knows no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.image.said import Said

BLACK_LEVEL, BLACK_SHARE = 8, 0.995
"""A picture is black where nearly every pixel is darker than a screen's black level, of 255."""
BLANK_SPREAD = 1.5
"""Standard deviation of brightness, of 255, that 8-bit rounding and faint noise alone reach."""
CLIPPED_SHARE = 0.98
"""Share of channel values at either end of the scale; line art on white paper stays below by its soft edges."""


@dataclass(frozen=True)
class Check:
    """One check: its name, whether it was passed, what it measured, and a sentence for people where it was not."""

    name: str
    passed: bool
    value: float
    said: str = ""


def technical(pixels: NDArray[np.uint8]) -> tuple[Check, ...]:
    """Check `pixels` (height, width, 3; RGB) for black, blank and clipped pictures; at most one of these fails."""
    luma = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
    black = float((luma < BLACK_LEVEL).mean())
    spread = float(luma.std())
    clipped = float(((pixels == 0) | (pixels == 255)).mean())
    checks = (
        Check("black", black < BLACK_SHARE, black, Said("The picture is black.", "图片是全黑的。")),
        Check(
            "blank",
            spread >= BLANK_SPREAD,
            spread,
            Said("The picture is blank: it is one colour all over.", "图片是空白的：只有一种颜色。"),
        ),
        Check(
            "clipped",
            clipped < CLIPPED_SHARE,
            clipped,
            Said("The picture is clipped: it has no tones between extremes.", "图片过曝：没有中间色调。"),
        ),
    )
    first = next((check for check in checks if not check.passed), None)
    return tuple(
        Check(one.name, one is not first, round(one.value, 4), one.said if one is first else "") for one in checks
    )


def relevance_check(score: float, rival: float, model: str) -> Check:
    """Whether the picture fits its prompt better (`score`) than it fits captions of nothing in particular (`rival`)."""
    numbers = f"{model}: {score:.2f} < {rival:.2f}"
    said = Said(
        f"The picture does not seem to show what was asked for ({numbers}).", f"图片似乎与要求不符（{numbers}）。"
    )
    passed = score >= rival
    return Check("relevance", passed, round(score, 4), "" if passed else said)
