"""The words of time in English, Chinese, German, French and Spanish, as tables. Owns no calendar arithmetic.

`runtime.time_tokens` cuts texts by them and `runtime.times` gives the pieces their meaning. All words here
are folded: lower case, without accents, full-width forms made narrow.
"""

from __future__ import annotations

import unicodedata
from typing import Any

_NUMBER_WORDS: dict[int, str] = {
    1: "a|an|one|ein|eine|einer|einem|einen|un|une|una|一",
    2: "two|zwei|deux|dos|二|两|a couple of|ein paar",
    3: "three|drei|trois|tres|三|a few|einigen?|quelques|unos|unas|几",
    4: "four|vier|quatre|cuatro|四",
    5: "five|funf|cinq|cinco|五",
    6: "six|sechs|seis|六",
    7: "seven|sieben|sept|siete|七",
    8: "eight|acht|huit|ocho|八",
    9: "nine|neun|neuf|nueve|九",
    10: "ten|zehn|dix|diez|十",
    11: "eleven|elf|onze|once|十一",
    12: "twelve|zwolf|douze|doce|十二",
    15: "fifteen|funfzehn|quinze|quince|十五",
    20: "twenty|zwanzig|vingt|veinte|二十",
    30: "thirty|dreissig|dreißig|trente|treinta|三十",
}
_NUMBERS = {word: value for value, words in _NUMBER_WORDS.items() for word in words.split("|")}
_ZH_DIGITS = "零一二三四五六七八九"
_LATIN = "|".join(sorted((w.replace("?", "") for w in _NUMBERS if w.isascii()), key=len, reverse=True))
N = rf"(?:\d{{1,3}}|(?<![a-z])(?:{_LATIN}|einige)(?![a-z])|[一二两三四五六七八九十几]+)"
CLOCK_N = rf"(?:\d{{1,2}}|(?<![a-z])(?:{_LATIN})(?![a-z])|[一二两三四五六七八九十]+)"

