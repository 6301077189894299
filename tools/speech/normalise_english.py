"""English: money, times, dates, units, numbers, file names and abbreviations in the words of a person.

Owns the patterns; the words of numbers are in `number_words.py`. Each rule takes the text that earlier rules
left, so
their order matters: the more specific form first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match

from tools.speech.names_english import file_names
from tools.speech.number_words import cardinal, clock, decimal, digits, ordinal, year

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS) + "|Sept"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CURRENCIES = {
    "$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "¥": ("yen", ""),
    "USD": ("dollar", "cent"), "EUR": ("euro", "cent"), "GBP": ("pound", "penny"), "CNY": ("yuan", ""),
}  # fmt: skip
_UNITS = {
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "°": "degree", "%": "percent", "km/h": "kilometer per hour",
    "m/s": "meter per second", "kg": "kilogram", "mg": "milligram", "g": "gram", "km": "kilometer", "cm": "centimeter",
    "mm": "millimeter", "m": "meter", "ml": "milliliter", "l": "liter", "L": "liter", "kWh": "kilowatt hour",
    "kW": "kilowatt", "W": "watt", "V": "volt", "mA": "milliampere", "A": "ampere", "kB": "kilobyte", "KB": "kilobyte",
    "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "MiB": "mebibyte", "GiB": "gibibyte", "ms": "millisecond",
    "s": "second", "min": "minute", "h": "hour", "hrs": "hour", "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz",
    "GHz": "gigahertz", "dB": "decibel", "px": "pixel", "fps": "frame per second", "lb": "pound", "lbs": "pound",
    "oz": "ounce", "ft": "foot", "mph": "mile per hour", "m²": "square meter", "m2": "square meter",
    "hPa": "hectopascal", "bar": "bar",
}  # fmt: skip
_PLURALS = {"foot": "feet", "hertz": "hertz", "kilohertz": "kilohertz", "megahertz": "megahertz",
            "gigahertz": "gigahertz", "percent": "percent", "penny": "pence", "yen": "yen", "yuan": "yuan"}  # fmt: skip
_SCALES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion", "B": "billion"}
_FRACTIONS = {(1, 2): "one half", (1, 4): "one quarter", (3, 4): "three quarters"}
_SYMBOLS = {"½": "one half", "¼": "one quarter", "¾": "three quarters", "⅓": "one third", "⅔": "two thirds"}
_ABBREVIATIONS = (
    (r"\be\.g\.,?", "for example,"), (r"\bi\.e\.,?", "that is,"), (r"\betc\.", "et cetera"),
    (r"\bvs\.?(?=\s)", "versus"),
    (r"\bDr\.(?=\s)", "Doctor"), (r"\bMr\.", "Mister"), (r"\bMrs\.", "Missus"), (r"\bProf\.", "Professor"),
    (r"\bSt\.(?=\s[A-Z])", "Saint"), (r"(?<=[a-z] )St\.", "Street"), (r"\bAve\.", "Avenue"), (r"\bapprox\.", "about"),
    (r"\b[Nn]o\.\s?(?=\d)", "number "), (r"#(?=\d)", "number "), (r"\bw/o\b", "without"),
    (r"[~≈](?=[\d$€£])", "about "), (r"\bFig\.(?=\s)", "figure"),
)  # fmt: skip


def say_english(text: str) -> str:
    """`text` with everything written in figures or signs put into words."""
    for sign, words in _SYMBOLS.items():
        text = re.sub(rf"(?<=\d)\s?{sign}", f" and {words.replace('one half', 'a half')}", text).replace(sign, words)
    text = file_names(text)
    for pattern, words in _ABBREVIATIONS:
        text = re.sub(pattern, words, text)
    for rule, say in _RULES:
        text = rule.sub(say, text)
    text = re.sub(r"\s*&\s*", " and ", text)
    text = re.sub(r"(?<=\w)\s*=\s*(?=\w)", " equals ", text)
    text = re.sub(r"(?<=\w)\s\+\s(?=\w)", " plus ", text)
    return re.sub(r"(?<=\w)[_/](?=\w)", " ", text)


def plural(word: str, count: str) -> str:
    """`plural("kilometer per hour", "2")` is "kilometers per hour"; the written count "1" keeps the singular."""
    if count.lstrip("-−") == "1":
        return word
    head, space, rest = word.partition(" ")
    if head in {"kilowatt", "square"}:
        return f"{head} {rest}s" if rest else f"{head}s"
    return _PLURALS.get(head, f"{head}s") + space + rest


def _number(text: str) -> str:
    return decimal(text.replace(",", ""))


def _money(match: Match[str]) -> str:
    unit, cent = _CURRENCIES[match["sign"]]
    amount = match["amount"].replace(",", "")
    scale = match["scale"]
    if scale:
        return f"{_number(amount)} {_SCALES.get(scale, scale)} {plural(unit, '2')}"
    whole, _, part = amount.partition(".")
    if len(part) != 2 or not cent:
        return f"{_number(amount)} {plural(unit, amount)}"
    cents = f"{cardinal(int(part))} {plural(cent, str(int(part)))}"
    if int(whole) == 0 and int(part):
        return cents
    euros = f"{cardinal(int(whole))} {plural(unit, whole)}"
    return f"{euros} and {cents}" if int(part) else euros


def _time(match: Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 24 or minute > 59:
        return match[0]
    half = (match["half"] or "").lower().replace(".", "") or None
    return clock(hour % 24, minute, half if half is None or hour <= 12 else None)


def _half(match: Match[str]) -> str:
    return clock(int(match["hour"]), 0, match["half"].lower()) if 1 <= int(match["hour"]) <= 12 else match[0]


def _iso_date(match: Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {year(int(match['year']))}{' at ' if match['at'] else ''}"


def _month_day(match: Match[str]) -> str:
    month = next(name for name in _MONTHS if name.startswith(match["month"][:3]))
    tail = f", {year(int(match['year']))}" if match["year"] else ""
    return f"{month} {ordinal(int(match['day']))}{tail}"


def _unit(match: Match[str]) -> str:
    return f"{_number(match['amount'])} {plural(_UNITS[match['unit']], match['amount'])}"


def _fraction(match: Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    known = _FRACTIONS.get((top, bottom))
    if known:
        return known
    if not 3 <= bottom <= 10:
        return f"{cardinal(top)} over {cardinal(bottom)}"
    return f"{cardinal(top)} {ordinal(bottom)}{'s' if top > 1 else ''}"


def _plain_number(match: Match[str]) -> str:
    """A number on its own; a code with a leading zero and a long string of digits are said digit by digit."""
    text = match["amount"]
    if re.fullmatch(r"0\d+|\d{8,}", text):
        return digits(text)
    return _number(text)


def _ordinal(match: Match[str]) -> str:
    return ordinal(int(match[1]))


def _decade(match: Match[str]) -> str:
    return f"{year(int(match[1]))[:-1]}ies" if match[1][2] not in "01" else f"{year(int(match[1]))}s"


def _phone(match: Match[str]) -> str:
    groups = [digits(group) for group in re.split(r"[^\d]+", match[0]) if group]
    return ("plus " if match[0].startswith("+") else "") + ", ".join(groups)


def _version(match: Match[str]) -> str:
    parts = (match[2] or match[4]).split(".")
    words = (" dot " if len(parts) == 4 else " point ").join(cardinal(int(part)) for part in parts)
    return f"version {words}" if match[1] or match[3] else words


_ALONE = r"(?<![\w.,:/])"
_SIGNED = rf"(?P<amount>(?:(?<![\w)])[-−])?(?:{_NUMBER}))"
_SIGNS = "|".join(re.escape(sign) for sign in _CURRENCIES)
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|bn|[kKmMB])\b)?"
_UNIT = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))
_AFTER_YEAR = r"(?=\s*(?:[.,;:!?)]|$|(?:and|or|the|we|I|he|she|it|they|when|with|was|is|to|at|on|by|for)\b))"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?(?!\d|:\d)"
_HALF = r"(?P<half>[aApP]\.?[mM](?:\.(?!\s*$|\s+[A-Z])|\b))"
_RULES: tuple[tuple[re.Pattern[str], Callable[[Match[str]], str]], ...] = (
    (
        re.compile(r"(?<![\w.-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:(?P<at>T| (?=\d\d:\d\d))|(?![\d-]))"),
        _iso_date,
    ),
    (re.compile(rf"{_ALONE}{_CLOCK}(?:Z\b|[+-]\d\d:?\d\d\b)?(?:\s?{_HALF})?(?:\s?o'?clock)?"), _time),
    (re.compile(rf"{_ALONE}(?P<hour>\d{{1,2}})\s?{_HALF}"), _half),
    (
        re.compile(rf"\b(?P<month>{_MONTH})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s(?P<year>\d{{4}})\b)?"),
        _month_day,
    ),
    (
        re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?\s(?P<month>{_MONTH})\b\.?(?:,?\s(?P<year>\d{{4}})\b)?"),
        _month_day,
    ),
    (re.compile(r"\b((?:1[1-9]|20)\d0)s\b"), _decade),
    (
        re.compile(
            r"(?i:\b(in|since|until|till|before|after|year|spring|summer|autumn|winter) )((?:1[1-9]|20)\d\d)"
            + _AFTER_YEAR
        ),
        lambda match: f"{match[1]} {year(int(match[2]))}",
    ),
    (re.compile(r"(?<![\w.])\+\d[\d ()-]{6,}\d|\b\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b"), _phone),
    (re.compile(rf"(?P<sign>{_SIGNS})\s?(?P<amount>{_NUMBER})(?![\d]){_SCALE}"), _money),
    (re.compile(rf"{_ALONE}(?P<amount>{_NUMBER}){_SCALE}\s?(?P<sign>{_SIGNS})(?!\w)"), _money),
    (re.compile(r"\b([vV])?(?<![\d.])(\d+(?:\.\d+){2,})\b|\b([vV])(\d+(?:\.\d+)?)\b"), _version),
    (re.compile(r"(?<=\d)\s?[x×]\s?(?=\d)"), lambda match: " by "),
    (
        re.compile(r"(?<![\w.,/-])(\d{1,4}(?:\.\d+)?)\s?[-–]\s?(?=\d{1,4}(?:\.\d+)?(?![\d-]))"),
        lambda match: f"{match[1]} to ",
    ),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), _ordinal),
    (re.compile(rf"(?<![\w.,:/]){_SIGNED}\s?(?P<unit>{_UNIT})(?![\w²/])"), _unit),
    (re.compile(r"(?<![\w/.])(\d{1,2})/(\d{1,2})(?![\w/])"), _fraction),
    (re.compile(r"\b(\d+)[x×](?!\w)"), lambda match: f"{cardinal(int(match[1]))} times"),
    (re.compile(rf"(?<![\w.,:/]){_SIGNED}(?![\w:/]|[.,]\d)"), _plain_number),
)
