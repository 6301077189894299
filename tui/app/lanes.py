"""One day as lanes, one for each camera: footage, gaps, people, a thing. Draws only; owns no data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.content import Content

NAME = 16
HOURS = 24
SIGNS = {"none": ("·", "$border"), "covered": ("─", "$muted"), "people": ("▄", "$secondary"), "thing": ("█", "$accent")}
"""What stands in a cell, by rising importance; each differs by shape as well as by colour."""
RANK = list(SIGNS)


def window(lanes: Sequence[dict[str, Any]], start: float, end: float) -> tuple[float, float]:
    """The part of the day that is drawn: whole hours around all footage, at least one, the whole day without any."""
    spans = [span for lane in lanes for span in lane["covered"]]
    inside = [(max(a, start), min(b, end)) for a, b in spans if b > start and a < end]
    if not inside:
        return start, end
    first, last = min(a for a, _ in inside), max(b for _, b in inside)
    low = start + (first - start) // 3600 * 3600
    high = min(end, start + -(-(last - start) // 3600) * 3600)
    return low, max(high, low + 3600)


def lane(row: dict[str, Any], start: float, end: float, width: int) -> Content:
    """One camera's line of `width` cells after its name."""
    cells = ["none"] * width
    for kind in ("covered", "people", "thing"):
        for a, b in row[kind]:
            _mark(cells, kind, a, b, start, end)
    parts: list[Any] = [(f"{row['camera'][: NAME - 2]:<{NAME}}", "bold")]
    run_kind, run = cells[0] if cells else "none", 0
    for kind in [*cells, ""]:
        if kind == run_kind:
            run += 1
            continue
        sign, colour = SIGNS[run_kind]
        parts.append((sign * run, colour))
        run_kind, run = kind, 1
    return Content.assemble(*parts)


def _mark(cells: list[str], kind: str, a: float, b: float, start: float, end: float) -> None:
    if b <= start or a >= end or not cells:
        return
    one = (end - start) / len(cells)
    first = max(0, int((a - start) / one))
    last = min(len(cells) - 1, int((max(b, a + 1e-6) - start - 1e-6) / one))
    for at in range(first, last + 1):
        if RANK.index(kind) > RANK.index(cells[at]):
            cells[at] = kind


def scale(start: float, end: float, day: float, width: int) -> Content:
    """The hours over the lanes; `day` is the midnight that hours count from."""
    line = [" "] * (NAME + width)
    hours = (end - start) / 3600
    step = next((s for s in (1, 2, 3, 6, 12) if width / hours * s >= 7), 12)
    labels: list[tuple[float, str]] = []
    if hours <= 1.01:
        minutes = next((m for m in (5, 10, 15, 30) if width / 60 * m >= 7), 30)
        first = int((start - day) // 60)
        labels = [
            (start + m * 60, f"{(first + m) // 60 % 24:02d}:{(first + m) % 60:02d}") for m in range(0, 60, minutes)
        ]
    else:
        first_hour = int((start - day) // 3600)
        labels = [(start + h * 3600, f"{(first_hour + h) % 24:02d}:00") for h in range(0, int(hours) + 1, step)]
    for time, text in labels:
        at = NAME + round((time - start) / (end - start) * width)
        if at + len(text) <= NAME + width:
            line[at : at + len(text)] = text
    return Content.styled("".join(line), "$muted")
