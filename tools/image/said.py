"""A sentence in English that knows its Chinese: notes are data in English and are told in the user's language."""

from __future__ import annotations


class Said(str):
    """English text with `zh` beside it. Compares and prints as the English."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Said:
        """Both texts."""
        said = super().__new__(cls, en)
        said.zh = zh
        return said


def in_language(text: str, language: str) -> str:
    """`text` in the language "en" or "zh", where it knows it."""
    return text.zh if language == "zh" and isinstance(text, Said) else str(text)
