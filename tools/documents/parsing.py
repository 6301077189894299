"""The parsers of PDF and HTML, and the worker process with limits of memory and time in which they run.

A file can be made so that its parser takes all memory, runs for hours or ends the process; then the worker ends, and
the caller gets a `MediaError`. Owns no finding of files and no plain text (`reading`).
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from runtime.errors import MediaError, WorkerDiedError, WorkerTimeoutError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import WorkerSpec

MEMORY_BYTES = 2 * 2**30
"""Address space of the worker."""
QUIET_S = 90.0
"""Longest time for one page of a PDF, or for an HTML file, by the clock."""
AGAIN = "Open it in a viewer and save it again, or save its text."
Kind = Literal["pdf", "html"]


@dataclass(frozen=True)
class Parsed:
    """What a file says: the title it gives itself ("" for none), its text, and for a PDF each page's text instead."""

    title: str
    text: str = ""
    pages: tuple[str, ...] | None = None


Parse = Callable[[Path, Kind, str | None], Parsed]
"""Parses a file; the source of an HTML file is given. Raises `MediaError`."""


class Parser:
    """The service of the worker process."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def parse(self, path: Path, kind: Kind, source: str | None, *, emit: Callable[[Any], None]) -> Parsed:
        """See `Parse`; emits the number of each page when it is done. Raises `MediaError`, also without memory."""
        try:
            return _pdf(path, emit) if kind == "pdf" else _html(source or "")
        except (MemoryError, RecursionError) as problem:
            raise MediaError(f"The file {path} takes more memory than it may have.", remedy=AGAIN) from problem


def confined(house: House, *, memory_bytes: int = MEMORY_BYTES, quiet_s: float = QUIET_S) -> Parse:
    """A parser in a process of its own, which is started at the first file that needs it."""
    target, size = f"{__name__}:Parser", {"memory_bytes": memory_bytes}
    spec = WorkerSpec("document parser", target, size, cpu_bytes=80_000_000, priority=Priority.BACKGROUND)

    def parse(path: Path, kind: Kind, source: str | None) -> Parsed:
        with house.residency.lease(spec) as worker:
            try:
                parsed: Parsed = worker.call("parse", path, kind, source, timeout_s=quiet_s)
                return parsed
            except WorkerTimeoutError as problem:
                worker.close(grace_s=0.0)
                raise MediaError(f"The file {path} takes too long to read.", remedy=AGAIN) from problem
            except WorkerDiedError as problem:
                raise MediaError(f"The file {path} ended the process that read it.", remedy=AGAIN) from problem

    return parse


def parse_here(path: Path, kind: Kind, source: str | None) -> Parsed:
    """Parse in this process, without limits: for files of one's own, and within a process that has limits already."""
    return _pdf(path, lambda _: None) if kind == "pdf" else _html(source or "")


def _pdf(path: Path, told: Callable[[Any], None]) -> Parsed:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    damaged = (PyPdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError, NotImplementedError)
    pages = []
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise MediaError(f"The PDF {path} is protected by a password.", remedy="Save it without one first.")
        for number, page in enumerate(reader.pages):
            pages.append(page.extract_text().strip())
            told(number)
        title = str((reader.metadata.title if reader.metadata else None) or "").strip()
    except damaged as problem:
        remedy = "Open it in a PDF viewer and save it again."
        raise MediaError(f"The PDF {path} is damaged or cannot be read: {problem}.", remedy=remedy) from problem
    except ImportError as problem:  # an encryption that needs a package
        raise MediaError(f"The PDF {path} is encrypted: {problem}.", remedy="Save it without a password.") from problem
    return Parsed(title, pages=tuple(pages))


def _html(source: str) -> Parsed:
    """Title and visible text of a page; headings get Markdown's mark, scripts and styles are left out."""
    from bs4 import BeautifulSoup

    page = BeautifulSoup(source, "html.parser")
    title = page.title.get_text(" ", strip=True)[:120] if page.title else ""
    for hidden in page(["script", "style", "template", "noscript", "head"]):
        hidden.decompose()
    for heading in page(["h1", "h2", "h3"]):
        heading.insert(0, "\n\n" + "#" * int(heading.name[1]) + " ")
    for block in page(["p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "table", "section", "article"]):
        block.append("\n")
    lines = (" ".join(line.split()) for line in page.get_text(" ").splitlines())
    return Parsed(title, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())
