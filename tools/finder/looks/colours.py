"""Colour words of pictures: which pixels are the thing, what their colours are called, how alike two palettes are.

Colours are compared in CIELAB (CIE 15:2004, D65) with lightness at half weight, since light changes more than hue. A
pixel is called after the nearest of some sixty named colours (CSS Color Module level 4 and darker or duller forms of
them, as things in rooms have). Owns no pictures on disk and no languages (see `tools.finder.answering.query`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finder.looks.appearance_types import CROP_MARGIN

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SHADES: dict[str, str] = {
    "black": "000000 141414 232323 2e2e30",
    "grey": "4a4a4a 606060 808080",
    "silver": "989898 a6aab0 b4b4b4",
    "white": "c9c9c9 dcdcdc f0f0f0 ffffff fffaf0",
    "red": "ff0000 dc143c b22222 8b0000 c83232 641414 cd4a4a",
    "orange": "ffa500 ff8c00 ff6a20 e0701a c8640f f0a050",
    "yellow": "ffff00 ffd700 e6c81e d2b414 f5e664 fff08c a08a10",
    "green": "008000 00c800 228b22 3ca050 006432 0f3c23 556b2f 6b8e23 9acd32 90ee90 5a8c64",
    "turquoise": "40e0d0 20b2aa 008b8b 2ac3b9 00ced1 1e786e",
    "blue": "0000ff 1e5ae6 4169e1 4682b4 1e90ff 87ceeb add8e6 2a5298 5078a0",
    "navy": "000080 191970 14285a 1e2d50 0a1432",
    "purple": "800080 6a32a0 9370db 4b0082 8a2be2 502864 b48cd2",
    "pink": "ffc0cb ff69b4 ff9ecb ff1493 db7093 e6a0b4 c83c82",
    "brown": "8b4513 a0522d 6b4423 503214 966432 5c4033 7d5032 321e14",
    "beige": "f5f5dc f5deb3 d2b48c deb887 c3b091 e6d2b4 b49b78",
}
BASIC = {"turquoise": "green", "navy": "blue", "silver": "grey"}
"""The basic word of a shade that is not one itself."""
_ALIKE = {
    ("black", "navy"): 0.5,
    ("black", "grey"): 0.4,
    ("black", "brown"): 0.3,
    ("grey", "silver"): 0.8,
    ("silver", "white"): 0.8,
    ("silver", "beige"): 0.3,
    ("silver", "blue"): 0.2,
    ("grey", "white"): 0.4,
    ("grey", "beige"): 0.3,
    ("grey", "blue"): 0.2,
    ("white", "beige"): 0.5,
    ("red", "orange"): 0.4,
    ("red", "pink"): 0.4,
    ("red", "brown"): 0.4,
    ("orange", "yellow"): 0.4,
    ("orange", "brown"): 0.5,
    ("yellow", "beige"): 0.4,
    ("yellow", "green"): 0.2,
    ("green", "turquoise"): 0.6,
    ("turquoise", "blue"): 0.5,
    ("blue", "navy"): 0.9,
    ("blue", "purple"): 0.4,
    ("navy", "purple"): 0.3,
    ("purple", "pink"): 0.5,
    ("brown", "beige"): 0.5,
}
NAMES = tuple(SHADES)
MIXED, UNMIXED_PX = 0.6, 48.0
"""How far a pixel of a thing of no size goes on from its ground, and the size of a thing whose pixels are its own."""
GRAIN = 1.5
"""Nine in ten pixels of a painted ground are at most this far (units of `flat`) from its colour, after JPEG."""
PLAIN = 12.0
"""From this distance (units of `flat`) on a colour is plainly none of a ground, however coarse that is."""
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    np.float32,
)


def to_lab(rgb: NDArray[np.uint8]) -> Floats:
    """CIELAB (L 0 to 100, a, b) of sRGB values, uint8 [..., 3]."""
    xyz = _linear()[rgb] @ _TO_XYZ.T / np.array([0.95047, 1.0, 1.08883], np.float32)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)


@cache
def _linear() -> Floats:
    """Light [256] of each value of an sRGB channel."""
    value = np.arange(256, dtype=np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def flat(lab: Floats) -> Floats:
    """The space in which colours are compared: lightness at half weight, and the colour of what is dark at less.

    A camera's picture has noise and the tint of its light in the dark, so that black is rarely without colour.
    """
    known = np.clip((lab[..., :1] + 5) / 35, 0.25, 1)
    return np.concatenate([lab[..., :1] * 0.5, lab[..., 1:] * known], -1).astype(np.float32)


@cache
def _prototypes() -> tuple[Floats, NDArray[np.intp]]:
    codes = [(index, code) for index, name in enumerate(NAMES) for code in SHADES[name].split()]
    rgb = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for _, code in codes], np.uint8)
    return flat(to_lab(rgb)), np.array([index for index, _ in codes])


def alike(one: str, other: str) -> float:
    """How easily two shades are taken for each other: 1 the same, 0 never."""
    if one == other:
        return 1.0
    return _ALIKE.get((one, other)) or _ALIKE.get((other, one)) or 0.0


def inner(rgb: Pixels, margin: float = CROP_MARGIN) -> tuple[slice, slice]:
    """Where the box lies in a crop with `margin` around it (rows, columns)."""
    height, width = rgb.shape[:2]
    pad = round(max(height, width) * margin / (1 + 2 * margin))
    dy, dx = min(pad, max(0, (height - 1) // 2)), min(pad, max(0, (width - 1) // 2))
    return slice(dy, height - dy), slice(dx, width - dx)


def clusters(points: Floats, count: int, rounds: int = 6) -> Floats:
    """Centres of `points` [n, 3] by k-means; the first centres are spread out (farthest first), so nothing is drawn."""
    centres = [points.mean(0)]
    away = _squares(points - centres[0])
    for _ in range(min(count, len(points)) - 1):
        centres.append(points[int(away.argmax())])
        away = np.minimum(away, _squares(points - centres[-1]))
    found, before = np.stack(centres), np.zeros(0, np.intp)
    for _ in range(rounds):
        nearest = (_squares(found) - 2 * points @ found.T).argmin(1)
        if np.array_equal(nearest, before):
            break
        before = nearest
        mine = (nearest == np.arange(len(found))[:, None]).astype(np.float32)
        counts = mine.sum(1)
        held = counts > 0
        found[held] = (mine @ points)[held] / counts[held, None]
    return found.astype(np.float32)


def _distances(points: Floats, centres: Floats) -> Floats:
    squares: NDArray[Any] = _squares(points)[:, None] - 2 * points @ centres.T + _squares(centres)
    return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float32)


def _squares(points: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", points, points), np.float32)


def foreground(rgb: Pixels, margin: float = CROP_MARGIN) -> NDArray[np.bool_]:
    """Which pixels of a crop are the thing: those in its box whose colour the rim around it hardly has.

    At least a tenth of the box is returned (the pixels least like the rim), so that a thing in the colour of its
    ground still has colours.
    """
    rows, columns = inner(rgb, margin)
    mask = np.zeros(rgb.shape[:2], bool)
    away, limit = _off_ground(rgb, margin)
    mask[rows, columns] = away >= min(limit, float(np.quantile(away, 0.9)))
    return mask


def standing_out(rgb: Pixels, margin: float = CROP_MARGIN) -> float:
    """The share of a crop's box that has another colour than the rim around it: little of a shadow or an edge has."""
    away, limit = _off_ground(rgb, margin)
    return float((away >= min(limit, PLAIN)).mean())


