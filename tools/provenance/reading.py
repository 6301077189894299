"""What a file says of its origin, and whether that is still true: ours and others'. Changes no file.

Content credentials are checked by c2pa-python without the network; this house's own signatures are known by its root
certificate. A PNG drawn here also keeps the SHA-256 of its pixels, so that a change is seen where the credentials were
stripped.
"""

from __future__ import annotations

import json
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.errors import MediaError
from runtime.paths import Paths
from tools.provenance.embedded import Embedded, embedded
from tools.provenance.marks import OFFLINE, SOURCE_TYPES
from tools.provenance.signing import known_root

_MAGIC = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"fLaC", "audio/flac"))
_TRAINED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")


@dataclass(frozen=True)
class Credentials:
    """C2PA content credentials. `state`: "none", "intact", "broken" (the file or they were changed), "unreadable"."""

    state: str = "none"
    signer: str = ""
    ours: bool = False
    """Whether this house's key signed them."""
    generator: str = ""
    actions: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """The specification's failure codes."""


@dataclass(frozen=True)
class Provenance:
    """All that is known of a file's origin. `pixels`: "unchanged" or "changed" since it was drawn, or "unknown"."""

    path: Path
    media_type: str
    credentials: Credentials
    embedded: Embedded = field(default_factory=Embedded)
    pixels: str = "unknown"

    @property
    def changed(self) -> bool:
        """Whether the file differs from what was signed or drawn."""
        return self.credentials.state == "broken" or self.pixels == "changed"

    @property
    def machine_made(self) -> bool:
        """Whether any mark says that a trained model made it, or part of it."""
        marks = (*self.credentials.source_types, self.embedded.source_type)
        return any(mark.rpartition("/")[2] in _TRAINED for mark in marks)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "file": str(self.path),
            "media_type": self.media_type,
            "machine_made": self.machine_made,
            "changed": self.changed,
            "credentials": {**self.credentials.__dict__},
            "metadata": {**self.embedded.__dict__},
            "pixels": self.pixels,
        }


def provenance(path: Path, paths: Paths) -> Provenance:
    """Read and verify the marks in `path`. Raises `MediaError` for a file that is not there or cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as problem:
        raise MediaError(f"The file {path} cannot be read: {problem.strerror}.", remedy="Check the path.") from problem
    media_type = _media_type(path, head)
    held = _credentials(path, media_type, paths)
    try:
        found = embedded(path, media_type)
    except MediaError:
        if held.state != "broken":
            raise
        found = Embedded()  # damaged so that it cannot be opened: that it was changed is the answer
    pixels = "unknown"
    if found.drawn_pixels and found.pixels:
        pixels = "unchanged" if found.drawn_pixels == found.pixels else "changed"
    return Provenance(path, media_type, held, found, pixels)


def _media_type(path: Path, head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    known = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _credentials(path: Path, media_type: str, paths: Paths) -> Credentials:
    import c2pa

    if media_type not in c2pa.Reader.get_supported_mime_types():
        return Credentials()
    root = known_root(paths)
    trust = {"trust": {"user_anchors": root.decode()}} if root else {}
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(media_type, file, context=c2pa.Context.from_dict({**OFFLINE, **trust}))
            if reader is None:
                return Credentials()
            with reader:
                return _told(json.loads(reader.json()))
    except (c2pa.C2paError, ValueError) as problem:
        if "ManifestNotFound" in type(problem).__name__ or "ManifestNotFound" in str(problem):
            return Credentials()
        return Credentials("unreadable", problems=(str(problem),))


def _told(report: dict[str, Any]) -> Credentials:
    """The active manifest's credentials. An unknown signer is no fault of the file: it is named, not trusted."""
    manifest = report.get("manifests", {}).get(report.get("active_manifest"), {})
    results = report.get("validation_results", {}).get("activeManifest", {})
    failures = [entry["code"] for entry in results.get("failure", ()) if entry["code"] != "signingCredential.untrusted"]
    codes = {entry["code"] for entry in results.get("success", ())}
    signature = manifest.get("signature_info", {})
    actions: list[dict[str, Any]] = []
    for assertion in manifest.get("assertions", ()):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            actions += assertion.get("data", {}).get("actions", ())
    signer = " / ".join(filter(None, (signature.get("issuer"), signature.get("common_name"))))
    generators = manifest.get("claim_generator_info") or [{}]
    generator = f"{generators[0].get('name', '')} {generators[0].get('version', '')}".strip()
    return Credentials(
        "broken" if failures or report.get("validation_state") == "Invalid" else "intact",
        signer,
        "signingCredential.trusted" in codes and report.get("validation_state") == "Trusted",
        generator or str(manifest.get("claim_generator", "")),
        tuple(str(action.get("action", "")) for action in actions),
        tuple(kind for action in actions if (kind := str(action.get("digitalSourceType", "")))),
        tuple(str(one.get("title", "")) for one in manifest.get("ingredients", ())),
        tuple(dict.fromkeys(failures)),
    )


def plain_type(source_type: str) -> str:
    """The last part of an IPTC source type."""
    return source_type.removeprefix(SOURCE_TYPES)
