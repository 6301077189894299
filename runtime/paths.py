"""Where things lie on disk. Owns no file formats.

State lies under the XDG folders, or under the one folder that `HAUSGEIST_HOME` names. Models lie in the
XDG cache or in `HAUSGEIST_MODELS`, whatever `HAUSGEIST_HOME` is, since they can be fetched again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import StorageError, storage_errors


@dataclass(frozen=True)
class Paths:
    """The program's folders. None of them is made by looking at it; see `ensure`."""

    config: Path
    data: Path
    cache: Path
    models: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """Read `HAUSGEIST_HOME`, `HAUSGEIST_MODELS` and the XDG variables."""
        user = Path(environ.get("HOME") or Path.home())

        def xdg(variable: str, default: str) -> Path:
            value = environ.get(variable, "")
            return (Path(value) if value.startswith("/") else user / default) / "hausgeist"

        cache = xdg("XDG_CACHE_HOME", ".cache")
        models = Path(environ.get("HAUSGEIST_MODELS") or cache / "models").expanduser().absolute()
        home = environ.get("HAUSGEIST_HOME")
        if home:
            root = Path(home).expanduser().absolute()
            return cls(root / "config", root / "data", root / "cache", models)
        return cls(xdg("XDG_CONFIG_HOME", ".config"), xdg("XDG_DATA_HOME", ".local/share"), cache, models)

    @property
    def settings_file(self) -> Path:
        """The owner's settings, TOML."""
        return self.config / "settings.toml"

    @property
    def memory(self) -> Path:
        """Facts and history (SQLite) and the Chroma store."""
        return self.data / "memory"

    @property
    def finder(self) -> Path:
        """The camera index (SQLite), its vectors and evidence frames."""
        return self.data / "finder"

    @property
    def outputs(self) -> Path:
        """Pictures, speech and evidence that tools made for the owner."""
        return self.data / "outputs"

    @property
    def prefixes(self) -> Path:
        """Saved key-value states of prompt prefixes, beside the models they belong to; can be deleted at any time."""
        return self.models / "prefixes"

    @property
    def fitted(self) -> Path:
        """Weights fitted to the tools' utterances, named by a hash of them; can be deleted at any time."""
        return self.models / "fitted"


def ensure(folder: Path) -> Path:
    """Make `folder` (mode 0700 where new) and return it. Raises `StorageError` naming the remedy."""
    try:
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError) as problem:
        remedy = "Move that file aside, or move the data with HAUSGEIST_HOME."
        raise StorageError(f"A file is in the place of the folder {folder}.", remedy=remedy) from problem
    return folder


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to, which replaces `target` at a normal end and is removed
    otherwise.

    The given path keeps the suffix of `target`, since libraries choose formats by it.
    """
    ensure(target.parent)
    with storage_errors(target.parent):
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        beside = Path(name)
        try:
            yield beside
            with beside.open("rb") as written:
                os.fsync(written.fileno())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