def cut_out(rgb: Pixels, margin: float = CROP_MARGIN) -> bool:
    """Whether a crop's thing stands on a ground of one colour without any grain: painted, by who cut it out."""
    rows, columns = inner(rgb, margin)
    rim = np.ones(rgb.shape[:2], bool)
    rim[rows, columns] = False
    if rim.sum() < 8:
        return False
    lab = flat(to_lab(rgb[rim]))
    return float(np.quantile(_distances(lab, np.median(lab, 0)[None])[:, 0], 0.9)) < GRAIN


def _off_ground(rgb: Pixels, margin: float) -> tuple[Floats, float]:
    """How far each pixel of the box is from the colours of its rim, [h, w], and from where on it is none of them."""
    rows, columns = inner(rgb, margin)
    lab = flat(to_lab(rgb))
    rim = np.ones(rgb.shape[:2], bool)
    rim[rows, columns] = False
    box = lab[rows, columns]
    if rim.sum() < 8:
        return np.ones(box.shape[:2], np.float32), 0.0
    ground = clusters(lab[rim], 4)
    spread = float(np.median(_distances(lab[rim], ground).min(1)))
    away = _distances(box.reshape(-1, 3), ground).min(1).reshape(box.shape[:2])
    return away, max(6.0, 3 * spread)


