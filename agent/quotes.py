"""Where a request quotes text or names a file: spans that are data. Owns no routing and no arguments."""

from __future__ import annotations

import re

QUOTED = re.compile(
    r"\"(?P<a>[^\"]{1,}?)\"|“(?P<b>[^”]+)”|„(?P<c>[^“”\"]+)[“”\"]|«\s*(?P<d>[^»]+?)\s*»|「(?P<e>[^」]+)」"
    r"|『(?P<f>[^』]+)』|‹(?P<g>[^›]+)›"
    r"|(?<![\w’'])'(?P<h>[^'\n]*(?:\w'\w[^'\n]*)*)'(?!\w)|(?<!\w)‘(?P<i>[^‘]+?)’(?!\w)"
)
"""A quotation in the marks of English, German, French, Spanish or Chinese; one group holds its inside."""

EXTENSIONS = (
    "pdf|txt|md|markdown|docx?|odt|rtf|html?|csv|tsv|xlsx?|pptx?|epub|log|json|ya?ml|xml|toml|ini|tex|rst|org|eml|srt"
)
_END = r"(?![A-Za-z0-9])"
_BARE = rf"[^\s\"“”«»„,;:!?，。；：！？、「」]*[^\s\"“”«»„,;:!?，。；：！？、「」/\\]\.(?:{EXTENSIONS}){_END}"
PATH = re.compile(
    rf"(?P<windows>[A-Za-z]:[\\/][^\"“”«»„<>|?*\n]*?\.(?:{EXTENSIONS}){_END})"
    rf"|(?P<posix>(?<![\w.])(?:~|\.{{1,2}})?/[^\"“”«»„<>|?*\n]*?\.(?:{EXTENSIONS}){_END})"
    rf"|(?P<bare>{_BARE})",
    re.IGNORECASE,
)
"""A file by its path (spaces allowed after a root) or by a bare name with a text document's extension."""


def quotations(text: str) -> list[str]:
    """The insides of the quotations in `text`, in order, longest nesting first."""
    return [next(group for group in match.groups() if group is not None) for match in QUOTED.finditer(text)]


def masked(text: str) -> str:
    """`text` with files and quotations replaced by short marks: what is left is the request itself.

    A text that is nothing but a quotation stays as it is.
    """
    text = PATH.sub(lambda match: "document." + match.group().rpartition(".")[2].lower(), text)
    without = QUOTED.sub(lambda match: match.group() if "document." in match.group() else ' "…" ', text)
    words = re.sub(r"[\W_]+", "", without)
    return re.sub(r"[ \t]+", " ", without).strip() if words else text


def outside(text: str) -> list[bool]:
    """For each character of `text`, whether it lies outside quotations and file names."""
    flags = [True] * len(text)
    for pattern in (QUOTED, PATH):
        for match in pattern.finditer(text):
            flags[match.start() : match.end()] = [False] * (match.end() - match.start())
    return flags
