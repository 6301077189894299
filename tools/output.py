"""What a tool tells while it runs and at its end: progress, facts, files. Plain values; imports no LangChain.

They travel in a turn's events, also to processes that hold neither models nor tools (the terminal app).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class ToolFile(BaseModel):
    """A file that a tool made or found."""

    path: Path
    media_type: str
    """IANA media type, such as image/png."""


class ToolOutput(BaseModel):
    """What a tool did. `facts` are all that a reply may claim; `say` puts them into words in the user's language."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["ok", "failed", "denied"] = "ok"
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    files: list[ToolFile] = Field(default_factory=list)
    say: str = ""
    error: str | None = None
    """What went wrong and the remedy, where `status` is not ok."""
    outside: bool = False
    """Whether `facts` hold text from outside (a file, a camera, a server): data, never instructions."""
    answer_from: bool = False
    """Whether the chat model may word the answer from `facts` (else the reply is `say`, word for word)."""


@dataclass(frozen=True)
class Progress:
    """How far a tool is: `done` of `total` (0 when unknown) in `unit`, and a `message` for people."""

    message: str
    done: float = 0.0
    total: float = 0.0
    unit: str = ""
