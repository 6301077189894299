"""Drives the terminal app in tests: a house that answers from a recording, a real house, a watchdog of the loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from textual.pilot import Pilot

from agent.events import ApprovalNeeded, Decision, TextDelta, TurnEvent
from agent.host.client import HouseProcess
from agent.host.wire import HouseState, RemoteError, TurnNote, unpack
from tui.app.app import HausgeistApp
from tui.app.home import Home
from tui.app.words import Words

RECORDING = Path(__file__).parent / "recordings" / "house.json"
HOME = "/home/you/hausgeist"
NOW = datetime(2026, 3, 14, 11, 7, tzinfo=UTC)
PATIENCE_S = 90.0
NAMES = {" ": "space", "/": "slash", "?": "question_mark", ".": "full_stop", ",": "comma", "'": "apostrophe",
         "-": "minus", ":": "colon"}  # fmt: skip


class RecordedHouse:
    """A `HouseLink` that plays back what a real house told (`tests/recordings`); `replies` go before the recording."""

    def __init__(self, files: Path, replies: Mapping[str, Any] | None = None) -> None:
        recorded = json.loads(RECORDING.read_text(encoding="utf-8"))
        self.recorded: dict[str, Any] = _moved(recorded, str(files))
        self.replies = dict(replies or {})
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.decisions: list[Decision] = []
        self.note = TurnNote()
        self.gate: asyncio.Event | None = None
        self.tell_workers: Any = None
        for name in sorted(_pictures(self.recorded)):
            paint(Path(name))

    async def start(self, tell: Callable[[HouseState], None], workers: Any = None) -> None:
        """The house is ready at once."""
        self.tell_workers = workers
        tell(HouseState("ready", 1.0, "qwen2.5-coder-1.5b-instruct"))

    async def send(self, text: str, files: Sequence[str] = (), session: str = "") -> AsyncIterator[TurnEvent]:
        """The recorded turn of `text`; a request that was not recorded is answered with itself."""
        self.asked.append(("send", {"text": text, "files": list(files), "session": session}))
        turn = self.recorded["turns"].get(text)
        if self.gate is not None:
            await self.gate.wait()
        for body in turn["events"] if turn else _echo(text):
            answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
            event = unpack(body, answer)
            yield event
            if isinstance(event, ApprovalNeeded):
                self.decisions.append(await answer)
        self.note = TurnNote(**turn["note"]) if turn else TurnNote(session=session)

    async def repeat(self, tool: str, args: Mapping[str, Any], session: str = "") -> AsyncIterator[TurnEvent]:
        """The recorded turn that called `tool`."""
        self.asked.append(("repeat", {"tool": tool, "args": dict(args)}))
        for turn in self.recorded["turns"].values():
            if any(body.get("tool") == tool for body in turn["events"]):
                for body in turn["events"]:
                    if body["event"] != "ApprovalNeeded":
                        yield unpack(body)
                return

    async def call(self, method: str, on_progress: Any = None, **args: Any) -> Any:
        """The recorded answer to `method` with `args`, else with any arguments."""
        self.asked.append((method, args))
        if method in self.replies:
            value = self.replies[method]
            if isinstance(value, Exception):
                raise value
            return value(args) if callable(value) else value
        calls = self.recorded["calls"]
        exact = calls.get(f"{method} {json.dumps(args, sort_keys=True)}")
        if exact is not None:
            return exact
        for key, value in calls.items():
            if key.startswith(f"{method} "):
                return value
        if method in {"rewind", "rename", "set_setting", "set_zone", "free_name", "forget", "correct", "remember"}:
            return args.get("name") or args.get("text") or 0
        raise RemoteError(f"{method} was not recorded.")

    async def close(self) -> None:
        """Nothing to end."""


def _echo(text: str) -> list[dict[str, Any]]:
    timing = {"route_s": 0.1, "args_s": 0.0, "tools_s": 0.0, "reply_s": 0.1, "first_token_s": 0.1, "total_s": 0.2}
    return [
        {"event": "Routed", "tool": "reply", "probability": 1.0, "route_s": 0.1},
        {"event": "TextDelta", "text": text},
        {"event": "TurnFinished", "reply": text, "timing": timing, "model": "recorded"},
    ]


def _pictures(value: Any) -> set[str]:
    """Every path of a picture in a recording."""
    if isinstance(value, dict):
        return set().union(*(_pictures(one) for one in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(_pictures(one) for one in value)) if value else set()
    return {value} if isinstance(value, str) and value.endswith((".jpg", ".png")) and len(value) < 300 else set()


def _moved(value: Any, folder: str) -> Any:
    """A recording whose pictures lie in `folder`; paths in sentences stay, so that screens do not depend on it."""
    if isinstance(value, dict):
        return {key: _moved(one, folder) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, folder) for one in value]
    picture = isinstance(value, str) and value.startswith(HOME) and value.endswith((".jpg", ".png"))
    return value.replace(HOME, folder) if picture else value


def paint(file: Path) -> None:
    """A simple room with a box where a camera's still was: the same bytes on every machine."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (640, 360), (58, 70, 78))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 210, 640, 360), fill=(126, 96, 66))
    pen.rectangle((250, 150, 420, 230), fill=(150, 40, 40))
    pen.rectangle((230, 130, 440, 250), outline=(255, 64, 32), width=8)
    picture.save(file, "PNG")


