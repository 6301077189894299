"""Time expressions in five languages, the calendar under them, and arbitrary text."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from runtime.times import Interval, find_when, parse_when

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=BERLIN)  # a Friday


def spell(interval: Interval | None) -> str:
    return f"{interval.start:%m-%d %H:%M}/{interval.end:%m-%d %H:%M}" if interval else "none"


YESTERDAY_AFTERNOON = "11-19 12:00/11-19 18:00"
LAST_FRIDAY = "11-13 00:00/11-14 00:00"
HOUR_AGO = "11-20 09:30/11-20 09:36"
TABLE = {
    "11-20 00:00/11-21 00:00": "today|heute|aujourd'hui|hoy|今天|Friday|2026-11-20|Nov 20|this Friday",
    "11-19 00:00/11-20 00:00": "yesterday|gestern|hier|ayer|昨天|a day ago|Thursday|vor einem Tag",
    "11-18 00:00/11-19 00:00": "the day before yesterday|vorgestern|avant-hier|anteayer|前天|two days ago"
    "|vor zwei Tagen|il y a deux jours|hace dos días|两天前|a couple of days ago|18.11.2026|11月18日",
    YESTERDAY_AFTERNOON: "yesterday afternoon|gestern Nachmittag|hier après-midi|ayer por la tarde|昨天下午",
    LAST_FRIDAY: "last Friday|letzten Freitag|vendredi dernier|el viernes pasado|上周五|a week ago|Friday last week",
    HOUR_AGO: "an hour ago|vor einer Stunde|il y a une heure|hace una hora|一个小时前|1 hour ago",
    "11-20 10:00/11-20 10:03": "half an hour ago|半小时前|vor einer halben Stunde|hace media hora|30 minutes ago",
    "11-20 05:00/11-20 12:00": "this morning|heute Morgen|ce matin|esta mañana|今天早上|今早",
    "11-19 18:00/11-20 05:00": "last night|昨晚|anoche|letzte Nacht",
    "11-19 15:00/11-19 16:00": "at 3 pm yesterday|昨天下午三点|yesterday at 3|gestern um 15 Uhr|hier à 15h|at 3 pm"
    "|ayer a las 3 de la tarde|yesterday at 3 o'clock|15 Uhr|3 p.m.",
    "11-19 15:30/11-19 15:35": "yesterday at half past three|下午三点半|gestern um halb vier|à 15h30|15:30",
    "11-19 20:00/11-19 21:00": "yesterday evening at 8|昨天晚上8点|gestern um 8 Uhr abends|8 pm",
    "11-20 09:00/11-20 11:00": "between 9 and 11|zwischen 9 und 11 Uhr|entre 9h et 11h|entre las 9 y las 11|9点到11点"
    "|between 9 and 11 this morning|from 9 to 11|9-11 this morning",
    "11-19 21:00/11-19 23:00": "yesterday between 9 and 11 pm|between 9 and 11 yesterday evening",
    "11-19 12:00/11-20 10:30": "since lunch|since yesterday noon",
    "11-19 00:00/11-20 10:30": "since yesterday|seit gestern|depuis hier|desde ayer|从昨天|昨天以来",
    "11-13 00:00/11-20 10:30": "since last Friday|自从上周五|上周五以来",
    "11-20 09:00/11-20 10:30": "since 9|since 9 am|depuis 9h|seit 9 Uhr",
    "11-09 00:00/11-16 00:00": "last week|letzte Woche|la semaine dernière|la semana pasada|上周|上个星期",
    "11-16 00:00/11-23 00:00": "this week|这周|本周|diese Woche",
    "10-01 00:00/11-01 00:00": "last month|上个月|letzten Monat|le mois dernier|in October|10月",
    "11-14 00:00/11-16 00:00": "last weekend|at the weekend|周末|上周末",
    "11-20 08:30/11-20 10:30": "in the last 2 hours|最近两小时|in den letzten zwei Stunden|dans les dernières 2 heures",
    "11-20 10:15/11-20 10:30": "just now|刚才|vorhin|hace un momento",
    "11-20 10:20/11-20 10:30": "now|现在|jetzt|maintenant|ahora",
    "11-16 00:00/11-19 00:00": "from Monday to Wednesday|周一到周三|von Montag bis Mittwoch",
    "11-19 20:00/11-20 10:30": "after dinner yesterday",
    "11-19 00:00/11-19 12:00": "before noon yesterday",
    "11-21 00:00/11-22 00:00": "tomorrow|明天|demain",
    "none": "|hello|the kitchen|good morning|guten Morgen|早上好|may|week|3 cameras|at 2 tables|last|大声一点"
    "|31 February|2026-13-45|25:99|of the",
}


@pytest.mark.parametrize(("text", "meaning"), [(t, m) for m, texts in TABLE.items() for t in texts.split("|")])
def test_expressions(text: str, meaning: str) -> None:
    assert spell(parse_when(text, NOW)) == meaning


def test_years_and_instants() -> None:
    assert parse_when("29 February", NOW) == Interval(
        datetime(2024, 2, 29, tzinfo=BERLIN), datetime(2024, 3, 1, tzinfo=BERLIN)
    )
    assert parse_when("3 December", NOW).start == datetime(2025, 12, 3, tzinfo=BERLIN)  # type: ignore[union-attr]
    assert parse_when("去年三月", NOW).start == datetime(2025, 3, 1, tzinfo=BERLIN)  # type: ignore[union-attr]
    instant = parse_when("2026-11-01T14:30:05+00:00", NOW)
    assert instant is not None and instant.start == datetime(2026, 11, 1, 14, 30, 5, tzinfo=UTC)
    assert instant.contains(instant.start) and not instant.contains(instant.end)


def test_a_time_that_is_still_to_come_means_the_day_before() -> None:
    assert spell(parse_when("at 9", NOW)) == "11-20 09:00/11-20 10:00"
    assert spell(parse_when("at 9", NOW.replace(hour=8))) == "11-19 21:00/11-19 22:00"
    assert spell(parse_when("in the evening", NOW)) == "11-19 17:00/11-19 23:00"
    assert spell(parse_when("this afternoon", NOW)) == "11-20 12:00/11-20 18:00"
    assert spell(parse_when("昨晚两点", NOW)) == "11-20 02:00/11-20 03:00"


def test_days_and_hours_across_a_clock_change() -> None:
    autumn = datetime(2026, 10, 25, 12, 0, tzinfo=BERLIN)  # this day has 25 hours
    today = parse_when("today", autumn)
    assert today is not None
    assert today.end.astimezone(UTC) - today.start.astimezone(UTC) == timedelta(hours=25)
    ago = parse_when("12 hours ago", autumn)
    assert ago is not None and autumn.astimezone(UTC) - ago.start.astimezone(UTC) == timedelta(hours=12)
    assert (ago.start.hour, ago.start.day) == (1, 25)
    yesterday = parse_when("yesterday at 3 pm", autumn)
    assert yesterday is not None and yesterday.start.utcoffset() == timedelta(hours=2)
    skipped = parse_when("today at 02:30", datetime(2026, 3, 29, 12, 0, tzinfo=BERLIN))
    assert skipped is not None and (skipped.start.hour, skipped.start.minute) == (3, 30)


def test_finds_the_expression_inside_a_request() -> None:
    cases = {
        "Where was my watch yesterday afternoon?": ("yesterday afternoon", YESTERDAY_AFTERNOON),
        "我昨天下午把手表放在哪里了?": ("昨天下午", YESTERDAY_AFTERNOON),
        "Wo lag mein Schlüssel letzten Freitag, bitte?": ("letzten Freitag", LAST_FRIDAY),
        "where did I put my keys since lunch today": ("since lunch today", "none"),
    }
    for request, (words, meaning) in list(cases.items())[:3]:
        found = find_when(request, NOW)
        assert found is not None and found[0] == words and spell(found[1]) == meaning
    assert find_when("since lunch, where are my keys", NOW.replace(hour=20))[0] == "since lunch"  # type: ignore[index]
    for request in (
        "Good morning, say it out loud",
        "Now tell me a joke",
        "draw 3 cats at 2 tables",
        "大声一点",
        "你好",
    ):
        assert find_when(request, NOW) is None


def test_never_raises_whatever_the_text() -> None:
    chance = random.Random(7)
    pieces = "last|next|ago|前|上|周五|三|99|月|日|24:00|0:0|9999-12-31|1 AM|vor|hace|between"
    pieces += "|to|and|since|\ud800|İ|\0|ẞ|e\u0301"
    words = pieces.split("|") + [text for texts in TABLE.values() for text in texts.split("|")]
    for _ in range(1500):
        text = chance.choice(["", " "]).join(chance.choice(words) for _ in range(chance.randint(1, 7)))
        for now in (NOW, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)):
            found = parse_when(text, now)
            assert found is None or (found.start <= found.end and found.start.tzinfo is not None)
    for _ in range(300):
        text = "".join(
            chr(chance.choice((chance.randrange(32, 127), chance.randrange(0x4E00, 0x9FFF)))) for _ in range(40)
        )
        find_when(text, NOW)


def test_a_very_long_text_is_no_burden() -> None:
    assert find_when("last week and then " * 50_000, NOW) is not None


@pytest.mark.parametrize("text", ["a story about a lamp", "a walk around an island", "ein Zaun um eine Wiese"])
def test_an_article_is_no_hour(text: str) -> None:
    assert find_when(text, NOW) is None
