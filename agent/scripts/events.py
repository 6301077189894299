"""What happens in a run, as messages: the command line, and whoever starts runs, share only these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.scripts.values import Result
from tools.contract import Progress


@dataclass(frozen=True)
class StepStarted:
    """A step begins; `path` names it within the run, `attempt` counts from 1."""

    path: str
    action: str
    attempt: int = 1


@dataclass(frozen=True)
class StepProgress:
    """How far a running step is."""

    path: str
    progress: Progress


@dataclass(frozen=True)
class StepFinished:
    """A step is over. `resumed`: it was done before the run was cut, and was not done again."""

    path: str
    result: Result
    resumed: bool = False


RunEvent = StepStarted | StepProgress | StepFinished
Tell = Callable[[RunEvent], None]


@dataclass(frozen=True)
class Asked:
    """A question to the owner: shall this tool run?"""

    tool: str
    args: dict[str, Any]
    risk: str


Approve = Callable[[Asked], bool]
"""Whether a tool may run; called from several threads where steps run in parallel."""
