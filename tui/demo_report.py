"""What the demo shows of each step, and whether the step ran as it should. Runs nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.sanitize import clean, clean_line

if TYPE_CHECKING:
    from rich.console import Console

    from agent.outcome import Turn
    from tools.finder.index import IndexReport
    from tools.finder.sample_home import SampleHome

FACT_CHARACTERS = 100
"""A fact is shown up to so many characters."""


@dataclass(frozen=True)
class StepResult:
    """One step: the request, what it shows, each route with its probability, the turn, and what is wrong with it."""

    text: str
    shows: str
    routes: list[tuple[str, float]]
    turn: Turn
    problem: str | None

    @property
    def good(self) -> bool:
        """Whether the step ran as it should."""
        return self.problem is None

    def as_json(self) -> dict[str, Any]:
        """The step as one object: the turn of `hausgeist ask --json`, with the request and the verdict."""
        routes = [{"tool": tool, "probability": round(probability, 4)} for tool, probability in self.routes]
        return {"request": self.text, "routes": routes, "ok": self.good, "problem": self.problem, **self.turn.as_json()}


def judge(turn: Turn, tools: Sequence[str], *, may_lack_model: bool = False) -> str | None:
    """What is wrong with a turn whose first tool must be one of `tools` ("reply": none); None when it is right."""
    if turn.error:
        return turn.error
    calls = turn.tool_calls
    first = calls[0]["name"] if calls else "reply"
    if first not in tools:
        return f"{first} was chosen instead of {' or '.join(tools)}"
    for call in calls:
        missing = [file["path"] for file in call["files"] if not Path(file["path"]).is_file()]
        if missing:
            return f"the file {missing[0]} does not exist"
        lacks = may_lack_model and call["status"] == "failed" and "hausgeist models pull" in (call["error"] or "")
        if call["status"] != "ok" and not lacks:
            return f"{call['name']} ended as {call['status']}: {call['error']}"
    return None if turn.reply.strip() else "there was no reply"


def print_home(console: Console, home: SampleHome, report: IndexReport, now: datetime) -> None:
    """What the tour is about."""
    names = ", ".join(camera.name for camera in home.cameras)
    when = f"{home.start:%H:%M:%S} on {home.start:%A %d %B %Y}"
    console.print(f"The sample home: {names}, recorded from {when}.", style="bold", soft_wrap=True)
    seen = f"Indexed {report.footage_s:.0f} s of footage in {report.wall_s:.0f} s"
    found = f"{report.changes} changes, {report.sightings} things"
    console.print(f"{seen}: {found}. In the tour it is {now:%H:%M}.", soft_wrap=True)


def print_step(console: Console, number: str, result: StepResult) -> None:
    """One step in full."""
    console.print()
    console.print(f"[{number}] {clean_line(result.text)}", style="bold cyan", soft_wrap=True)
    _line(console, "shows", result.shows)
    for tool, probability in result.routes:
        _line(console, "route", f"{tool} ({probability:.0%})")
    for call in result.turn.tool_calls:
        _call(console, call)
    _line(console, "reply", " ".join(clean(result.turn.reply).split("\n")))
    timing = result.turn.as_json()["timing"]
    parts = (f"{name.removesuffix('_s').replace('_', ' ')} {seconds:.2f} s" for name, seconds in timing.items())
    _line(console, "times", ", ".join(parts))
    if result.problem:
        _line(console, "problem", result.problem, style="bold red")


def _call(console: Console, call: dict[str, Any]) -> None:
    shown = json.dumps(call["args"], ensure_ascii=False, default=str)
    _line(console, "tool", f"{call['name']} {shown}")
    _line(console, "status", call["status"], style="green" if call["status"] == "ok" else "yellow")
    for name, value in call["facts"].items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        text = clean_line(text)
        cut = text if len(text) <= FACT_CHARACTERS else f"{text[: FACT_CHARACTERS - 1]}…"
        _line(console, "fact", f"{name}: {cut}")
    for file in call["files"]:
        path = Path(file["path"])
        state = f"{path.stat().st_size} bytes" if path.is_file() else "does not exist"
        _line(console, "file", f"{path} ({file['media_type']}, {state})")
    if call["error"]:
        _line(console, "error", call["error"], style="yellow")


def print_total(console: Console, results: Sequence[StepResult], home: SampleHome) -> None:
    """How the tour went."""
    console.print()
    good = sum(result.good for result in results)
    style = "bold green" if good == len(results) else "bold red"
    console.print(f"{good} of {len(results)} steps ran as they should.", style=style)
    for result in results:
        if result.problem:
            console.print(f"  {clean_line(result.text)}: {clean_line(result.problem)}", soft_wrap=True)
    console.print(f"The recordings and what truly happened lie in {home.folder}.", soft_wrap=True)


def _line(console: Console, name: str, text: str, style: str | None = None) -> None:
    console.print(f"  {name:<8}{clean_line(text)}", style=style, soft_wrap=True)
