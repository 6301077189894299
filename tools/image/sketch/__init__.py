"""The small picture model of the house's own, `hausgeist-sketch`: its pipeline and how it reads a wording.

It is trained by `training/sketch/`. Its weights, where they are there, are a diffusers folder like any other, in this
package: no download is needed for them.
"""

from pathlib import Path

NAME = "hausgeist-sketch"


def folder() -> Path:
    """Where its weights lie when they are published; it may not be there."""
    return Path(__file__).parent / NAME
