"""The file of a backup: a ZIP with a manifest of SHA-256. Owns its format, not what belongs into it.

Names in it are `data/…` and `config/…`, the manifest is `hausgeist-backup.json`. Pictures and recordings are stored,
all else is compressed. A backup is written beside its place, read back and compared, and only then put in place; when
it is read, nothing counts before its hash was found right.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from runtime.errors import StorageError, UsageError, storage_errors
from runtime.paths import ensure, replacing

FORMAT = 1
MANIFEST = "hausgeist-backup.json"
BLOCK = 1 << 20
MOST_MANIFEST = 256 << 20
_STORED = {".jpg", ".jpeg", ".png", ".webp", ".mp4", ".mkv", ".mov", ".gz", ".zip"}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    NotImplementedError,
    ValueError,
    RuntimeError,
    OverflowError,
)
"""What `zipfile` says of a broken file."""
Tell = Callable[[str, int, int], None]
"""`tell(what, bytes done, bytes in all)`."""


@dataclass(frozen=True)
class Source:
    """A file that goes into a backup: under which name, and where its bytes are now."""

    name: str
    file: Path


@dataclass(frozen=True)
class Entry:
    """A file of a backup, as its manifest has it. `mode` are its permission bits."""

    bytes: int
    sha256: str
    mtime_ns: int
    mode: int


@dataclass(frozen=True)
class Manifest:
    """What is in a backup. `databases`: the schema's version by the name of its store; `left_out`: what is not in it,
    a line each; `secrets`: whether passwords, tokens and keys are in it."""

    made: str
    program: str
    databases: dict[str, int]
    files: dict[str, Entry]
    left_out: tuple[str, ...]
    secrets: bool
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(entry.bytes for entry in self.files.values())


def write(
    target: Path, sources: Iterable[Source], about: Callable[[dict[str, Entry]], Manifest], tell: Tell
) -> Manifest:
    """Write a backup to `target` in one step (mode 0600) after reading it back.

    Files that vanish meanwhile are left out. `about` makes the manifest of what was written. Raises `StorageError`.
    """
    sources = list(sources)
    total = 2 * sum(_size(source.file) for source in sources) or 1
    done, entries = 0, {}
    ensure(target.parent)
    with replacing(target) as beside, storage_errors(target):
        with zipfile.ZipFile(beside, "w", allowZip64=True) as archive:
            for source in sources:
                entry = _put(archive, source)
                if entry is not None:
                    entries[source.name] = entry
                    done += entry.bytes
                tell("writing", done, total)
            manifest = about(entries)
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1), zipfile.ZIP_DEFLATED)
        with Backup(beside) as written:
            for _ in written.verified(lambda what, checked, _: tell(what, done + checked, total)):
                pass
    return manifest


def _put(archive: zipfile.ZipFile, source: Source) -> Entry | None:
    try:
        state = source.file.stat()
        stream = source.file.open("rb")
    except FileNotFoundError:
        return None
    info = zipfile.ZipInfo(source.name, (1980, 1, 1, 0, 0, 0))  # the manifest has the time
    info.compress_type = zipfile.ZIP_STORED if source.file.suffix.lower() in _STORED else zipfile.ZIP_DEFLATED
    info.external_attr = (state.st_mode & 0o777) << 16
    digest, size = hashlib.sha256(), 0
    with stream, archive.open(info, "w", force_zip64=True) as packed:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
            packed.write(block)
    return Entry(size, digest.hexdigest(), state.st_mtime_ns, state.st_mode & 0o777)


class Backup:
    """A backup that is read. Use as a context manager. Raises `UsageError` for what is no backup of ours or one of a
    later program, `StorageError` for a damaged one."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __enter__(self) -> Backup:
        try:
            with storage_errors(self.file):
                self._archive = zipfile.ZipFile(self.file)
        except FileNotFoundError as problem:
            raise UsageError(f"There is no backup {self.file}.", remedy="Check the path.") from problem
        except (OSError, *_BROKEN) as problem:
            raise _damaged(self.file, f"it is no ZIP file, or its end is missing ({problem})") from problem
        try:
            self.manifest = self._manifest()
        except BaseException:
            self._archive.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def verified(self, tell: Tell = lambda what, done, total: None) -> Iterator[str]:
        """Read every file and compare it with its hash; gives the names that were right. Raises at the first other."""
        for name, _ in self._each(tell, None):
            yield name

    def unpack(self, folder: Path, tell: Tell = lambda what, done, total: None) -> None:
        """Put all files under `folder`, each compared with its hash. Raises at the first that is not right."""
        for name, target in self._each(tell, folder):
            entry = self.manifest.files[name]
            target.chmod(entry.mode)
            _set_time(target, entry.mtime_ns)

    def read(self, name: str) -> bytes | None:
        """One file, compared with its hash; None where the backup has none of that name."""
        entry = self.manifest.files.get(name)
        if entry is None:
            return None
        data = self._read(name, entry.bytes)
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise _damaged(self.file, f"{name} has another hash")
        return data

    def _each(self, tell: Tell, folder: Path | None) -> Iterator[tuple[str, Path]]:
        done, total = 0, max(1, self.manifest.bytes)
        for name, entry in self.manifest.files.items():
            target = folder / name if folder is not None else Path("/dev/null")
            with storage_errors(target):
                if folder is not None:
                    ensure(target.parent)
                with target.open("wb") as out:
                    self._one(name, entry, out)
            done += entry.bytes
            tell("checking" if folder is None else "unpacking", done, total)
            yield name, target

    def _one(self, name: str, entry: Entry, out: IO[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(name) as packed:
                while size <= entry.bytes and (block := packed.read(BLOCK)):
                    size += len(block)
                    digest.update(block)
                    out.write(block)
        except _BROKEN as problem:
            raise _damaged(self.file, f"{name}: {problem}") from problem
        except OSError as problem:
            if problem.errno != errno.EINVAL:  # another one is the disk's that is written to
                raise
            raise _damaged(self.file, f"{name}: {problem}") from problem
        if (size, digest.hexdigest()) != (entry.bytes, entry.sha256):
            raise _damaged(self.file, f"{name} has another hash")

    def _read(self, name: str, most: int) -> bytes:
        try:
            with self._archive.open(name) as packed:
                return packed.read(most)
        except (*_BROKEN, OSError) as problem:  # OSError: it is sent to a place before the file's beginning
            raise _damaged(self.file, f"{name}: {problem}") from problem

    def _manifest(self) -> Manifest:
        if MANIFEST not in self._archive.namelist():
            raise UsageError(
                f"{self.file} is no backup of hausgeist.", remedy="Name a file that `hausgeist backup` wrote."
            )
        try:
            return _manifest(json.loads(self._read(MANIFEST, MOST_MANIFEST)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise _damaged(self.file, f"its list of files cannot be read ({problem})") from problem


def _manifest(table: dict[str, Any]) -> Manifest:
    if table.get("format", FORMAT) != FORMAT:
        raise UsageError("The backup was made by a later version of the program.", remedy="Update hausgeist.")
    files = {name: Entry(**row) for name, row in table["files"].items()}
    for name in files:
        _check_name(name)
    rest = {key: table[key] for key in ("made", "program", "databases", "secrets")}
    return Manifest(**rest, files=files, left_out=tuple(table["left_out"]))


def _check_name(name: str) -> None:
    """A name may lead nowhere but under the folder that it is unpacked to."""
    path = PurePosixPath(name)
    inside = len(path.parts) > 1 and path.parts[0] in ("data", "config") and ".." not in path.parts
    if not inside or "\\" in name or "\0" in name or str(path) != name:
        raise ValueError(f"the name {name!r} leads elsewhere")


def _damaged(file: Path, why: str) -> StorageError:
    return StorageError(f"The backup {file} is damaged: {why}.", remedy="Nothing was changed. Use another backup.")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _set_time(file: Path, mtime_ns: int) -> None:
    os.utime(file, ns=(mtime_ns, mtime_ns))
