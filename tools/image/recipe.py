"""The recipe inside a picture: how to draw it again, and the mark that a machine drew it.

The recipe stands as JSON in an iTXt chunk of the PNG (PNG specification, 11.3.3.4), beside the standard keywords
Software, Description and Comment; the mark is IPTC's digital source type in an XMP packet (IPTC Photo Metadata
Standard 2023.1, `Iptc4xmpExt:DigitalSourceType`). Owns no other file format and no content credentials.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from runtime.errors import MediaError
from runtime.paths import replacing

KEY = "hausgeist:recipe"
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_XMP_KEY = "XML:com.adobe.xmp"
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
    "<xmp:CreatorTool>{tool}</xmp:CreatorTool>"
    "<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


@dataclass(frozen=True)
class Recipe:
    """All that is needed to draw a picture again."""

    prompt: str
    negative_prompt: str | None
    seed: int
    model: str
    config_sha256: str
    """SHA-256 over the model's configuration and the sizes of its weights; see `model_folder.py`."""
    width: int
    height: int
    steps: int
    guidance: float
    device: str
    """cpu or cuda; pixels are the same on the same device only."""
    dtype: str
    versions: Mapping[str, str] = field(default_factory=dict)


def library_versions() -> dict[str, str]:
    """Versions of what draws, by package name; those that are absent are left out."""
    found = {}
    for package in ("hausgeist", "torch", "diffusers", "transformers"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def write_png(path: Path, pixels: NDArray[np.uint8], recipe: Recipe) -> None:
    """Save `pixels` (height, width, 3; RGB) with their recipe, whole or not at all. Raises `StorageError`."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    tool = f"Hausgeist {recipe.versions.get('hausgeist', '')}".strip()
    info = PngInfo()
    info.add_itxt(KEY, json.dumps(asdict(recipe), ensure_ascii=False, sort_keys=True))
    info.add_text("Software", tool)
    info.add_itxt("Description", recipe.prompt)
    info.add_text("Comment", f"Machine-generated picture. digitalSourceType={GENERATED}")
    info.add_itxt(_XMP_KEY, _XMP.format(tool=escape(tool), source=GENERATED))
    with replacing(path) as beside:
        Image.fromarray(pixels).save(beside, format="PNG", pnginfo=info)


def read_recipe(path: Path) -> Recipe:
    """The recipe in a picture that we drew. Raises `MediaError` where there is none."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            picture.load()
            text = getattr(picture, "text", {}).get(KEY)
    except (OSError, SyntaxError, ValueError) as problem:
        raise MediaError(f"The picture {path} cannot be read: {problem}.", remedy="Check the file.") from problem
    if text is None:
        raise MediaError(f"The picture {path} holds no recipe.", remedy="Only pictures drawn by Hausgeist have one.")
    try:
        table = json.loads(str(text))
        return Recipe(**{entry.name: table[entry.name] for entry in fields(Recipe)})
    except (ValueError, KeyError, TypeError) as problem:
        raise MediaError(f"The recipe in {path} is damaged: {problem}.", remedy="Draw the picture anew.") from problem
