"""Which models there are and where they lie. Owns no downloads (see `runtime.downloads`).

The models that come with the program stand in `runtime/catalogue.toml`; the owner's own in `catalogue.toml`
in the settings folder, which may also replace an entry of ours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from runtime import records
from runtime.errors import ModelMissingError, SettingsError, UnknownNameError
from runtime.model_entry import ModelEntry, ModelFile, parse_entries
from runtime.paths import Paths


class Catalogue:
    """The models that are known, and their folders under `Paths.models`."""

    def __init__(self, entries: dict[str, ModelEntry], paths: Paths) -> None:
        self.entries = entries
        self.paths = paths

    @classmethod
    def load(cls, paths: Paths) -> Catalogue:
        """Read the catalogue that comes with the program and the owner's own. Raises `SettingsError`."""
        ours = tomllib.loads((files("runtime") / "catalogue.toml").read_text(encoding="utf-8"))
        entries = parse_entries(ours, "the catalogue")
        own = paths.config / "catalogue.toml"
        if own.exists():
            try:
                table = tomllib.loads(own.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError) as problem:
                raise SettingsError(
                    f"The catalogue {own} cannot be read: {problem}.", remedy="Correct it."
                ) from problem
            entries |= parse_entries(table, str(own))
        return cls(entries, paths)

    def entry(self, model_id: str) -> ModelEntry:
        """The entry of that id. Raises `UnknownNameError`."""
        try:
            return self.entries[model_id]
        except KeyError:
            raise UnknownNameError("model", model_id, self.entries, remedy="See `hausgeist models list`.") from None

    def select(self, names: str | Iterable[str]) -> list[ModelEntry]:
        """The entries of ids and set names ("starter", "test", "full"), each once. Raises
        `UnknownNameError`.
        """
        chosen: dict[str, ModelEntry] = {}
        for name in [names] if isinstance(names, str) else names:
            group = [entry for entry in self.entries.values() if entry.set == name]
            for entry in group or [self.entry(name)]:
                chosen[entry.id] = entry
        return list(chosen.values())

    def folder(self, model_id: str) -> Path:
        """Where the model's files lie or would lie."""
        return self.paths.models / self.entry(model_id).id

    def known_files(self, model_id: str) -> tuple[ModelFile, ...]:
        """The model's files with their hashes: of the catalogue, or those recorded when a snapshot was
        pulled.

        Empty for a hub snapshot that was never pulled.
        """
        entry = self.entry(model_id)
        return entry.files or records.read(self.folder(model_id)).model_files()

    def installed(self, model_id: str) -> bool:
        """Whether every file is there with its full size (hashes were checked when it was pulled)."""
        folder, known = self.folder(model_id), self.known_files(model_id)
        return bool(known) and all(records.size_of(folder / file.name) == file.bytes for file in known)

    def require(self, model_id: str) -> Path:
        """The folder of an installed model whose files were verified.

        A file that was put there or changed since it was last verified is hashed first. Raises
        `ModelMissingError` naming the command that gets it, and `ModelCorruptError`.
        """
        entry, folder = self.entry(model_id), self.folder(model_id)
        if not self.installed(model_id):
            raise ModelMissingError(
                f"The model {model_id} ({entry.title}, {entry.bytes / 1e6:.0f} MB) is not installed.",
                remedy=f"Get it with `hausgeist models pull {model_id}`.",
            )
        for file in self.known_files(model_id):
            records.check(folder, file, model_id)
        return folder


__all__ = ["Catalogue", "ModelEntry", "ModelFile"]
