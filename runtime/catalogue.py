"""Which models there are, where they come from, and where they lie. Owns no downloads (see `runtime.downloads`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from runtime.errors import ModelMissingError, UnknownNameError
from runtime.paths import Paths


@dataclass(frozen=True)
class ModelFile:
    """One file of a model: its name in the model's folder, bytes, SHA-256 (lower-case hexadecimal)."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ModelEntry:
    """One model of the catalogue."""

    id: str
    task: str
    title: str
    licence: str
    languages: tuple[str, ...]
    files: tuple[ModelFile, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files together."""
        return sum(file.bytes for file in self.files)


class Catalogue:
    """The models that are known, and their folders under `Paths.models`."""

    def __init__(self, entries: dict[str, ModelEntry], paths: Paths) -> None:
        self.entries = entries
        self.paths = paths

    @classmethod
    def load(cls, paths: Paths) -> Catalogue:
        """Read the catalogue that comes with the program."""
        table = tomllib.loads((files("runtime") / "catalogue.toml").read_text(encoding="utf-8"))
        entries = {
            row["id"]: ModelEntry(
                row["id"], row["task"], row["title"], row["licence"], tuple(row["languages"]),
                tuple(ModelFile(f["name"], f["bytes"], f["sha256"]) for f in row["files"]),
            )
            for row in table["model"]
        }
        return cls(entries, paths)

    def entry(self, model_id: str) -> ModelEntry:
        """The entry of that id. Raises `UnknownNameError`."""
        try:
            return self.entries[model_id]
        except KeyError:
            raise UnknownNameError("model", model_id, self.entries, remedy="See `hausgeist models list`.") from None

    def folder(self, model_id: str) -> Path:
        """Where the model's files lie or would lie."""
        return self.paths.models / self.entry(model_id).id

    def installed(self, model_id: str) -> bool:
        """Whether every file is there with its full size (hashes were checked when it was pulled)."""
        folder = self.folder(model_id)
        return all(
            (folder / file.name).is_file() and (folder / file.name).stat().st_size == file.bytes
            for file in self.entry(model_id).files
        )

    def require(self, model_id: str) -> Path:
        """The folder of an installed model. Raises `ModelMissingError` naming the command that gets it."""
        entry = self.entry(model_id)
        if not self.installed(model_id):
            raise ModelMissingError(
                f"The model {model_id} ({entry.title}, {entry.bytes / 1e6:.0f} MB) is not installed.",
                remedy=f"Get it with `hausgeist models pull {model_id}`.",
            )
        return self.folder(model_id)
