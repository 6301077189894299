"""Marks in what was made here: C2PA content credentials, signed with this house's key. Owns no recipe and no pixels.

C2PA is the Coalition for Content Provenance and Authenticity's specification 2.x (https://spec.c2pa.org); the source
types are IPTC's (https://cv.iptc.org/newscodes/digitalsourcetype). Plain metadata is written by who writes the file.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from runtime.errors import HausgeistError
from runtime.paths import Paths, replacing
from tools.provenance.signing import signing_key

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{SOURCE_TYPES}trainedAlgorithmicMedia"
"""All of it was made by a trained model."""
COMPOSITE = f"{SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia"
"""A trained model changed something that was there before, such as a photo."""
SIGNED = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
}
"""Suffixes of files that can carry credentials, and their media types."""


@dataclass(frozen=True)
class Mark:
    """What a file says of its origin. `maker` names the model and its engine; no prompt and no person is named."""

    title: str
    maker: str
    source: str = GENERATED
    parent: Path | None = None
    """The file it was made from, where it is an edit."""


def mark(path: Path, paths: Paths, what: Mark) -> str:
    """Put credentials into the finished file `path`, in its place, whole or not at all.

    Returns "" or, where they could not be put in, why in one sentence: the file then stays as it was. Raises
    `StorageError` for a disk that refuses.
    """
    signed, why = credentials(path.read_bytes(), path.suffix, paths, what)
    if not why:
        with replacing(path) as beside:
            beside.write_bytes(signed)
    return why


def credentials(content: bytes, suffix: str, paths: Paths, what: Mark) -> tuple[bytes, str]:
    """`content` with credentials and ""; or as it is, and why in one sentence."""
    media_type = SIGNED.get(suffix.lower())
    if media_type is None:
        return content, f"A {suffix or 'nameless'} file cannot carry content credentials."
    try:
        import c2pa
    except ImportError as problem:
        return content, f"No content credentials were written: {problem}."
    try:
        return _signed(content, media_type, paths, what), ""
    except (c2pa.C2paError, HausgeistError, OSError, ValueError) as problem:
        return content, f"No content credentials were written: {problem}"


def _signed(content: bytes, media_type: str, paths: Paths, what: Mark) -> bytes:
    import c2pa

    key = signing_key(paths)
    context = c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}, **OFFLINE})
    with (
        c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", key.chain, key.key, None)) as signer,
        c2pa.Builder(json.dumps(_manifest(what)), context=context) as builder,
    ):
        if what.parent is not None:
            _add_parent(builder, what.parent)
        result = io.BytesIO()
        builder.sign(signer, media_type, io.BytesIO(content), result)
        return result.getvalue()


OFFLINE: dict[str, Any] = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
"""Settings of c2pa: nothing is asked of the network."""


def _manifest(what: Mark) -> dict[str, Any]:
    program = {"name": "Hausgeist", "version": _own_version()}
    agent = {"name": what.maker, "version": program["version"]}
    made: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": what.source, "softwareAgent": agent}
    actions = [made]
    if what.parent is not None:
        opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}
        actions = [opened, {**made, "action": "c2pa.edited"}]
    return {
        "claim_generator_info": [program],
        "title": what.title,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _add_parent(builder: Any, parent: Path) -> None:
    described = {"title": parent.name, "relationship": "parentOf", "label": "parent"}
    media_type = SIGNED.get(parent.suffix.lower(), "image/png")
    with parent.open("rb") as file:
        builder.add_ingredient(json.dumps(described), media_type, file)


def _own_version() -> str:
    try:
        return version("hausgeist")
    except PackageNotFoundError:
        return "0"
