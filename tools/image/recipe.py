"""The recipe inside a picture: how to draw it again, beside the plain marks that a machine drew it.

In a PNG the recipe stands as JSON in an iTXt chunk (PNG specification, 11.3.3.4), in a JPEG within the XMP packet. The
marks are the standard keywords Software, Description and Comment, and IPTC's digital source type in XMP (IPTC Photo
Metadata Standard 2023.1). Content credentials are put in by `tools.provenance`. No path of this machine is written.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.errors import ArgumentError, MediaError
from tools.provenance.embedded import RECIPE_KEY, XMP_KEY, picture_metadata, pixels_sha256, xmp_packet
from tools.provenance.marks import GENERATED

FORMATS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
"""Suffixes of pictures that can be written, and their media types."""
JPEG_QUALITY = 95


@dataclass(frozen=True)
class Recipe:
    """All that is needed to draw a picture again. Files are named with the SHA-256 of their bytes."""

    prompt: str
    negative_prompt: str | None
    seed: int
    model: str
    config_sha256: str
    """SHA-256 over the model's configuration and its weights' headers, sizes and samples; see `model_folder.py`."""
    width: int
    height: int
    steps: int
    guidance: float
    device: str
    """cpu or cuda; pixels are the same on the same device only."""
    dtype: str
    versions: Mapping[str, str] = field(default_factory=dict)
    style: str | None = None
    wish: str | None = None
    """The user's own words, where the prompt was rewritten from them."""
    loras: tuple[Mapping[str, Any], ...] = ()
    """Each with "name", "sha256" and "weight"."""
    source: Mapping[str, str] | None = None
    """Of an edit: "name" and "sha256" of the picture it started from."""
    mask: Mapping[str, str] | None = None
    region: str | None = None
    strength: float | None = None
    upscale: float | None = None
    source_type: str = GENERATED
    pixels_sha256: str = ""
    """Of the drawn pixels (PNG only: a JPEG changes them)."""


def library_versions() -> dict[str, str]:
    """Versions of what draws, by package name; those that are absent are left out."""
    found = {}
    for package in ("hausgeist", "torch", "diffusers", "transformers"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def media_type(path: Path) -> str:
    """The media type of a picture to write. Raises `ArgumentError` for a suffix that cannot be written."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise ArgumentError(
            f"Pictures are saved as PNG or JPEG, not as {path.name}.",
            remedy="Give a file name that ends in .png or .jpg.",
        ) from None


def encode(pixels: NDArray[np.uint8], recipe: Recipe, suffix: str) -> bytes:
    """`pixels` (height, width, 3; RGB) with their recipe and plain marks, as the bytes of a PNG or JPEG file."""
    from PIL import ExifTags, Image
    from PIL.PngImagePlugin import PngInfo

    tool = f"Hausgeist {recipe.versions.get('hausgeist', '')}".strip()
    comment = f"Machine-generated picture. digitalSourceType={recipe.source_type}"
    text = json.dumps(asdict(recipe), ensure_ascii=False, sort_keys=True)
    written = io.BytesIO()
    if FORMATS[suffix.lower()] == "image/png":
        info = PngInfo()
        info.add_itxt(RECIPE_KEY, text)
        info.add_text("Software", tool)
        info.add_itxt("Description", recipe.prompt)
        info.add_text("Comment", comment)
        info.add_itxt(XMP_KEY, xmp_packet(tool, recipe.source_type))
        Image.fromarray(pixels).save(written, format="PNG", pnginfo=info)
    else:
        exif = Image.Exif()
        exif[ExifTags.Base.Software] = tool
        packet = xmp_packet(tool, recipe.source_type, text).encode()
        options: dict[str, Any] = {"quality": JPEG_QUALITY, "subsampling": 0, "exif": exif, "comment": comment.encode()}
        Image.fromarray(pixels).save(written, format="JPEG", xmp=packet, **options)
    return written.getvalue()


def hash_of(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 of RGB pixels (height, width, 3), as it stands in a recipe."""
    return pixels_sha256((pixels.shape[1], pixels.shape[0]), np.ascontiguousarray(pixels).tobytes())


def read_recipe(path: Path) -> Recipe:
    """The recipe in a picture that we drew. Raises `MediaError` where there is none."""
    found = picture_metadata(path)
    if found is None:
        raise MediaError(f"The picture {path} cannot be read: it is no picture.", remedy="Check the file.")
    table = found.recipe
    if not table:
        raise MediaError(f"The picture {path} holds no recipe.", remedy="Only pictures drawn by Hausgeist have one.")
    missing = [one.name for one in fields(Recipe) if one.name not in table and not _optional(one)]
    if missing:
        raise MediaError(
            f"The recipe in {path} is damaged: it does not tell {', '.join(missing)}.", remedy="Draw the picture anew."
        )
    values = {one.name: table[one.name] for one in fields(Recipe) if one.name in table}
    return Recipe(**{**values, "loras": tuple(values.get("loras") or ())})


def _optional(one: Any) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING
