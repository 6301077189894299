"""The way of who took a thing, and where it usually is, in words, English and Chinese. Owns no conclusions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tools.finder.answering.clock import clock
from tools.finder.answering.habit import Usual
from tools.finder.answering.journey import Step

STOPS = 3
"""Stops that are told of each camera, the last."""


def say_journey(path: Sequence[Step], now: datetime, language: str) -> str:
    """Where they stopped, and on which cameras a person was seen afterwards; empty where nothing is known."""
    if not path:
        return ""
    here, later = path[0], path[1:]
    zh = language == "zh"
    text = ""
    if here.stops:
        spots = _stops(here, now, language)
        text += f"那个人随后停留过：{spots}。" if zh else f" They stopped {spots}."
    if later:
        steps = []
        for step in later:
            spots = _stops(step, now, language)
            if zh:
                steps.append(
                    f"{step.camera}（{clock(step.first_seen, now, 'zh')}{'，停留：' + spots if spots else ''}）"
                )
            else:
                steps.append(
                    f"{step.camera} ({clock(step.first_seen, now, 'en')}{', stopping ' + spots if spots else ''})"
                )
        joined = "，".join(steps) if zh else ", ".join(steps)
        text += f"随后在这些摄像头里看到有人：{joined}。" if zh else f" Afterwards a person was seen on {joined}."
    return text


def _stops(step: Step, now: datetime, language: str) -> str:
    told = [f"{stop.place.words(language)} ({clock(stop.time, now, language)})" for stop in step.stops[-STOPS:]]
    return "、".join(told) if language == "zh" else ", ".join(told)


def say_usual(usual: Sequence[Usual], language: str) -> str:
    """Where it usually is at this hour; empty without a habit."""
    if not usual:
        return ""
    first = usual[0]
    if language == "zh":
        return f"这个时间它通常在：{first.camera}，{first.place.words_zh}（有 {first.days} 天见过）。"
    return (
        f" At this hour it is usually {first.place.words_en} (camera {first.camera}, seen there on {first.days} days)."
    )
