"""Reads a text, Markdown, HTML or PDF file into plain text. Owns no parsers (`parsing`), no summaries; asks no model.

All problems are `ToolError` (the file is not there or too large) or `MediaError` (it cannot be read as text).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import MediaError, ToolError, nearest
from runtime.inside import Reach, check_readable
from tools.documents.parsing import Parse, parse_here

MAX_BYTES = 64 * 2**20
MAX_CHARACTERS = 2_000_000
"""About 300,000 words; a longer text is refused rather than cut in silence."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HTML = frozenset({".html", ".htm", ".xhtml"})
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html)\b", re.IGNORECASE)
_CHINESE = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]")


@dataclass(frozen=True)
class Document:
    """What was read: `pages` and `page_texts` (one text a page, empty ones too) for a PDF, `encoding` for a text."""

    path: Path
    title: str
    text: str
    words: int
    pages: int | None = None
    encoding: str | None = None
    page_texts: tuple[str, ...] = ()


def read_document(name: str, folder: Path, reach: Reach | None = None, parse: Parse = parse_here) -> Document:
    """Read the file that `name` says: absolute, from `~`, or relative to `folder`. See the module for errors.

    A file beyond `reach` is neither read nor said to be there (`ArgumentError`). `parse` reads PDF and HTML; of files
    that others made, in a process with limits (`parsing.confined`).
    """
    path = find_file(name, folder, reach)
    size = path.stat().st_size
    if size == 0:
        raise MediaError(f"The file {path} is empty.", remedy="Check that it was saved.")
    if size > MAX_BYTES:
        raise ToolError(
            f"The file {path} has {size / 2**20:.0f} MiB; {MAX_BYTES / 2**20:.0f} MiB is the limit.",
            remedy="Split it, or save only the part you need.",
        )
    try:
        document = _read_pdf(path, parse) if _is_pdf(path) else _read_text(path, parse)
    except OSError as problem:
        raise ToolError(
            f"The file {path} cannot be read: {problem.strerror}.", remedy="Check its permissions."
        ) from problem
    if len(document.text) > MAX_CHARACTERS:
        raise ToolError(
            f"The text of {path} has {len(document.text)} characters; {MAX_CHARACTERS} is the limit.",
            remedy="Split it, or save only the part you need.",
        )
    return document


def find_file(name: str, folder: Path, reach: Reach | None = None) -> Path:
    """The file that `name` says. Raises `ToolError`, naming the nearest file name beside it; see `read_document`."""
    cleaned = name.strip().strip("\"'“”‘’`").removeprefix("file://")
    try:
        path = check_readable((folder / Path(cleaned).expanduser()).absolute(), reach)
        exists, is_folder = path.exists(), path.is_dir()
    except (OSError, RuntimeError, ValueError) as problem:
        raise ToolError(f"{name!r} is not a usable file name: {problem}.", remedy="Give the file's path.") from problem
    if is_folder:
        raise ToolError(f"{path} is a folder.", remedy=_offer(path, "", "Name one of its files"))
    if not exists:
        raise ToolError(f"There is no file {path}.", remedy=_offer(path.parent, path.name, "Give the full path"))
    if not path.is_file():
        raise ToolError(f"{path} is not a regular file.", remedy="Name a text, Markdown, HTML or PDF file.")
    return path


def count_words(text: str) -> int:
    """Words of a text; each Chinese, Japanese or Korean character counts as one."""
    return len(_CHINESE.findall(text)) + len(re.findall(r"\w+", _CHINESE.sub(" ", text)))


def _offer(folder: Path, name: str, otherwise: str) -> str:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith("."))
    except OSError:
        return f"{otherwise}; the folder {folder} is not there or cannot be read."
    near = nearest(name, names) if name else None
    if near:
        return f"Did you mean {near!r}, in {folder}?"
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return f"{otherwise}: {folder} holds {shown}." if names else f"{otherwise}: {folder} holds no files."


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as stream:
        return b"%PDF-" in stream.read(1024)


def _read_text(path: Path, parse: Parse) -> Document:
    data = path.read_bytes()
    text, encoding = decode(data, path)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    title = ""
    if path.suffix.lower() in HTML or _HTML_START.match(text):
        parsed = parse(path, "html", text)
        title, text = parsed.title, parsed.text
    if not text.strip():
        raise MediaError(f"The file {path} holds only blank space.", remedy="Check that it was saved.")
    return Document(path, title or _title(text, path), text, count_words(text), encoding=encoding)


def decode(data: bytes, path: Path) -> tuple[str, str]:
    """Text and encoding of a text file: by its mark, else UTF-8, else GB 18030 or Windows-1252 by what reads better."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError:
                break
    controls = sum(byte < 9 or 13 < byte < 27 for byte in data[:8192])
    if b"\0" in data or controls > len(data[:8192]) / 50:
        raise MediaError(
            f"The file {path} is not a text or PDF file ({path.suffix or 'no suffix'}, binary content).",
            remedy="Save it as text or PDF first.",
        )
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        chinese = data.decode("gb18030")
        beyond = [c for c in chinese if ord(c) > 127]
        if sum("\u4e00" <= c <= "\u9fa5" or c in "，。！？：；、“”（）《》" for c in beyond) > 0.9 * len(beyond):
            return chinese, "gb18030"
    except UnicodeDecodeError:
        pass
    return data.decode("cp1252", errors="replace"), "cp1252"


def _read_pdf(path: Path, parse: Parse) -> Document:
    parsed = parse(path, "pdf", None)
    pages = parsed.pages or ()
    text = "\n\n".join(page for page in pages if page)
    if not text:
        remedy = "It seems to be scanned pictures: run a text recognition (OCR) over it first."
        raise MediaError(f"The PDF {path} ({len(pages)} pages) holds no text.", remedy=remedy)
    title = parsed.title or _title(text, path)
    return Document(path, title, text, count_words(text), pages=len(pages), page_texts=pages)


def _title(text: str, path: Path) -> str:
    """The first Markdown heading, else the first line where it is short, else the file's name."""
    lines = [line.strip() for line in text[:4000].splitlines() if line.strip()]
    heading = next((line.lstrip("#").strip() for line in lines if re.match(r"#{1,3} \S", line)), None)
    if heading:
        return heading[:120]
    first = lines[0] if lines else ""
    return first if 0 < len(first) <= 80 and not first.endswith((".", "。", ",")) else path.stem
