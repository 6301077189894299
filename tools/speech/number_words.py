"""English words for numbers, as a voice must say them. Owns no recognition of numbers in text."""

from __future__ import annotations

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LARGEST = 10**15 - 1
"""Above this, numbers are said digit by digit."""


def cardinal(number: int) -> str:
    """`cardinal(1234)` is "one thousand two hundred thirty-four"."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number > LARGEST:
        return digits(str(number))
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")
    scale, name = next(pair for pair in _SCALES if number >= pair[0])
    head, rest = divmod(number, scale)
    return f"{cardinal(head)} {name}" + (f" {cardinal(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """`ordinal(21)` is "twenty-first"."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    head, last = words[:cut], words[cut:]
    if last in _ORDINALS:
        return head + _ORDINALS[last]
    return head + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")


def year(number: int) -> str:
    """`year(1905)` is "nineteen oh five", `year(2026)` "twenty twenty-six"; 2003 is "two thousand three"."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 2099 or 2000 <= number <= 2009:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def decimal(text: str) -> str:
    """`decimal("-3.05")` is "minus three point zero five"; the text has no thousands separators."""
    sign, text = ("minus ", text[1:]) if text[:1] in {"-", "−"} else ("", text)
    whole, point, fraction = text.partition(".")
    return sign + cardinal(int(whole or "0")) + (f" point {digits(fraction)}" if point and fraction else "")


def digits(text: str) -> str:
    """`digits("2034")` is "two zero three four"; anything that is no digit is left out."""
    return " ".join(_SMALL[int(char)] for char in text if char.isdecimal())


def clock(hour: int, minute: int, half: str | None = None) -> str:
    """The time of day on a twelve-hour clock.

    `clock(19, 5)` is "seven oh five P M", `clock(7, 0)` "seven o'clock", `clock(7, 30, "am")` "seven thirty
    A M".
    """
    if half is None and (hour > 12 or hour == 0):
        half = "pm" if hour > 12 else "am"
    hour = hour % 12 or 12
    words = cardinal(hour)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    if half:
        return f"{words} {half[0].upper()} M"
    return words if minute else f"{words} o'clock"
