"""Plain metadata of pictures and sound: who made it, from what, and the recipe of our own pictures. Verifies nothing.

Pictures: the text chunks of a PNG (PNG specification, 11.3.3), XMP (ISO 16684-1) and EXIF's Software. Sound: the
comment field of the container. IPTC's digital source type is looked for in all of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

from runtime.errors import MediaError

RECIPE_KEY = "hausgeist:recipe"
"""Keyword of the PNG chunk, and name of the XMP property, that hold a recipe as JSON."""
PIXELS_KEY = "pixels_sha256"
XMP_KEY = "XML:com.adobe.xmp"
_SOURCE = re.compile(r"https?://cv\.iptc\.org/newscodes/digitalsourcetype/\w+")
_XMP_RECIPE = re.compile(rf"<{RECIPE_KEY}>(.*?)</{RECIPE_KEY}>", re.DOTALL)
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:hausgeist="https://hausgeist.invalid/ns/1.0/">'
    "<xmp:CreatorTool>{tool}</xmp:CreatorTool>"
    "<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>"
    "{recipe}"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_SOUND_TYPES = ("audio/wav", "audio/flac", "audio/ogg", "audio/mpeg")


@dataclass(frozen=True)
class Embedded:
    """What stands in a file's plain metadata; empty where it says nothing."""

    software: str = ""
    description: str = ""
    comment: str = ""
    source_type: str = ""
    """IPTC's digital source type, a URL."""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    """How our own picture was drawn."""
    pixels: str = ""
    """SHA-256 of the pixels as they are now, looked at only where the recipe tells what it was."""

    @property
    def drawn_pixels(self) -> str:
        """SHA-256 of the pixels when it was drawn."""
        return str(self.recipe.get(PIXELS_KEY) or "")


def xmp_packet(tool: str, source: str, recipe: str = "") -> str:
    """An XMP packet that names the program, the source type and, where given, a recipe as JSON."""
    held = f"<{RECIPE_KEY}>{escape(recipe)}</{RECIPE_KEY}>" if recipe else ""
    return _XMP.format(tool=escape(tool), source=source, recipe=held)


def embedded(path: Path, media_type: str) -> Embedded:
    """The plain metadata of `path`; nothing for kinds of files that are not known here. Raises `MediaError`."""
    if media_type.startswith("image/"):
        return picture_metadata(path) or Embedded()
    return _sound(path) if media_type in _SOUND_TYPES else Embedded()


def pixels_sha256(size: tuple[int, int], rgb: bytes) -> str:
    """SHA-256 of RGB pixels, row by row, with their width and height."""
    return hashlib.sha256(f"{size[0]}x{size[1]} RGB ".encode() + rgb).hexdigest()


def picture_metadata(path: Path) -> Embedded | None:
    """The plain metadata of a picture; None where it is of no kind that can be opened. Raises `MediaError`."""
    from PIL import ExifTags, Image, UnidentifiedImageError

    from runtime.picture_faults import PICTURE_FAULTS

    try:
        with Image.open(path) as picture:
            picture.load()
            texts = {str(key): str(value) for key, value in getattr(picture, "text", {}).items()}
            xmp = _text(picture.info.get("xmp") or texts.get(XMP_KEY, ""))
            comment = _text(texts.get("Comment") or picture.info.get("comment") or "")
            software = str(picture.getexif().get(ExifTags.Base.Software, ""))
            recipe = _recipe(texts.get(RECIPE_KEY) or _from_xmp(xmp))
            now = pixels_sha256(picture.size, picture.convert("RGB").tobytes()) if recipe.get(PIXELS_KEY) else ""
    except UnidentifiedImageError:
        return None
    except PICTURE_FAULTS as problem:
        raise MediaError(f"The picture {path} cannot be read: {problem}.", remedy="Check the file.") from problem
    found = _SOURCE.search(xmp) or _SOURCE.search(comment)
    source = found.group() if found else ""
    return Embedded(texts.get("Software", software), texts.get("Description", ""), comment, source, recipe, now)


def _sound(path: Path) -> Embedded:
    try:
        import soundfile
    except ImportError:
        return Embedded()
    try:
        with soundfile.SoundFile(path) as sound:
            comment, software = sound.comment or "", sound.software or ""
    except (soundfile.LibsndfileError, OSError) as problem:
        raise MediaError(f"The sound file {path} cannot be read: {problem}.", remedy="Check the file.") from problem
    found = _SOURCE.search(comment)
    return Embedded(software, "", comment, found.group() if found else "")


def _from_xmp(xmp: str) -> str:
    found = _XMP_RECIPE.search(xmp)
    return unescape(found[1]) if found else ""


def _recipe(text: str) -> dict[str, Any]:
    try:
        table = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
