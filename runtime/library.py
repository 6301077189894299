"""Look after models that lie on the disk: list, verify, remove. Owns no downloads (see
`runtime.downloads`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from runtime import records
from runtime.catalogue import Catalogue
from runtime.errors import ModelMissingError, storage_errors
from runtime.model_entry import ModelEntry, ModelFile
from runtime.progress import Meter, PullProgress
from runtime.worker import Cancellation


@dataclass(frozen=True)
class ModelState:
    """One line of `hausgeist models list`. `bytes_on_disk` counts what is there, `commit` is a snapshot's."""

    entry: ModelEntry
    installed: bool
    bytes_on_disk: int
    folder: Path
    commit: str


@dataclass(frozen=True)
class FileState:
    """What `hausgeist models verify` found of one file; `state` is "ok", "missing" or "damaged"."""

    model: str
    file: str
    bytes: int
    state: str


def list_models(catalogue: Catalogue) -> list[ModelState]:
    """Every model of the catalogue, in its order; reads no file's content."""
    states = []
    for entry in catalogue.entries.values():
        folder = catalogue.folder(entry.id)
        states.append(
            ModelState(entry, catalogue.installed(entry.id), _on_disk(folder), folder, records.read(folder).commit)
        )
    return states


def verify(
    catalogue: Catalogue,
    names: str | Iterable[str] | None = None,
    progress: Callable[[PullProgress], None] | None = None,
    cancellation: Cancellation | None = None,
) -> list[FileState]:
    """Hash every file of the named models (all whose folder exists, without names) and record what is sound.

    A damaged file is no longer used until it was pulled again. Raises `UnknownNameError`, `StorageError`,
    `CallCancelled`.
    """
    if names is None:
        entries = [entry for entry in catalogue.entries.values() if catalogue.folder(entry.id).is_dir()]
    else:
        entries = catalogue.select(names)
    cancellation = cancellation or Cancellation()
    files = [(entry, file) for entry in entries for file in catalogue.known_files(entry.id)]
    meter = Meter(progress, sum(file.bytes for _, file in files))
    states = [FileState(e.id, "*", e.bytes, "missing") for e in entries if not catalogue.known_files(e.id)]
    for entry, file in files:
        cancellation.check()
        meter.begin(entry.id, file.name, file.bytes)
        meter.state("verifying")
        state = _verify_file(catalogue.folder(entry.id), file, meter, cancellation)
        meter.settle(file.bytes)
        states.append(FileState(entry.id, file.name, file.bytes, state))
    return states


def remove(catalogue: Catalogue, model_id: str) -> int:
    """Delete a model's folder and what was fetched of it in part; return the bytes that were freed.

    Raises `UnknownNameError`, `StorageError`, and `ModelMissingError` when nothing of it is there.
    """
    folder = catalogue.folder(model_id)
    parts = catalogue.paths.models / ".parts" / model_id
    freed = _on_disk(folder) + _on_disk(parts)
    if not folder.exists() and not parts.exists():
        raise ModelMissingError(f"The model {model_id} is not installed.", remedy="See `hausgeist models list`.")
    with storage_errors(folder):
        for place in (folder, parts):
            if place.exists():
                shutil.rmtree(place)
    return freed


def _verify_file(folder: Path, file: ModelFile, meter: Meter, cancellation: Cancellation) -> str:
    def tell(count: int) -> None:
        meter.add(count)
        cancellation.check()

    if not (folder / file.name).is_file():
        return "missing"
    with storage_errors(folder):
        found = records.digest(folder / file.name, tell)
    record = records.read(folder)
    if found == file.sha256:
        if not records.unchanged(folder, file):
            records.note(folder, file.name, found)
        return "ok"
    if file.name in record.files:
        record.files[file.name] = replace(record.files[file.name], mtime_ns=0)
        records.write(folder, record)
    return "damaged"


def _on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


__all__ = ["FileState", "ModelState", "list_models", "remove", "verify"]
