"""The one place that decides whether a path stays within the folders that it may name. Owns no reading or writing.

Two questions: where a name that came from a tool's arguments, a request or a script lies under a folder (`within`),
and whether a file may be read for somebody who is not at the owner's terminal (`check_readable`). Both judge the place
that the file really has, with links followed. A race between the check and the use needs somebody who can already
write in the owner's folders, and is not defended against.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from runtime.errors import ArgumentError

LONGEST = 1024
"""Characters of a name at most."""


def within(folder: Path, name: str) -> Path:
    """The path of `name` under `folder`, which need not be there yet.

    Raises `ArgumentError` for what is absolute, climbs (`..`), begins in a home (`~`), holds a backslash or a control
    character, says any of that in percent-encoding, names the folder itself, or leaves it through a link.
    """
    wished = name.strip()
    plain = _decoded(wished)
    bad = (
        not wished
        or len(wished) > LONGEST
        or any(_climbs(text) for text in (wished, plain))
        or any(ord(character) < 32 or ord(character) == 127 for character in plain)
    )
    path = folder if bad else folder / wished
    if bad or not is_within(path, folder) or _real(path) == _real(folder):
        raise ArgumentError(f"{name[:200]!r} is no name of a file under {folder}.", remedy="Give a relative name.")
    return path


def is_within(path: Path, folder: Path) -> bool:
    """Whether a file's real place is `folder` or in it; False also for a name that no file can have."""
    try:
        return _real(path).is_relative_to(_real(folder))
    except (OSError, ValueError, RuntimeError):  # a loop of links, a zero byte, a name that is too long
        return False


@dataclass(frozen=True)
class Reach:
    """What may be read for somebody who is not at the owner's terminal: files in `folders`, hidden ones never.

    `own` are the house's folders (settings, data, models): of these only what a folder within them allows.
    """

    folders: tuple[Path, ...]
    own: tuple[Path, ...] = ()

    def holds(self, path: Path) -> bool:
        """Whether the file that `path` really is may be read."""
        return any(self._through(folder, path) for folder in self.folders)

    def _through(self, folder: Path, path: Path) -> bool:
        if not is_within(path, folder):
            return False
        below = _real(path).relative_to(_real(folder)).parts
        ours = any(is_within(path, own) and not is_within(folder, own) for own in self.own)
        return not ours and not any(part.startswith(".") for part in below)


def check_readable(path: Path, reach: Reach | None) -> Path:
    """`path`, where it may be read; `reach` is `House.reach`, None for the owner at the terminal.

    Raises `ArgumentError`, the same whether the file is there or not.
    """
    if reach is None or reach.holds(path):
        return path
    raise ArgumentError(
        f"{path} is not among the files that may be read from elsewhere.",
        remedy="Move it into one of the folders that the setting serve.folders names, or add its folder there.",
    )


def _real(path: Path) -> Path:
    return path.resolve()


def _climbs(text: str) -> bool:
    return text.startswith(("/", "~")) or "\\" in text or ".." in text.split("/") or "\0" in text


def _decoded(text: str) -> str:
    """The text as it is after percent-decoding until nothing changes (encodings can be nested)."""
    for _ in range(8):
        plain = unquote(text, errors="replace")
        if plain == text:
            return plain
        text = plain
    return text
