"""What was verified of a model's folder: the file `.verified.json` beside the files. Owns no downloads.

It keeps, for every file, the SHA-256 that its bytes had and the size and modification time at which they
had it, so that a later start need not hash a gigabyte again, and so that a changed file is noticed. For a
hub snapshot it also keeps the commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from runtime.errors import HausgeistError, ModelCorruptError, storage_errors
from runtime.model_entry import ModelFile
from runtime.paths import replacing

RECORD = ".verified.json"
BLOCK = 1 << 20


@dataclass(frozen=True)
class VerifiedFile:
    """A file's SHA-256, and its bytes and modification time (nanoseconds since 1970) when it was hashed."""

    sha256: str
    bytes: int
    mtime_ns: int


@dataclass
class Record:
    """What is known of one model's folder; `commit` and `complete` (all files are there) are those of a snapshot."""

    files: dict[str, VerifiedFile] = field(default_factory=dict)
    commit: str = ""
    complete: bool = False

    def model_files(self) -> tuple[ModelFile, ...]:
        """The recorded files of a complete snapshot as the catalogue would name them; nothing otherwise."""
        if not self.complete:
            return ()
        return tuple(ModelFile(name, file.bytes, file.sha256) for name, file in self.files.items())


def read(folder: Path) -> Record:
    """The record of `folder`; an absent or unreadable one is empty, so that all is hashed anew."""
    try:
        table = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        files = {name: VerifiedFile(**row) for name, row in table["files"].items()}
        return Record(files, table.get("commit", ""), table.get("complete", False))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Record()


def write(folder: Path, record: Record) -> None:
    """Replace the record of `folder`."""
    with replacing(folder / RECORD) as beside:
        beside.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")


def note(folder: Path, name: str, sha256: str) -> None:
    """Record that the file `name` in `folder` has `sha256` now."""
    state = (folder / name).stat()
    record = read(folder)
    record.files[name] = VerifiedFile(sha256, state.st_size, state.st_mtime_ns)
    write(folder, record)


def unchanged(folder: Path, file: ModelFile) -> bool:
    """Whether the file was verified with this hash and was not touched since."""
    known = read(folder).files.get(file.name)
    if known is None or known.sha256 != file.sha256:
        return False
    try:
        state = (folder / file.name).stat()
    except OSError:
        return False
    return (state.st_size, state.st_mtime_ns) == (known.bytes, known.mtime_ns)


def check(folder: Path, file: ModelFile, model_id: str) -> None:
    """Make sure that the file has its hash; hashes it only when it was touched. Raises `ModelCorruptError`."""
    if unchanged(folder, file):
        return
    with storage_errors(folder):
        found = digest(folder / file.name)
    if found != file.sha256:
        raise corrupt(model_id, file, found)
    with suppress(HausgeistError, OSError):  # a read-only folder: it is hashed again next time
        note(folder, file.name, found)


def corrupt(model_id: str, file: ModelFile, found: str) -> ModelCorruptError:
    """The error for a file whose bytes are not those of the catalogue."""
    return ModelCorruptError(
        f"The file {file.name} of the model {model_id} is damaged: its SHA-256 is {found[:12]}…, not"
        f" {file.sha256[:12]}….",
        remedy=f"Get it again with `hausgeist models pull {model_id}`.",
    )


def digest(path: Path, tell: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file; `tell` is called with the number of bytes of every block read."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            total.update(block)
            if tell is not None:
                tell(len(block))
    return total.hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a regular file; -1 where there is none."""
    try:
        return path.stat().st_size if path.is_file() else -1
    except OSError:
        return -1
