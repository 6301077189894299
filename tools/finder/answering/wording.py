"""The answer in words, English and Chinese. Owns no conclusions (see `tools.finder.answering.answer`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tools.finder.answering.answer import Found, Reported
from tools.finder.answering.clock import clock
from tools.finder.answering.journey_words import say_journey, say_usual
from tools.finder.answering.place import CHINESE
from tools.finder.records import Coverage

COLOURS_ZH = {
    "black": "黑色", "white": "白色", "grey": "灰色", "red": "红色", "orange": "橙色", "yellow": "黄色",
    "green": "绿色", "blue": "蓝色", "purple": "紫色", "pink": "粉色",
    "brown": "棕色", "beige": "米色", "thing": "物品",
}  # fmt: skip


def sentence(item: str, found: Found, now: datetime, language: str) -> str:
    """The whole answer: where and when it was last seen, what happened there since; or what was looked through."""
    usual = say_usual(found.usual, language)
    if not found.reported:
        return _not_seen(item, found.coverage, now, language) + usual
    newest = found.reported[0]
    return _seen(item, newest, now, language) + _since(newest, now, language) + _missed(newest, now, language) + usual


def _seen(item: str, newest: Reported, now: datetime, language: str) -> str:
    when = clock(newest.sighting.last_seen, now, language)
    if language == "zh":
        return f"“{item}”最后一次看到：{newest.camera}，{newest.place.words_zh}，{when}。"
    place = newest.place.words_en
    return f"Last seen ({item}): camera {newest.camera}, {place}, {when}."


def _since(newest: Reported, now: datetime, language: str) -> str:
    zh = language == "zh"
    when = clock(newest.event.time if newest.event else newest.sighting.last_seen, now, language)
    if newest.state == "covered":
        if zh:
            return f"{when}那里被{_zh(newest.cover) if newest.cover else '别的东西'}盖住了：请看那下面。"
        return f" At {when} {_a(newest.cover) if newest.cover else 'something'} was put on that spot: look there."
    if newest.state == "carried":
        return _carried(newest, now, language)
    if newest.state == "gone":
        return "之后那里就没有再看到它。" if zh else " It was not on that spot any more afterwards."
    if newest.checked == "changed":
        if zh:
            return "在最新的画面里，那个位置看起来不一样：可能有东西挡住，也可能被移动了。"
        return " On the newest picture that spot looks different: something stands before it, or it was moved."
    return "此后那个位置没有变化。" if zh else " The spot has not changed since."


def _carried(newest: Reported, now: datetime, language: str) -> str:
    when = clock(newest.event.time if newest.event else newest.sighting.last_seen, now, language)
    if language == "zh":
        text = f"{when}{'有人把它拿走了' if newest.by else '它被拿走了'}，此后没有看到它被放下。"
    else:
        text = f" At {when} {'a person took it' if newest.by else 'it was taken'}, and it was not seen put down since."
    return text + say_journey(newest.path, now, language)


def _missed(newest: Reported, now: datetime, language: str) -> str:
    """Times since then in which the camera did not look."""
    if not newest.missed:
        return ""
    spans = [f"{clock(a, now, language)}–{clock(b, now, language)}" for a, b in newest.missed[:3]]
    if language == "zh":
        return f"此后这个摄像头有一段没有录像：{'、'.join(spans)}。"
    return f" Since then that camera did not record {', '.join(spans)}."


def _not_seen(item: str, coverage: Sequence[Coverage], now: datetime, language: str) -> str:
    spans = [c for c in coverage if c.start is not None and c.end is not None]
    zh = language == "zh"
    if not spans:
        return f"没有看到“{item}”：还没有已索引的录像。" if zh else f"Not seen ({item}): no footage is indexed yet."
    parts = []
    for span in spans:
        assert span.start is not None and span.end is not None
        first, last = clock(span.start, now, language), clock(span.end, now, language)
        gaps = [f"{clock(a, now, language)}–{clock(b, now, language)}" for a, b in span.gaps]
        if zh:
            parts.append(f"{span.camera} {first}–{last}" + (f"（缺 {'、'.join(gaps)}）" if gaps else ""))
        else:
            parts.append(f"{span.camera} from {first} to {last}" + (f" (without {', '.join(gaps)})" if gaps else ""))
    if zh:
        return f"没有看到“{item}”。已查看：{'；'.join(parts)}。"
    return f"Not seen ({item}). Looked through: {'; '.join(parts)}."


def _a(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def _zh(name: str) -> str:
    colour, _, label = name.partition(" ")
    return COLOURS_ZH.get(colour, colour) + CHINESE.get(label, COLOURS_ZH.get(label, label))


def span_hours(coverage: Sequence[Coverage]) -> float:
    """Hours that all cameras together cover, without their gaps."""
    total = timedelta()
    for one in coverage:
        if one.start is not None and one.end is not None:
            total += timedelta(seconds=one.end - one.start - sum(b - a for a, b in one.gaps))
    return round(total.total_seconds() / 3600, 2)
