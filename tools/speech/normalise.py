"""From written text to sentences that a voice can say: Markdown, links, emoji, sentence ends.

Owns what is the same in every language. Numbers, units and file names are language's own
(`normalise_english.py`); in
other languages espeak-ng reads numbers itself.
"""

from __future__ import annotations

import re
import unicodedata

from tools.speech.normalise_english import say_english

LONGEST = 280
"""Characters of a sentence that are said in one breath; longer ones are divided at a comma or a space."""
_TITLES = {"dr", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "i.e", "approx", "dept", "z.b", "bzw"}
_BEFORE_NUMBERS = {
    "no",
    "nr",
    "fig",
    "p",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
}
_INSIDE = {"etc", "a.m", "p.m", "jr", "sr", "inc"}
"""Abbreviations that end the sentence where a capital follows."""
_TARGET = r"\((?:[^()\n]++|\([^()\n]*\))*+\)"
"""Where a link leads, in brackets; the address may hold one pair of its own."""
_SPACES = re.compile(r"([ \t]{8})[ \t]+")
_MARKDOWN = (
    (re.compile(r"(?<!`)```[^\n]*\n(.*?)(?:```|\Z)", re.S), r"\1"),  # fenced code: its text
    (re.compile(r"<!--.{0,2000}?-->", re.S), " "),
    (re.compile(r"!\[([^\[\]]*)\]" + _TARGET), r"\1"),  # image: its description
    (re.compile(r"\[([^\[\]]+)\]" + _TARGET), r"\1"),  # link: its words
    (re.compile(r"</?[a-zA-Z][^<>]*>"), " "),
    (re.compile(r"^[ \t]*+(?:\|[ \t]*+)?:?-{3}[-:| ]*+$", re.M), ""),  # rule, table rule
    (re.compile(r"^[ \t]*+(?:[*_][ \t]*+){3,}+$", re.M), ""),
    (re.compile(r"^[ ]{0,3}#{1,6}[ \t]+(.*)$", re.M), lambda heading: heading[1].rstrip("# \t")),
    (re.compile(r"^[ \t]*>+[ \t]?", re.M), ""),  # quotation
    (re.compile(r"^[ \t]*[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?", re.M), ""),  # list, task list
    (re.compile(r"^[ \t]*(\d{1,3})[.)][ \t]+(?=\S)", re.M), r"\1, "),  # numbered list
    (re.compile(r"\*\*(?=\S)(.{1,2000}?)(?<=\S)\*\*|__(?=\S)(.{1,2000}?)(?<=\S)__", re.S), r"\1\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_/])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_/])"), r"\1"),
    (re.compile(r"~~(?=\S)(.{1,2000}?)(?<=\S)~~"), r"\1"),
    (re.compile(r"(?<!`)`++([^`\n]+)`+"), r"\1"),
)
"""Each takes time that grows with the length of the text alone, whatever the text is: a reply may be hostile."""
_LINK = re.compile(r"\bhttps?://(?:www\.)?([^/\s?#]+)[^\s)>\]]*", re.I)
_END = re.compile(r"(?<![.!?…])([.!?…]++[\"'”’)\]]*+)(\s++)(?=[\"'“‘(\[]*[\w$€£+-])|([。！？；]+[”’」』）]*)")
_WORD_BEFORE = 40
"""Characters in which an abbreviation must lie whole."""


def plain(text: str) -> str:
    """`text` without Markdown, HTML and emoji; a link is its words, a bare address its host. Lines stay
    lines.
    """
    text = _SPACES.sub(r"\1", unicodedata.normalize("NFC", text).replace("\r\n", "\n"))
    for pattern, words in _MARKDOWN:
        text = pattern.sub(words, text)
    text = _LINK.sub(lambda link: link[1].rstrip(".,"), text)
    text = re.sub(r"^[ \t]*\||\|[ \t]*$", "", text, flags=re.M)
    text = re.sub(r"[ \t]*\|[ \t]*", ", ", text)
    kept = [" " if _silent(char) else char for char in text]
    return re.sub(r"[ \t\u00a0\u202f]+", " ", "".join(kept)).strip()


def sentences(text: str) -> list[str]:
    """The sentences of `text`, in order; a line break ends one too, since headings and list items have no
    full stop.
    """
    found: list[str] = []
    for line in plain(text).splitlines():
        start = 0
        for end in _END.finditer(line):
            if end[3] is None and _is_abbreviation(
                line[max(start, end.end(1) - _WORD_BEFORE) : end.end(1)], line[end.end()]
            ):
                continue
            found.append(line[start : end.end(1) if end[3] is None else end.end()])
            start = end.end()
        found.append(line[start:])
    return [part for sentence in found if _sayable(sentence) for part in _breaths(sentence.strip())]


def spoken(sentence: str, language: str) -> str:
    """One sentence as the voice of `language` should say it."""
    if language == "en":
        sentence = say_english(sentence)
    return re.sub(r"\s+", " ", sentence).strip()


def _silent(char: str) -> bool:
    """Emoji, arrows, boxes and control characters; never letters, marks, numbers or currency."""
    return unicodedata.category(char) in {"So", "Cs", "Co", "Cf", "Sk"} and char not in "°©®№" and char != "\n"


def _sayable(sentence: str) -> bool:
    return any(char.isalnum() for char in sentence)


def _is_abbreviation(sentence: str, following: str) -> bool:
    """Whether the full stop at the end belongs to an abbreviation or an initial ("Dr.", "e.g.", "J.")."""
    if not sentence.endswith("."):
        return False
    word = re.split(r"[\s(\[\"'“]", sentence)[-1][:-1].lower()
    if word in _BEFORE_NUMBERS:
        return following.isdigit()
    if word in _INSIDE:
        return not following.isupper()
    return word in _TITLES or (len(word) == 1 and word.isalpha() and word != "i")


def _breaths(sentence: str) -> list[str]:
    """A long sentence in parts of at most `LONGEST` characters, divided at the last comma, else space, in
    reach.
    """
    parts = []
    while len(sentence) > LONGEST:
        head = sentence[:LONGEST]
        marks = [match.end() for match in re.finditer(r"[,;:，；：、]\s?|\s[–—-]\s", head)]
        cut = marks[-1] if marks and marks[-1] > LONGEST // 3 else (head.rfind(" ") + 1 or LONGEST)
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*parts, sentence] if sentence else parts
