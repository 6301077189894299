"""What a camera shows and who was where, in words, English and Chinese. Owns no facts (see `view`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tools.finder.answering.clock import clock
from tools.finder.answering.place import CHINESE
from tools.finder.answering.view import Stay, View
from tools.finder.records import Coverage

CHANGES_ZH = {"placed": "放下了东西", "removed": "拿走了东西", "covered": "东西被盖住", "uncovered": "东西又露出来"}
FAR_S = 600.0
SHOWN = 6


def say_view(view: View, now: datetime, language: str, asked: float | None) -> str:
    """What is on the picture, how many people, the last change."""
    when = clock(view.still.time, now, language)
    things = [_counted(label, count, language) for label, count in view.things[:8]]
    if language == "zh":
        text = f"{view.camera.name}，{when}："
        text += "、".join(things) if things else "没有认出有名字的物品"
        text += f"；画面中有 {view.people} 个人。" if view.people else "；画面中没有人。"
        if view.changes:
            change = view.changes[0][0]
            text += f"最近的变化：{clock(change.time, now, 'zh')} {CHANGES_ZH[change.type]}。"
    else:
        text = f"{view.camera.name} at {when}: {', '.join(things) if things else 'nothing that I can name'}; "
        text += {0: "nobody", 1: "one person"}.get(view.people, f"{view.people} people") + " in view."
        if view.changes:
            change, place, thing = view.changes[0]
            text += f" Last change: {change.type} at {clock(change.time, now, 'en')}, {thing or 'something'} {place}."
    if asked is not None and abs(view.still.time - asked) > FAR_S:
        text += " （这是离所问时间最近的画面。）" if language == "zh" else " That is the nearest picture to that time."
    return text


def say_stays(
    found: Sequence[Stay], coverage: Sequence[Coverage], person: str | None, now: datetime, language: str
) -> str:
    """When a person was in view of which camera; that nobody can be told apart by face; what was covered."""
    zh = language == "zh"
    covered = [c for c in coverage if c.start is not None]
    if not covered:
        return "那段时间没有已索引的录像。" if zh else "No indexed footage covers that time."
    if not found:
        names = ", ".join(c.camera for c in covered)
        return f"那段时间没有看到人（已查看：{names}）。" if zh else f"No person was seen in that time (on {names})."
    parts = []
    for stay in list(found)[:SHOWN]:
        first, last = clock(stay.first, now, language), clock(stay.last, now, language)
        who = (f"{stay.count}个人" if zh else f"{stay.count} people") if stay.count > 1 else ""
        span = first if first == last else f"{first}–{last}"
        parts.append(f"{stay.camera} {span}{('，' if zh else ', ') + who if who else ''}")
    more = len(found) - len(parts)
    if zh:
        text = f"看到有人：{'；'.join(parts)}{f'；另有 {more} 次' if more > 0 else ''}。"
        return text + (f"无法确认是不是{person}：这里不识别人脸。" if person else "这里不识别人脸。")
    text = f"A person was seen: {'; '.join(parts)}{f'; and {more} more' if more > 0 else ''}."
    return text + (f" Whether it was {person} is not known: faces are not recognised." if person else "")


def _counted(label: str, count: int, language: str) -> str:
    if language == "zh":
        return CHINESE.get(label, label) + (f"×{count}" if count > 1 else "")
    return f"{count} {label}s" if count > 1 else f"{'an' if label[0] in 'aeiou' else 'a'} {label}"
