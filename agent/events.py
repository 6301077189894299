"""What happens in a turn, as messages. The terminal, voice, scripts and servers share only these with the agent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal

from tools.output import Progress, ToolOutput

Decision = Literal["once", "always", "never", "no"]
"""What was said about a call: `always` and `never` hold for the tool in the whole session, `once` and `no` for this
call. Where nobody could be asked, the answer is `no`."""


@dataclass(frozen=True)
class Routed:
    """What was chosen next: a tool's name or "reply", with the probability it was given (0 to 1)."""

    tool: str
    probability: float
    route_s: float


@dataclass(frozen=True)
class ToolStarted:
    """A tool runs now. `call_id` ties the events of one call together."""

    call_id: str
    tool: str
    args: dict[str, Any]


@dataclass(frozen=True)
class ToolProgress:
    """How far a running tool is; an empty `call_id` stands for the preparation of the turn itself."""

    call_id: str
    progress: Progress


@dataclass(frozen=True)
class ApprovalNeeded:
    """A question to the user: shall this run? Answer by setting `answer`; the turn waits for it."""

    call_id: str
    tool: str
    args: dict[str, Any]
    risk: str
    answer: asyncio.Future[Decision] = field(compare=False)


@dataclass(frozen=True)
class ToolFinished:
    """A tool has ended, by success, failure or denial. `duration_s` in seconds."""

    call_id: str
    tool: str
    args: dict[str, Any]
    output: ToolOutput
    duration_s: float


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the reply."""

    text: str


@dataclass(frozen=True)
class Timing:
    """Seconds of one turn by stage; `first_token_s` from the request to the first piece of the reply."""

    route_s: float = 0.0
    args_s: float = 0.0
    tools_s: float = 0.0
    reply_s: float = 0.0
    first_token_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True)
class TurnFinished:
    """The turn is done and is in the history."""

    reply: str
    timing: Timing
    model: str


@dataclass(frozen=True)
class TurnFailed:
    """The turn ended with an error; the session can go on. `exit_status` as on the command line."""

    error: str
    exit_status: int
    cancelled: bool = False


TurnEvent = Routed | ToolStarted | ToolProgress | ApprovalNeeded | ToolFinished | TextDelta | TurnFinished | TurnFailed
