"""Text from outside as it may be shown: cleaned of what terminals obey, and never longer than a screen can use."""

from __future__ import annotations

from textual.content import Content

from tui.sanitize import clean, clean_line

LONGEST = 20_000
"""Characters of one text that are shown; the whole is in the export."""
LINE = 400


def plain(text: object, longest: int = LONGEST) -> Content:
    """Cleaned text without markup, cut with a sign."""
    return Content(cut(text, longest))


def cut(text: object, longest: int = LONGEST) -> str:
    """Cleaned text, cut with a sign."""
    whole = str(text)
    shown = clean(whole[:longest])
    return shown if len(whole) <= longest else f"{shown} […]"


def one_line(text: object, longest: int = LINE) -> str:
    """Cleaned text on one line, cut with a sign."""
    whole = str(text)
    shown = " ".join(clean_line(whole[: longest * 2]).split())
    return shown if len(shown) <= longest and len(whole) <= longest * 2 else f"{shown[: longest - 1]}…"


def arguments(args: dict[str, object], longest: int = 120) -> str:
    """Arguments as people read them: a single text alone, else name: value."""
    given = {key: value for key, value in args.items() if value not in (None, "", [], {})}
    if len(given) == 1:
        return one_line(next(iter(given.values())), longest)
    return one_line("  ".join(f"{key}: {value}" for key, value in given.items()), longest)
