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
_BARE = (
    r"[^\s\"“”«»„,;:!?()，。；：！？、（）「」]*[^\s\"“”«»„,;:!?()，。；：！？、（）「」/\\]"
    rf"\.(?:{EXTENSIONS}){_END}"
)
_ASKED = re.compile(
    r"^(?:请|帮我|给我|麻烦|把|将|对|为|从|打开|看一?看|看一?下|读一?读|读一?下|翻译|总结|概括|归纳|摘要|浓缩|压缩|列出|"
    r"用(?:[一两二三四五六七八九十\d]+[点句条个段]话?|简单的话|大白话)|一下|下|文件|文档)+"
)
PATH = re.compile(
    rf"(?P<windows>[A-Za-z]:[\\/][^\"“”«»„<>|?*\n]*?\.(?:{EXTENSIONS}){_END})"
    rf"|(?P<posix>(?<![A-Za-z0-9_.])(?:~|\.{{1,2}})?/[^\"“”«»„<>|?*\n]*?\.(?:{EXTENSIONS}){_END})"
    rf"|(?P<bare>{_BARE})",
    re.IGNORECASE,
)
"""A file by its path (spaces allowed after a root) or by a bare name with a text document's extension."""


def quotations(text: str) -> list[str]:
    """The insides of the quotations in `text`, in order."""
    return [next(group for group in match.groups() if group is not None) for match in QUOTED.finditer(text)]


def file_spans(text: str) -> list[tuple[int, int]]:
    """Where `text` names files; Chinese words of the request that stand right before a name are not part of it."""
    found = []
    for match in PATH.finditer(text):
        asked = _ASKED.match(match.group())
        name = match.group()[asked.end() :] if asked else match.group()
        rooted = re.search(r"(?<=[\u3400-\u9fff])(?:~?/|\.{1,2}/|[A-Za-z]:\\)", name) if match["bare"] else None
        start = match.end() - len(name) + (rooted.start() if rooted else 0)
        whole = "." in text[start : match.end()] and (rooted or not text[start : match.end()].startswith("."))
        found.append((start, match.end()) if whole else match.span())
    return found


def file_names(text: str) -> list[str]:
    """The files that `text` names, word for word."""
    return [text[start:end] for start, end in file_spans(text)]


def masked(text: str) -> str:
    """`text` with files and quotations replaced by short marks: what is left is the request itself.

    A text that is nothing but a quotation stays as it is.
    """
    for start, end in reversed(file_spans(text)):
        text = f"{text[:start]}document.{text[start:end].rpartition('.')[2].lower()}{text[end:]}"
    without = QUOTED.sub(lambda match: match.group() if "document." in match.group() else ' "…" ', text)
    words = re.sub(r"[\W_]+", "", without)
    return re.sub(r"[ \t]+", " ", without).strip() if words else text


def outside(text: str) -> list[bool]:
    """For each character of `text`, whether it lies outside quotations and file names."""
    flags = [True] * len(text)
    for start, end in [*(match.span() for match in QUOTED.finditer(text)), *file_spans(text)]:
        flags[start:end] = [False] * (end - start)
    return flags