MONTHS = (
    "jan(?:uary|uar|vier)?|enero|janner",
    "feb(?:ruary|ruar)?|fevrier|febrero",
    "mar(?:ch|s|zo)?|marz",
    "apr(?:il)?|avril|abril",
    "may|mai|mayo",
    "june?|juni|juin|junio",
    "july?|juli|juillet|julio",
    "aug(?:ust)?|aout|agosto",
    "sept?(?:ember|embre|iembre)?",
    "oct(?:ober|obre|ubre)?|okt(?:ober)?",
    "nov(?:ember|embre|iembre)?",
    "dec(?:ember|embre)?|dez(?:ember)?|dic(?:iembre)?",
)
MONTH = "|".join(f"(?:{names})" for names in MONTHS)
WEEKDAYS = (
    "mondays?|montags?|lundi|lunes|(?:周|星期|礼拜)一",
    "tuesdays?|dienstags?|mardi|martes|(?:周|星期|礼拜)二",
    "wednesdays?|mittwochs?|mercredi|miercoles|(?:周|星期|礼拜)三",
    "thursdays?|donnerstags?|jeudi|jueves|(?:周|星期|礼拜)四",
    "fridays?|freitags?|vendredi|viernes|(?:周|星期|礼拜)五",
    "saturdays?|samstags?|sonnabend|samedi|sabado|(?:周|星期|礼拜)六",
    "sundays?|sonntags?|dimanche|domingo|(?:周|星期|礼拜)[日天]",
)
UNIT_WORDS = {
    "second": "seconds?|secs?|sekunden?|secondes?|segundos?|秒钟?",
    "minute": "minutes?|mins?|minuten?|minutos?|分钟",
    "hour": "hours?|hrs?|stunden?|heures?|horas?|个?小时|个?钟头",
    "day": "days?|tage?n?|jours?|dias?|天",
    "week": "weeks?|wochen?|semaines?|semanas?|个?(?:星期|礼拜|周)",
    "month": "months?|monate?n?|mois|mes(?:es)?|个月",
    "year": "years?|jahre?n?|ans?|annees?|anos?|年",
}
MORNING, NOON, AFTERNOON, EVENING, NIGHT = (5, 12), (11, 14), (12, 18), (17, 23), (21, 29)
PLAIN: tuple[tuple[str, Any, str], ...] = (
    (
        "greeting",
        None,
        "good (?:morning|afternoon|evening|night)|guten? (?:morgen|tag|abend|nacht)|bonne (?:nuit|soiree)"
        "|buenos dias|buenas (?:tardes|noches)|(?:早上|上午|中午|下午|晚上)好|happy new year",
    ),
    (
        "soon",
        15,
        "just now|a moment ago|a minute ago|right before|gerade eben|vorhin|eben gerade|a l'instant"
        "|tout a l'heure|hace un momento|hace un rato|刚才|刚刚|方才",
    ),
    (
        "now",
        10,
        "right now|now|at the moment|currently|jetzt|gerade|im moment|maintenant|en ce moment|ahora(?: mismo)?"
        "|现在|此刻|目前",
    ),
    (
        "recent",
        7,
        "recently|lately|these days|kurzlich|neulich|in letzter zeit|recemment|ces derniers jours"
        "|recientemente|ultimamente|最近|近来|这几天",
    ),
    ("earlier", None, "earlier|fruher|plus tot|antes de ahora"),
    ("day", -3, "大前天"),
    ("day", -2, "the day before yesterday|day before yesterday|vorgestern|avant[- ]?hier|antes de ayer|anteayer|前天"),
    ("day", -1, "yesterday|gestern|hier|ayer|昨天|昨日"),
    ("day", 0, "today|heute|aujourd'hui|hoy|今天|今日"),
    ("day", 1, "tomorrow|morgen|demain|明天|明日"),
    ("day", 2, "the day after tomorrow|day after tomorrow|ubermorgen|apres[- ]demain|pasado manana|后天"),
    ("daypart", (-1, (18, 29)), "last night|letzte nacht|gestern nacht|la nuit derniere|cette nuit|anoche|昨晚|昨夜"),
    ("daypart", (-1, MORNING), "昨早|昨晨"),
    ("daypart", (0, (18, 29)), "tonight|heute nacht|ce soir|esta noche|今晚|今夜"),
    ("daypart", (0, MORNING), "this morning|heute (?:morgen|fruh|vormittag)|ce matin|esta manana|今早|今晨"),
    ("daypart", (-1, MORNING), "gestern (?:morgen|fruh)|ayer por la manana"),
    ("daypart", (1, MORNING), "morgen fruh|manana por la manana"),
    (
        "part",
        MORNING,
        "mornings?|vormittags?|morgens|am morgen|matin|matinee|(?:por|de|en) la manana|早上|早晨|上午|清晨",
    ),
    ("part", (0, 6), "before dawn|early hours|fruhmorgens|madrugada|凌晨"),
    ("part", NOON, "midday|mittags?|mediodia|中午|正午"),
    ("part", AFTERNOON, "afternoons?|nachmittags?|apres[- ]midi|(?:por|de|en) la tarde|tarde|下午|午后"),
    ("part", EVENING, "evenings?|abends?|soir|soiree|傍晚|晚上"),
    ("part", NIGHT, "nights?|nachts?|nuit|(?:por|de|en) la noche|noche|夜里|半夜|深夜|夜间"),
    ("anchor", ((7, 0), (9, 0)), "breakfast|fruhstuck|petit[- ]dejeuner|desayuno|早饭|早餐"),
    ("anchor", ((12, 0), (13, 30)), "lunch|lunchtime|mittagessen|dejeuner|almuerzo|comida|午饭|午餐"),
    ("anchor", ((18, 0), (20, 0)), "dinner|supper|abendessen|diner|cena|晚饭|晚餐"),
    ("midday", 12, "noon|midi"),
    ("midday", 0, "midnight|mitternacht|minuit|medianoche|午夜|零点"),
    ("week", -1, "上个?(?:周|星期|礼拜)(?!末)"),
    ("week", -2, "上上个?(?:周|星期|礼拜)(?!末)"),
    ("week", 0, "(?:这个?|本)(?:周|星期|礼拜)(?!末)"),
    ("week", 1, "下个?(?:周|星期|礼拜)(?!末)"),
    ("calendar", ("month", -1), "上个?月"),
    ("calendar", ("month", 0), "这个?月|本月"),
    ("calendar", ("month", 1), "下个?月"),
    ("calendar", ("year", -2), "前年"),
    ("calendar", ("year", -1), "去年"),
    ("calendar", ("year", 0), "今年"),
    ("calendar", ("year", 1), "明年"),
    (
        "last",
        None,
        "last|past|previous|letzte[nmrs]?|vergangene[nmrs]?|vorige[nmrs]?|dernier(?:e|s|es)?|passee?"
        "|pasad[oa]s?|ultim[oa]s?|过去|最近的?|近",
    ),
    ("this", None, "this|diese[nmrs]?|cette|cet|ce|est[ea]"),
    ("next", None, "next|nachste[nmrs]?|kommende[nmrs]?|prochaine?|proxim[oa]|que viene"),
    ("weekend", -1, "上个?周末"),
    ("weekend", None, "weekends?|wochenendes?|week-end|fin de semana|(?:这个?|本)?周末"),
    ("since", None, "since|ever since|seit|depuis|desde|自从|自|从"),
    ("since_after", None, "以来|起|到现在|至今"),
    ("between", None, "between|from|zwischen|von|entre|de|介于"),
    ("to", None, "and|to|till|until|through|und|bis|et|a|y|hasta|jusqu'a|到|至|和"),
    ("dash", None, "-|–|—|~"),
    ("before", None, "before|until|till|by|bis|avant|antes de(?:l)?|hasta|jusqu'a"),
    ("after", None, "after|nach|apres|despues de(?:l)?|later than"),
    ("before_after", None, "之前|以前|前"),
    ("after_after", None, "之后|以后|后"),
    ("ago", None, "ago|earlier|back|zuvor"),
    ("ago_before", None, "vor|il y a|hace"),
    (
        "glue",
        None,
        "at|on|in|the|of|around|about|during|over|within|for|some ?time|sometime|early|late|um|am|im|an|den|dem"
        "|der|die|das|der|gegen|ungefahr|wahrend|le|la|les|l'|du|des|dans|vers|au|cours|el|los|las|en|por|sobre|durante|al"
        "|del|的|在|大约|大概|左右|里|内|间|那天|那个|时候|,|，",
    ),
)


def fold(text: str) -> str:
    """Lower case without accents, each character in its place."""
    return "".join(_fold(character) for character in text)


def _fold(character: str) -> str:
    if character in "’‘`":
        return "'"
    narrow = unicodedata.normalize("NFKC", character)
    base = unicodedata.normalize("NFD", narrow)[:1] if narrow else character
    small = (base if base.isascii() and base.isalpha() else narrow).lower()
    return small if len(small) == 1 else character


def number(text: str) -> int | None:
    """The value of digits or number words up to 99."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text)
    if text in _NUMBERS:
        return _NUMBERS[text]
    if text in ("einige", "einigen"):
        return 3
    tens, ten, ones = text.replace("两", "二").partition("十")
    if not ten or len(tens) > 1 or len(ones) > 1 or not all(c in _ZH_DIGITS for c in tens + ones):
        return None
    return (_ZH_DIGITS.index(tens) if tens else 1) * 10 + (_ZH_DIGITS.index(ones) if ones else 0)
