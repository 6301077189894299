"""Makes text from outside safe to print: replies, tool texts and file names may carry escape sequences.

A terminal obeys what it is shown: control sequences (ECMA-48) move the cursor, recolour or retitle the
window, and some terminals even type back. Removed are control sequences (CSI), command strings (OSC, DCS,
APC, PM, SOS) with their content, other escapes, all C0 and C1 controls but tab and newline, and the
bidirectional overrides of "Trojan Source" (CVE-2021-42574). Owns no styling of our own: that comes after.
"""

from __future__ import annotations

from enum import Enum, auto

_STRING_OPENERS = frozenset("]PX^_")
"""After ESC: OSC, DCS, SOS, PM, APC."""
_C1_STRINGS = frozenset("\x90\x98\x9d\x9e\x9f")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _State(Enum):
    TEXT = auto()
    ESCAPE = auto()
    SEQUENCE = auto()
    STRING = auto()
    STRING_ESCAPE = auto()


class Sanitizer:
    """Cleans text that comes in pieces; a sequence that is split between two pieces is still removed."""

    def __init__(self) -> None:
        self._state = _State.TEXT

    def feed(self, text: str) -> str:
        """The printable part of the next piece."""
        return "".join(kept for character in text if (kept := self._step(character)))

    def _step(self, character: str) -> str:
        if character == "\n":  # no sequence goes beyond a line, so an unfinished one hides no more than its line
            self._state = _State.TEXT
            return character
        match self._state:
            case _State.TEXT:
                return self._text(character)
            case _State.ESCAPE:
                self._escape(character)
            case _State.SEQUENCE:
                return self._sequence(character)
            case _State.STRING:
                self._string(character)
            case _State.STRING_ESCAPE:
                self._state = _State.TEXT
                if character != "\\":
                    self._escape(character)
        return ""

    def _text(self, character: str) -> str:
        code = ord(character)
        if character == "\x1b":
            self._state = _State.ESCAPE
        elif character == "\x9b":
            self._state = _State.SEQUENCE
        elif character in _C1_STRINGS:
            self._state = _State.STRING
        elif character == "\t" or (code >= 0x20 and not 0x7F <= code <= 0x9F and character not in _BIDI):
            return "\ufffd" if 0xD800 <= code <= 0xDFFF else character
        return ""

    def _escape(self, character: str) -> None:
        """After ESC: `[` opens a sequence, some open a string, intermediates go on, anything else ends it."""
        if character == "[":
            self._state = _State.SEQUENCE
        elif character in _STRING_OPENERS:
            self._state = _State.STRING
        elif character == "\x1b" or " " <= character <= "/":
            self._state = _State.ESCAPE
        else:
            self._state = _State.TEXT

    def _sequence(self, character: str) -> str:
        """Inside CSI: parameters and intermediates (0x20 to 0x3F) go on, 0x40 to 0x7E ends it."""
        if character == "\x1b":
            self._state = _State.ESCAPE
        elif "@" <= character <= "~":
            self._state = _State.TEXT
        elif character > "~":  # malformed: a terminal would show this character
            self._state = _State.TEXT
            return self._text(character)
        return ""

    def _string(self, character: str) -> None:
        """Inside a command string: BEL, ST (0x9C or ESC \\) ends it."""
        if character in "\x07\x9c":
            self._state = _State.TEXT
        elif character == "\x1b":
            self._state = _State.STRING_ESCAPE


def clean(text: object) -> str:
    """The text of `text` without anything a terminal would obey."""
    return Sanitizer().feed(str(text))


def clean_line(text: object) -> str:
    """As `clean`, on one line: newlines and tabs become spaces. For file names and table cells."""
    return clean(text).replace("\n", " ").replace("\t", " ")