def make_app(link: Any, *, session: str = "default", language: str = "en", theme: str = "lantern") -> HausgeistApp:
    """The app on a house, with a fixed clock and nothing that moves by itself."""
    home = Home(link, Words(language), lambda: NOW, "blocks", session, still=True)
    return HausgeistApp(home, theme)


def real_house(environ: Mapping[str, str], log: Path | None = None, *overrides: str) -> HouseProcess:
    """A house process for the folder that `environ` names."""
    return HouseProcess(overrides, environ=environ, log=log)


async def until(pilot: Pilot[Any], condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Let the app work until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never came: {condition}"
        await pilot.pause(0.02)
    await pilot.pause()


async def settled(pilot: Pilot[Any]) -> None:
    """Let turns, workers and pictures come to an end, but not a question that waits for the reader."""
    app: Any = pilot.app
    groups = {"status", "default", "load", "draw", "crop", "turn", "style"}

    def quiet() -> bool:
        waiting = app.screen is not app.talk
        return not any(
            worker.is_running and worker.group in groups
            for worker in app.workers
            if not (waiting and worker.group in {"turn", "default"} and not worker.is_finished and _asks(app))
        )

    await until(pilot, quiet)
    await pilot.wait_for_scheduled_animations()
    await pilot.pause(0.05)


def _asks(app: Any) -> bool:
    """Whether a modal is open that some worker waits for."""
    return bool(app.screen.is_modal) or len(app.screen_stack) > 1


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type `text` as a person does."""
    await pilot.press(*(NAMES.get(character, character) for character in text))


def ask(text: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Types a request, sends it and waits for its end."""

    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await write(pilot, text)
        await pilot.press("enter")
        await settled(pilot)

    return run


class Watchdog:
    """Measures how long the event loop does not come round, since `begin`.

    `worst_s` is by the clock on the wall, without the time in which the loop's thread could have run and the system let
    other programs run instead, and without the same of the one other thread of this process that was kept from running
    longest (it may hold Python's lock, for which the loop waits then). Linux tells both: the second figure of
    `/proc/self/task/*/schedstat`, nanoseconds spent ready, but not running. It is never less than the loop's own
    processor time. So waiting for disk, for locks, for another thread of Python counts as blocking; a machine that is
    busy with other things does not.
    """

    def __init__(self, every_s: float = 0.02) -> None:
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None
        self.worst_s = 0.0

    def begin(self) -> None:
        """Watch from now on; for the loop's thread."""
        self.worst_s = 0.0
        self._task = self._task or asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        ours = threading.get_native_id()
        while True:
            before, worked, kept = time.perf_counter(), time.thread_time(), _kept_waiting_s()
            await asyncio.sleep(self._every_s)
            wall = time.perf_counter() - before - self._every_s
            lost = {thread: seconds - kept.get(thread, seconds) for thread, seconds in _kept_waiting_s().items()}
            own = lost.pop(ours, 0.0)
            blocked = max(time.thread_time() - worked, wall - own - max(lost.values(), default=0.0))
            self.worst_s = max(self.worst_s, blocked)

    def end(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()


def _kept_waiting_s() -> dict[int, float]:
    """Seconds so far that each thread of this process was ready and did not run; none where the system is silent."""
    told = {}
    for thread in threading.enumerate():
        with contextlib.suppress(OSError):
            figures = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_bytes().split()
            told[thread.native_id or 0] = int(figures[1]) / 1e9
    return told


async def calmest(action: Callable[[], Awaitable[None]], *, limit_s: float = 0.1, times: int = 3) -> float:
    """The longest block of the loop in the best of some runs of `action`: caches that other programs empty are slow."""
    found: list[float] = []
    watchdog = Watchdog()
    while len(found) < times and min(found, default=1.0) > limit_s:
        watchdog.begin()
        await action()
        found.append(watchdog.worst_s)
    watchdog.end()
    return min(found)


__all__ = ["HOME", "NOW", "HouseState", "RecordedHouse", "TextDelta", "Watchdog", "ask", "make_app", "settled", "until"]
