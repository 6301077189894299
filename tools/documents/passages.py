"""Cuts a document into passages that can be found and quoted, each with its page or heading. Owns no index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.documents.reading import Document
from tools.documents.summary import split

PASSAGE_TOKENS = 120
"""Estimated tokens of a passage at most: about a paragraph, so that two fit into a prompt beside the request."""
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$")


@dataclass(frozen=True)
class Cut:
    """A passage of a document: `page` counts from 1 in a PDF, `heading` is the nearest one above in other texts."""

    text: str
    page: int | None = None
    heading: str = ""


def cut(document: Document) -> list[Cut]:
    """The passages of a document, in order; headings alone are none."""
    if document.page_texts:
        return [
            Cut(" ".join(part.split()), number)
            for number, page in enumerate(document.page_texts, 1)
            for part in split(page, PASSAGE_TOKENS)
        ]
    return [
        Cut(" ".join(part.split()), None, heading)
        for heading, body in _sections(document.text)
        for part in split(body, PASSAGE_TOKENS)
    ]


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """(heading, body) of each part of a text under Markdown headings; the first may have no heading."""
    heading, lines = "", []
    for line in text.splitlines():
        found = _HEADING.match(line.strip())
        if not found:
            lines.append(line)
            continue
        if any(kept.strip() for kept in lines):
            yield heading, "\n".join(lines)
        heading, lines = found[1], []
    if any(kept.strip() for kept in lines):
        yield heading, "\n".join(lines)
