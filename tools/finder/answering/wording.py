"""The answer in words, English and Chinese. Owns no conclusions (see `tools.finder.answering.answer`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from tools.finder.answering.answer import Found, Reported
from tools.finder.answering.place import CHINESE
from tools.finder.records import Coverage

COLOURS_ZH = {
    "black": "黑色", "white": "白色", "grey": "灰色", "red": "红色", "orange": "橙色", "yellow": "黄色",
    "green": "绿色", "blue": "蓝色", "purple": "紫色", "pink": "粉色",
    "brown": "棕色", "beige": "米色", "thing": "物品",
}  # fmt: skip


def at_zone(seconds: float, zone: tzinfo | None) -> datetime:
    """Unix seconds as a time of the house's zone (the machine's where it is None), whole seconds."""
    moment = datetime.fromtimestamp(seconds, tz=zone) if zone else datetime.fromtimestamp(seconds).astimezone()
    return moment.replace(microsecond=0)


def clock(seconds: float, now: datetime, language: str) -> str:
    """A time as people say it: today's as 10:42, others with their day."""
    moment = at_zone(seconds, now.tzinfo)
    days = (now.date() - moment.date()).days
    time = f"{moment:%H:%M}"
    if language == "zh":
        day = {0: "", 1: "昨天"}.get(days, f"{moment.month}月{moment.day}日")
        return f"{day}{time}" if moment.year == now.year or days in {0, 1} else f"{moment.year}年{day}{time}"
    if days in {0, 1}:
        return time if days == 0 else f"{time} yesterday"
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{time} on {moment.day} {moment:%B}{year}"


def sentence(item: str, found: Found, now: datetime, language: str) -> str:
    """The whole answer: where and when it was last seen, what happened there since; or what was looked through."""
    if not found.reported:
        return _not_seen(item, found.coverage, now, language)
    newest = found.reported[0]
    return _seen(item, newest, now, language) + _since(newest, now, language)


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
    return "此后那个位置没有变化。" if zh else " The spot has not changed since."


def _carried(newest: Reported, now: datetime, language: str) -> str:
    when = clock(newest.event.time if newest.event else newest.sighting.last_seen, now, language)
    if language == "zh":
        text = f"{when}{'有人把它拿走了' if newest.by else '它被拿走了'}，此后没有看到它被放下。"
        if newest.path:
            steps = "，".join(f"{s.camera}（{clock(s.first_seen, now, 'zh')}）" for s in newest.path)
            text += f"随后在这些摄像头里看到有人：{steps}。"
        return text
    text = f" At {when} {'a person took it' if newest.by else 'it was taken'}, and it was not seen put down since."
    if newest.path:
        steps = ", ".join(f"{step.camera} ({clock(step.first_seen, now, 'en')})" for step in newest.path)
        text += f" Afterwards a person was seen on {steps}."
    return text


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