def shares(pixels: Pixels) -> dict[str, float]:
    """The share of each shade among `pixels`, uint8 [n, 3], most first; what is under a twentieth is left out."""
    if len(pixels) == 0:
        return {}
    centres, names = _prototypes()
    nearest = names[_distances(flat(to_lab(pixels)), centres).argmin(1)]
    counts = np.bincount(nearest, minlength=len(NAMES)) / len(nearest)
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i] >= 0.05]
    return {NAMES[i]: float(counts[i]) for i in order}


@dataclass(frozen=True)
class Look:
    """The colours of a thing: `shares` of the shades in `NAMES` [15], `palette` [216] of unit length, words."""

    shares: Floats
    palette: Floats
    words: tuple[str, ...]


def look(rgb: Pixels, margin: float = CROP_MARGIN) -> Look:
    """The colours of the thing in a crop."""
    pixels = unmixed(rgb, foreground(rgb, margin), margin)
    found = shares(pixels)
    return Look(np.array([found.get(name, 0.0) for name in NAMES], np.float32), palette(pixels), _words(pixels, found))


def unmixed(rgb: Pixels, mask: NDArray[np.bool_], margin: float = CROP_MARGIN) -> Pixels:
    """The pixels [n, 3] of the thing, with the ground's part taken out of those of a small one.

    Across a room a thing is some pixels wide; blur, and colour at half resolution (4:2:0), mix them with the ground. A
    linear mixture (Settle and Drake 1993) is undone by going on from the ground through the pixel: by `MIXED` for a
    thing a pixel wide, by less for a larger one; and of a small thing the half nearest to the ground is left out.
    """
    rows, columns = inner(rgb, margin)
    side = max(rows.stop - rows.start, columns.stop - columns.start)
    mixed = MIXED * max(0.0, 1 - side / UNMIXED_PX)
    pixels = rgb[mask]
    rim = np.ones(rgb.shape[:2], bool)
    rim[rows, columns] = False
    if mixed <= 0 or len(pixels) < 4 or rim.sum() < 8:
        return pixels
    lab, ground = to_lab(pixels), clusters(to_lab(rgb[rim]), 4)
    distances = _distances(flat(lab), flat(ground))
    away, nearest = distances.min(1), ground[distances.argmin(1)]
    far = away >= np.median(away)
    return _to_rgb((lab + mixed * (lab - nearest))[far])


def _to_rgb(lab: Floats) -> Pixels:
    """sRGB values, uint8, of CIELAB; what no screen can show is clipped."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, (f - 16 / 116) / 7.787) * np.array([0.95047, 1.0, 1.08883], np.float32)
    linear = np.clip(xyz @ np.linalg.inv(_TO_XYZ).T, 0, 1)
    value = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(np.clip(value, 0, 1) * 255), np.uint8)


def _words(pixels: Pixels, found: dict[str, float]) -> tuple[str, ...]:
    """Colour words, most first, with "light" or "dark" at the end where the thing is so."""
    names = [name for name, share in found.items() if share >= 0.12][:4]
    if not names:
        return ()
    words = list(dict.fromkeys(BASIC.get(name, name) for name in names))
    lightness = float(np.median(to_lab(pixels)[:, 0]))
    if words[0] not in {"black", "white", "grey", "beige"} and (lightness < 32 or lightness > 75):
        words.append("dark" if lightness < 32 else "light")
    return tuple(words)


def likeness(wanted: str, strict: float = 1.0) -> Floats:
    """How easily each shade is called `wanted`, [15], 0 to 1; the inner product with shade shares, at most 1, is how
    well a thing is called so. `strict` is the power of their likeness: above 1, neighbours count less.
    """
    return np.array([alike(wanted, name) ** strict for name in NAMES], np.float32)


def palette(pixels: Pixels) -> Floats:
    """A soft colour histogram of unit length [216]: 6 bins each of lightness, a and b; cosines compare palettes."""
    table = np.zeros((6, 6, 6), np.float32)
    if len(pixels):
        lab = to_lab(pixels)
        place = np.stack([lab[:, 0] / 20, (lab[:, 1] + 75) / 30, (lab[:, 2] + 75) / 30], 1).clip(0, 4.999)
        low = place.astype(np.intp)
        part = place - low
        for corner in np.ndindex(2, 2, 2):
            weight = np.prod(np.where(np.array(corner) == 1, part, 1 - part), 1)
            np.add.at(table, tuple((low + np.array(corner)).T), weight)
    line = np.sqrt(table.reshape(-1))
    return (line / max(float(np.linalg.norm(line)), 1e-9)).astype(np.float32)
