"""What passes between the app and its house process: one JSON object a line. Owns no process and no work.

To the house: {"op": "send" | "repeat" | "call" | "answer" | "cancel" | "bye", "id": number, …}. From it: {"type":
"state" | "workers" | "event" | "progress" | "result" | "error", …}. Turn events keep their names and fields
(`agent.events`); the future of `ApprovalNeeded` stays on each side, its answer travels as an "answer".
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Any

from agent.events import (
    ApprovalNeeded,
    Decision,
    Routed,
    TextDelta,
    Timing,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnEvent,
    TurnFailed,
    TurnFinished,
)
from runtime.errors import HausgeistError, WorkerError
from tools.output import Progress, ToolOutput

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one message at most."""
Message = dict[str, Any]


@dataclass(frozen=True)
class HouseState:
    """How far the house is with opening. `phase`: "starting", "opening", "learning", "loading", "ready", "failed".

    `share` is 0 to 1 of the way to "ready"; `text` says what goes on, or what is wrong and its remedy.
    """

    phase: str
    share: float = 0.0
    text: str = ""


@dataclass(frozen=True)
class TurnNote:
    """What is known of a turn after its end: its id in the history (None: not kept), tokens estimated from the text."""

    turn: int | None = None
    tokens: int = 0
    tokens_per_s: float = 0.0
    session: str = ""


class RemoteError(HausgeistError):
    """An error that the house process told: its words, remedy and exit status as they were there."""

    def __init__(self, message: str, remedy: str = "", exit_status: int = 1, kind: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.exit_status = exit_status
        self.kind = kind
        """Name of the error's class in the house process."""


def line(message: Message) -> bytes:
    """`message` as one line."""
    return json.dumps(message, ensure_ascii=False, default=str).encode() + b"\n"


def parse(data: bytes) -> Message:
    """The message of one line. Raises `WorkerError` for a line that is no message."""
    try:
        message: Any = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise WorkerError(f"A line between the app and the house is no JSON: {problem}.") from problem
    if not isinstance(message, dict):
        raise WorkerError("A line between the app and the house is no JSON object.")
    return message


def pack(event: TurnEvent) -> Message:
    """A turn event as plain values, with its class name under "event"."""
    body: Message
    match event:
        case ToolProgress(call_id=call_id, progress=progress):
            body = {"call_id": call_id, "progress": asdict(progress)}
        case ToolFinished():
            body = {"call_id": event.call_id, "tool": event.tool, "args": event.args, "duration_s": event.duration_s}
            body["output"] = event.output.model_dump(mode="json")
        case ApprovalNeeded():
            body = {"call_id": event.call_id, "tool": event.tool, "args": event.args, "risk": event.risk}
        case TurnFinished(reply=reply, timing=timing, model=model):
            body = {"reply": reply, "timing": asdict(timing), "model": model}
        case _:
            body = asdict(event)
    return {"event": type(event).__name__, **body}


def unpack(body: Message, answer: asyncio.Future[Decision] | None = None) -> TurnEvent:
    """The turn event of `pack`'s values; `answer` is the future of an `ApprovalNeeded`. Raises `WorkerError`."""
    try:
        return _unpacked(body, answer)
    except (KeyError, TypeError, ValueError, AttributeError, AssertionError) as problem:
        raise WorkerError(f"A message between the app and the house is malformed: {problem}.") from problem


def _unpacked(body: Message, answer: asyncio.Future[Decision] | None) -> TurnEvent:
    given = {key: value for key, value in body.items() if key != "event"}
    match body["event"]:
        case "ToolProgress":
            return ToolProgress(given["call_id"], Progress(**given["progress"]))
        case "ToolFinished":
            return ToolFinished(**{**given, "output": ToolOutput.model_validate(given["output"])})
        case "ApprovalNeeded":
            assert answer is not None, "an ApprovalNeeded comes with a future for its answer"
            return ApprovalNeeded(**given, answer=answer)
        case "TurnFinished":
            return TurnFinished(given["reply"], Timing(**given["timing"]), given["model"])
        case name:
            plain: dict[str, Any] = {c.__name__: c for c in (Routed, ToolStarted, TextDelta, TurnFailed)}
            event: TurnEvent = plain[name](**given)
            return event
