"""Records what a real house tells the app, for the snapshot tests: `python -m tests.app_recording FOLDER`.

FOLDER is a house (as HAUSGEIST_HOME) that may be empty; the sample home is made and indexed in it, and the requests of
`REQUESTS` are asked of the starter chat model. Paths of the machine are replaced, pictures are not kept: `app_kit`
draws others in their place.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from agent.events import ApprovalNeeded
from agent.host.client import HouseProcess
from agent.host.wire import pack

FILE = Path(__file__).parent / "recordings" / "house.json"
NOW = "2026-03-14T11:07:00+00:00"
REQUESTS = (
    "Where did I leave my watch?",
    "Remember that the spare key hangs behind the fuse box.",
    "我的手表在哪里?",
    "Say out loud: dinner is ready",
    "Explain in a short list how to make tea, with a title.",
    "Forget what I told you about the spare key.",
)
HOME = "/home/you/hausgeist"


async def record(folder: Path) -> dict[str, Any]:
    """Ask everything and give the recording."""
    environ = {**os.environ, "HAUSGEIST_HOME": str(folder), "HAUSGEIST_FAKE_NOW": NOW, "TZ": "UTC"}
    house = HouseProcess(environ=environ)
    ready = asyncio.Event()
    await house.start(lambda state: ready.set() if state.phase in {"ready", "failed"} else None)
    await ready.wait()
    calls: dict[str, Any] = {}
    turns: dict[str, Any] = {}

    async def ask(method: str, **args: Any) -> Any:
        calls[f"{method} {json.dumps(args, sort_keys=True)}"] = value = await house.call(method, **args)
        return value

    await house.call("sample_home")
    for text in REQUESTS:
        if text.startswith("Forget"):
            await ask("facts", query="")
        turns[text] = await _turn(house, text)
    for found in [event for turn in turns.values() for event in turn["events"] if event.get("tool") == "find_item"]:
        for one in found.get("output", {}).get("facts", {}).get("sightings", [])[:1]:
            await ask("filmstrip", **{key: one[key] for key in ("camera", "first_seen", "last_seen", "box")})
    for method in ("sessions", "cameras", "timeline", "models", "settings", "doctor", "status"):
        await ask(method)
    await ask("timeline", day="", thing="watch")
    await ask("things", query="")
    await ask("sessions", query="")
    await ask("status", session="default")
    await ask("history", session="default", limit=20, before=None)
    for camera in await ask("cameras"):
        await ask("still", camera=camera["name"])
    await house.close()
    whole: dict[str, Any] = json.loads(_clean(json.dumps({"calls": calls, "turns": turns}, ensure_ascii=False), folder))
    return whole


async def _turn(house: HouseProcess, text: str) -> dict[str, Any]:
    events = []
    async for event in house.send(text, session="default"):
        if isinstance(event, ApprovalNeeded):
            event.answer.set_result("once")
        events.append(pack(event))
    return {"events": events, "note": vars(house.note)}


def _clean(text: str, folder: Path) -> str:
    """`text` without this machine's paths, versions of its system, or its time."""
    text = text.replace(str(folder), HOME)
    for place in (Path(sys.executable).parent.parent, Path(__file__).resolve().parent.parent, Path.home()):
        text = text.replace(str(place), "/home/you")
    return re.sub(r"/(?:tmp|root|work)/[\w./-]*", "/home/you", text)


if __name__ == "__main__":
    recorded = asyncio.run(record(Path(sys.argv[1]).absolute()))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(recorded, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
