"""What photos have in common, so that a photo and a camera's crop of one thing can be compared. Owns no matching.

A close photo on plain ground and a small crop from across a room differ in the same way whatever the thing is: the
network says "close, sharp, plain" of every photo. So each kind of picture is compared by what sets it apart from its
own kind (subtracting the mean of each domain, the first moment of CORAL; Sun, Feng and Saenko 2016), and directions in
which the photo and the crops of one thing differ count less (within-class covariance normalisation; Hatch, Kajarekar
and Stolcke 2006). `training/photo_space.py` finds both in the generator's homes and writes the file beside this module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.layout import Parts, take_apart
from tools.finder.looks.photo import SIDES, TURNS

Floats = NDArray[np.float32]
FILE = "starter_photos.npz"


@dataclass(frozen=True)
class PhotoSpace:
    """Of one network with features of d numbers: the mean of `photos` and of `crops`, [d] each; `axes` [k, d], unit
    directions in which pictures of one thing differ; `kept` [k], the share of each that still counts.

    `version`: that of the appearance whose features these are.
    """

    version: str
    photos: Floats
    crops: Floats
    axes: Floats
    kept: Floats

    def apart(self, views: Floats) -> Floats:
        """Unit directions [n, d] of the views [n, d] of one picture: its inner products with what sets crops apart
        from each other are likenesses. A picture that was taken from a camera's frame is a crop itself."""
        mine = views.mean(0)
        own = min(self.photos, self.crops, key=lambda mean: float(np.linalg.norm(mine - mean)))
        rest = views - own
        rest = rest - ((rest @ self.axes.T) * (1 - self.kept)) @ self.axes
        return np.asarray(rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9), np.float32)


@cache
def starter_space() -> PhotoSpace:
    """That of the starter's network, from the package."""
    with as_file(files("tools.finder.looks") / FILE) as path, np.load(path, allow_pickle=False) as held:
        rows = {name: np.asarray(held[name], np.float32) for name in ("photos", "crops", "axes", "kept")}
        return PhotoSpace(str(held["version"]), **rows)


def seen_on_photo(vectors: Floats) -> Parts:
    """The vectors [views, d + 216 + 15] of one or more pictures (`photo.photo_vectors`) taken apart, as directions
    where the network's space is known: the starter's, told by the length of its features."""
    parts, space, each = take_apart(vectors), starter_space(), len(SIDES) * TURNS
    if parts.features.shape[1] != len(space.photos):
        return parts
    pictures = [parts.features[start : start + each] for start in range(0, len(vectors), each)]
    return replace(parts, features=np.concatenate([space.apart(views) for views in pictures]), told_apart=True)
