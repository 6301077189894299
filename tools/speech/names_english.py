"""English: file names, folders, mail and network addresses as a person would say them.

"invoice_final-v2.pdf" becomes "invoice final version two dot P D F"; of a longer path the last part is said first.
"""

from __future__ import annotations

import re
from re import Match

from tools.speech.number_words import cardinal, digits

_SPELLED_ENDINGS = (
    "pdf png md py csv tsv doc docx xls xlsx ppt pptx odt epub html htm xml svg bmp tif tiff heic avi mkv mov mpg"
    " log ini cfg sql db gguf onnx bin gz xz sh exe iso ics eml rtf"
)
_ENDINGS = {
    "jpg": "jay peg", "jpeg": "jay peg", "txt": "text", "wav": "wave", "mp3": "M P three", "mp4": "M P four",
    "m4a": "M four A", "h264": "H two six four", "zip": "zip", "tar": "tar", "json": "jason", "toml": "tom L",
    "yaml": "yammel", "yml": "yammel", "gif": "gif", "ogg": "ogg", "flac": "flack", "webp": "web P", "webm": "web M",
    "safetensors": "safe tensors", "ods": "O D S", "7z": "seven Z",
} | {
    ending: " ".join(ending.upper())
    for ending in _SPELLED_ENDINGS.split()
}  # fmt: skip
_HOSTS = "com|org|net|edu|gov|io|dev|app|ai|local|lan|home|info|de|at|ch|fr|es|it|nl|uk|eu|cn|jp"
_END = "|".join(sorted(_ENDINGS, key=len, reverse=True))
_FILE = re.compile(
    rf"(?<![\w@/.])(?P<folder>(?:~|\.{{1,2}})?/?(?:[\w.+-]+/)*)(?P<stem>[\w+-][\w.+-]*)\.(?P<end>{_END})(?!\w)"
)
_FOLDER = re.compile(r"(?<![\w/.])(?:~|\.{1,2})?/(?:[\w.+-]+/)+(?P<last>[\w.+-]*\w)?/?(?!\w)")
_MAIL = re.compile(r"\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b")
_HOST = re.compile(rf"(?<![\w@.])((?:[A-Za-z][\w-]*\.)+(?:{_HOSTS}))(?=[\s,;:!?)/]|\.(?:\s|$)|$)")
_SPELLED = {"IMG", "DSC", "DCIM", "VID", "PXL", "MVI", "GPS", "USB", "PDF", "CV", "TV", "HD", "UHD", "CCTV"}


def file_names(text: str) -> str:
    """`text` with names of files, folders, hosts and mailboxes in words."""
    text = _MAIL.sub(lambda match: f"{_dotted(match[1])} at {_dotted(match[2])}", text)
    text = _FILE.sub(_file, text)
    text = _FOLDER.sub(lambda match: f"the folder {_stem(match['last'] or match[0].strip('/').split('/')[-1])}", text)
    return _HOST.sub(lambda match: _dotted(match[1]), text)


def _file(match: Match[str]) -> str:
    name = f"{_stem(match['stem'])} dot {_ENDINGS[match['end']]}"
    parts = [part for part in match["folder"].split("/") if part.strip(".~")]
    return f"{name} in the folder {_stem(parts[-1])}" if parts else name


def _stem(name: str) -> str:
    """The words of a file's stem: divided at punctuation, capitals and figures."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.lstrip("."))
    name = re.sub(r"\b[vV](?=\d)", "version ", re.sub(r"[_+]", " ", name))
    name = re.sub(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])|[.-]", " ", name)
    return " ".join(_word(word) for word in name.split())


def _word(word: str) -> str:
    if word.isdecimal():
        return cardinal(int(word)) if len(word) <= 3 and word[0] != "0" else digits(word)
    no_vowel = not re.search(r"[aeiouyAEIOUY]", word) and word.isascii()
    return " ".join(word.upper()) if word in _SPELLED or (no_vowel and 1 < len(word) <= 4) else word


def _dotted(name: str) -> str:
    return " dot ".join(re.sub(r"[_+-]", " ", part) for part in name.split("."))
